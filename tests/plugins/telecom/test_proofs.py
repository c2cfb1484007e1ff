"""Four valid proofs open the priority counter to each card of the club, and nothing else does (S03-4)."""

from datetime import timedelta

import pytest
from desk import open_desk

CLUB, IDENTITY = "vip_club", "11010519491231002X"


@pytest.fixture
async def desk(world):
    return await open_desk(world, "telecom")


async def subscriber(desk, tier, number="T-1"):
    """A holder of the tier, with an identity number and a dedicated SIM on file."""
    bill, tenure = {"diamond": ("100.00", 48), "gold": ("80.00", 24), "silver": ("50.00", 12), None: ("49.99", 12)}[
        tier
    ]
    confidential = {"identity_number": IDENTITY, "dedicated_sim_number": "89860012345678901234"}
    customer = await desk.customer(number, "subscriber", confidential=confidential)
    await desk.fact(customer, "bill", "2026-02-15", amount=bill)
    await desk.fact(customer, "tenure", "2026-02-15", value=tenure)
    await desk.assess(CLUB, "2026-03-01")
    return customer


async def post(desk, path, body=None, *, status=201):
    answer = await desk.client.post(f"/api/v1/{path}", json=body or {})
    assert answer.status_code == status, answer.text
    return answer.json()


async def physical_card(desk, customer, tier, number):
    asked = await post(desk, "card-applications", {"customer_id": customer, "kind": f"{tier}_card", "reason": "申领"})
    manager = await desk.tenant.staff(f"manager-{tier}", "manager")
    decision = await manager.post(f"/api/v1/approvals/{asked['approval_id']}/decision", json={"approved": True})
    assert decision.status_code == 200, decision.text
    card = await post(desk, "cards", {"application_id": asked["id"], "number": number})
    return await post(desk, f"cards/{card['id']}/activation")


@pytest.mark.rule("S03-4")
@pytest.mark.parametrize("tier", ["diamond", "gold", "silver"])
async def test_each_valid_proof_opens_the_priority_counter_to_each_card(desk, tier):
    customer = await subscriber(desk, tier)
    await physical_card(desk, customer, tier, "VIP0000001")
    e_card = (await post(desk, f"customers/{customer}/e-cards"))["text"]
    proofs = {
        "card": "VIP0000001",
        "e_card": e_card,
        "dedicated_sim": "8986 0012 3456 7890 1234",
        "identity_document": IDENTITY,
    }

    for kind, value in proofs.items():
        shown = await post(desk, "proofs", {"kind": kind, "value": value})

        assert (kind, shown["accepted"], shown["customer_id"], shown["tier"]) == (kind, True, customer, tier)
        assert "priority_counter" in [item["item"] for item in shown["items"]]
        used = {"customer_id": customer, "item": "priority_counter", "proof": shown["id"]}
        await post(desk, "redemptions", used)


@pytest.mark.rule("S03-4")
@pytest.mark.parametrize(
    ("document", "number"),
    [
        ("passport", "E12345678"),
        ("home_return_permit", "H12345678"),
        ("taiwan_permit", "12345678"),
        ("residence_permit", "931011199001010016"),
    ],
)
async def test_a_subscriber_without_an_identity_card_shows_the_document_on_file(desk, document, number):
    customer = await desk.customer("T-1", "subscriber", confidential={document: number})
    await desk.fact(customer, "bill", "2026-02-15", amount="80.00")
    await desk.fact(customer, "tenure", "2026-02-15", value=24)
    await desk.assess(CLUB, "2026-03-01")

    shown = await post(desk, "proofs", {"kind": "identity_document", "value": number})
    other = await post(desk, "proofs", {"kind": "identity_document", "value": IDENTITY})
    as_sim = await post(desk, "proofs", {"kind": "dedicated_sim", "value": number})
    await post(desk, "redemptions", {"customer_id": customer, "item": "priority_counter", "proof": shown["id"]})

    assert (shown["accepted"], shown["customer_id"], shown["tier"]) == (True, customer, "gold")
    assert [(one["accepted"], one["reason"]) for one in (other, as_sim)] == [(False, "unknown")] * 2


@pytest.mark.rule("S03-4")
async def test_a_lost_card_or_a_subscriber_without_a_tier_is_not_served_first(desk):
    member = await subscriber(desk, "gold")
    card = await physical_card(desk, member, "gold", "VIP0000002")
    await post(desk, f"cards/{card['id']}/loss", {"reason": "遗失"})
    ordinary = await desk.customer("T-2", "subscriber", confidential={"dedicated_sim_number": "89860099999999999999"})

    lost = await post(desk, "proofs", {"kind": "card", "value": "VIP0000002"})
    outside = await post(desk, "proofs", {"kind": "dedicated_sim", "value": "89860099999999999999"})
    await post(desk, f"customers/{ordinary}/e-cards", status=422)

    assert [(one["accepted"], one["reason"], one["items"]) for one in (lost, outside)] == [
        (False, "card_lost", []),
        (False, "not_a_member", []),
    ]


@pytest.mark.rule("S03-4", "S03-7")
async def test_without_an_accepted_fresh_proof_of_this_customer_nobody_goes_first(desk, clock):
    member, other = await subscriber(desk, "gold"), await desk.customer("T-2", "subscriber")
    await desk.fact(other, "bill", "2026-02-15", amount="80.00")
    await desk.fact(other, "tenure", "2026-02-15", value=24)
    await desk.assess(CLUB, "2026-03-02")
    mine, theirs = [(await post(desk, f"customers/{one}/e-cards"))["text"] for one in (member, other)]
    used = {"customer_id": member, "item": "priority_counter"}
    refused = await post(desk, "proofs", {"kind": "card", "value": "VIP9999999"})
    of_other = await post(desk, "proofs", {"kind": "e_card", "value": theirs})
    old = await post(desk, "proofs", {"kind": "e_card", "value": mine})

    clock.set(clock() + timedelta(minutes=30, seconds=1))
    for proof in ("", "VIP card", refused["id"], of_other["id"], old["id"]):
        problem = await post(desk, "redemptions", used | {"proof": proof}, status=422)
        assert problem["type"].endswith("/not-proved"), (proof, problem)
    fresh = await post(desk, "proofs", {"kind": "identity_document", "value": IDENTITY})
    await post(desk, "redemptions", used | {"proof": fresh["id"]})
    again = await post(desk, "redemptions", used | {"proof": fresh["id"]}, status=422)

    assert again["type"].endswith("/not-proved")
    # What needs no proof is given without one.
    await post(desk, "redemptions", {"customer_id": member, "item": "airport_lounge"})
