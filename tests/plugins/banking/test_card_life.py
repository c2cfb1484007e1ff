"""What becomes of a bank's cards with the pack's defaults: shown, exchanged, withdrawn, ended with post or tier; who helps with them."""

from datetime import UTC, datetime

import pytest
from cards import IDENTITY, open_card_desk
from running import come_round

from guibin.cards.jobs import KeepCards

BANK, LIST, COOPERATIVE = "personal_vip", "corporate_vip", "cooperative_vip"
# What somebody without an identity card shows instead.
DOCUMENTS = {
    "passport": "E12345678",
    "home_return_permit": "H12345678",
    "taiwan_permit": "12345678",
    "residence_permit": "USA110080010112",
}
CARDS = {
    "diamond_card": (BANK, "diamond"),
    "platinum_card": (BANK, "platinum"),
    "gold_card": (BANK, "gold"),
    "cooperative_card": (COOPERATIVE, "vip"),
    "executive_card": (LIST, "gold"),
}


@pytest.fixture
async def desk(world):
    return await open_card_desk(world, "banking")


async def member(desk, scheme=BANK, tier="gold"):
    """A personal customer of the outlet who agreed and holds the tier."""
    customer = await desk.customer("personal", identity_number=IDENTITY)
    await desk.consent(customer, scheme)
    await desk.join(customer, scheme, tier)
    return customer


async def company(desk, tier):
    customer = await desk.customer("corporate", name="和田玉业有限公司")
    await desk.join(customer, LIST, tier)
    return customer


async def executive(desk, of):
    person = await desk.customer("personal", identity_number=IDENTITY)
    await desk.consent(person, BANK)
    await desk.post(f"customers/{person}/links", {"of_customer_id": of, "role": "executive"})
    return person


@pytest.mark.rule("S08-1", "S02-7")
@pytest.mark.parametrize("tier", ["diamond", "gold"])
async def test_each_tier_has_its_card_and_the_card_shows_who_is_served_first(desk, tier):
    customer = await member(desk, tier=tier)

    others = [one for one in ("diamond", "platinum", "gold") if one != tier]
    refused = [await desk.apply(customer, f"{other}_card", status=422) for other in others]
    card = await desk.card(customer, f"{tier}_card", "6225880123456789")
    shown = await desk.post("proofs", {"kind": "card", "value": "6225880123456789"})
    services = await desk.get(f"customers/{customer}/entitlements")

    assert {one["type"] for one in refused} == {"/problems/not-in-tier"}
    assert (card["tier"], card["clause"]) == (tier, "S08-1")
    assert (shown["accepted"], shown["customer_id"], shown["tier"]) == (True, customer, tier)
    due = {item["item"] for item in shown["items"]}
    assert due
    assert due == {item["item"] for item in services["items"] if item["left"] != 0}


@pytest.mark.rule("S08-1")
async def test_from_high_to_low_and_a_higher_tier_exchanges_the_card(desk):
    customer = await member(desk, tier="gold")
    cards = [await desk.card(customer, "gold_card")]
    for tier in ("platinum", "diamond"):
        body = {"customer_id": customer, "kind": "upgrade", "scheme": BANK, "tier": tier, "reason": "存款增加"}
        asked = await desk.post("applications", body)
        await desk.approve(asked["approval_id"])
        cards.append(await desk.card(customer, f"{tier}_card"))

    lower = {"customer_id": customer, "kind": "upgrade", "scheme": BANK, "tier": "gold", "reason": "降级"}
    await desk.post("applications", lower, status=422)
    states = [await desk.look(card) for card in cards]
    assert [(one["state"], one["ended_because"]) for one in states] == [
        ("ended", "exchanged"),
        ("ended", "exchanged"),
        ("active", ""),
    ]


@pytest.mark.rule("S08-2", "S02-2")
async def test_nobody_gets_a_card_who_did_not_ask_for_it_and_no_other_outlet_hears_of_it(desk):
    customer = await member(desk)
    card = await desk.card(customer, "gold_card")
    unwilling = await desk.customer("personal", identity_number=IDENTITY)

    refused = await desk.apply(unwilling, "gold_card", status=422)
    hidden = await desk.other.get(f"/api/v1/cards/{card['id']}")
    await desk.consent(customer, BANK, "withdrawn")
    await come_round(desk.tenant, KeepCards())

    assert refused["type"].endswith("no-consent")
    assert (hidden.status_code, (await desk.get("cards", by=desk.other))["items"]) == (404, [])
    assert (await desk.look(card))["ended_because"] == "membership_ended"


@pytest.mark.rule("S08-3")
async def test_a_card_needs_the_customers_own_document_when_applying_and_when_it_is_handed_over(desk, clock):
    customer = await member(desk)
    nameless = await desk.identified(customer, name="李建国")
    wrong = await desk.identified(customer, number="110105194912310100")
    for check in (None, nameless, wrong):
        refused = await desk.apply(customer, "gold_card", identity_check_id=check, status=422)
        assert refused["type"].endswith("not-identified")
    asked = await desk.approved(customer, "gold_card")
    clock.set(datetime(2026, 3, 3, 2, tzinfo=UTC))

    stale = await desk.issue(asked, identity_check_id=await _application_check(desk, asked), status=422)
    issued = await desk.issue(asked)

    assert stale["type"].endswith("not-identified")
    assert issued["state"] == "issued"
    checks = (await desk.get("audit-entries", action="identity.check"))["items"]
    assert [entry["purpose"] for entry in checks].count("matches") == 2


@pytest.mark.rule("S08-3")
@pytest.mark.parametrize("kind", CARDS)
async def test_any_of_these_documents_is_a_real_name_when_applying_and_when_it_is_handed_over(desk, kind):
    scheme, tier = CARDS[kind]
    refused, asked, none, handed_over = set(), set(), set(), set()
    for document, number in DOCUMENTS.items():
        person = await desk.customer("personal", **{document: number})
        more = {"of_customer_id": await company(desk, tier)} if scheme == LIST else {}
        await desk.consent(person, BANK if scheme == LIST else scheme)
        if more:
            await desk.post(f"customers/{person}/links", {**more, "role": "executive"})
        else:
            await desk.join(person, scheme, tier)
        for check in (None, await desk.identified(person, field=document, number=f"{number[:-1]}9")):
            refused.add((await desk.apply(person, kind, identity_check_id=check, status=422, **more))["type"])
        check = await desk.identified(person, field=document, number=number)
        application = await desk.apply(person, kind, identity_check_id=check, **more)
        await desk.approve(application["approval_id"])
        none.add((await desk.issue(application, identity_check_id=None, status=422))["type"])
        # Of the cooperative's cards none has been delivered: that is all that is missing then.
        status = 409 if scheme == COOPERATIVE else 201
        given = await desk.issue(application, identity_check_id=check, status=status)
        handed_over.add(given.get("state", given.get("type")))
        asked.add(application["kind"])

    assert refused == none == {"/problems/not-identified"}
    assert asked == {kind}
    assert handed_over == {"/problems/out-of-stock" if scheme == COOPERATIVE else "issued"}


async def _application_check(desk, asked):
    async with desk.tenant.scope() as scope:
        found = await scope.connection.fetchval(
            "select identity_check_id from card_application where id = $1", asked["id"]
        )
    return str(found)


@pytest.mark.rule("S04-5")
@pytest.mark.parametrize(("tier", "cards"), [("exclusive", 5), ("diamond", 3), ("platinum", 2), ("gold", 1)])
async def test_the_companys_tier_says_how_many_executives_have_a_card(desk, tier, cards):
    firm = await company(desk, tier)
    for _ in range(cards):
        await desk.card(await executive(desk, firm), "executive_card", of_customer_id=firm)

    refused = await desk.apply(await executive(desk, firm), "executive_card", of_customer_id=firm, status=409)

    assert refused["detail"] == f"{cards} of {cards} executive_card are held through this company as {tier}"


@pytest.mark.rule("S04-5")
@pytest.mark.parametrize("how", ["post", "tier"])
async def test_card_and_tier_end_a_notice_period_after_the_post_or_the_companys_tier(desk, clock, how):
    firm = await company(desk, "gold")
    person = await executive(desk, firm)
    card = await desk.card(person, "executive_card", of_customer_id=firm)
    if how == "post":
        link = (await desk.get(f"customers/{person}/links"))[0]
        assert (await desk.head.delete(f"/api/v1/customers/{person}/links/{link['id']}")).status_code == 204
    else:
        body = {"customer_id": firm, "kind": "adjustment", "scheme": LIST, "tier": "", "reason": "退出名单"}
        await desk.approve((await desk.post("applications", body))["approval_id"])
    seen = []
    for day in (2, 31, 32):
        clock.set(datetime(2026, 3 + day // 32, day % 32 + day // 32, 2, tzinfo=UTC))
        await come_round(desk.tenant, KeepCards())
        held = (await desk.get(f"customers/{person}/membership"))["current"]
        seen.append(((await desk.look(card))["state"], [one["tier"] for one in held]))

    assert seen == [("active", ["diamond"]), ("active", ["diamond"]), ("ended", [])]
    assert (await desk.look(card))["ended_because"] == "sponsorship_ended"


@pytest.mark.rule("S08-5")
async def test_ordering_cards_and_reviewing_executives_are_tasks_of_departments_with_an_owner(desk, clock):
    await desk.tenant.unit("card-center")
    owner = await desk.tenant.staff("owner", "card_department", unit="card-center")
    asker = await desk.tenant.staff("asker", "manager", unit="outlet")
    body = {"kind": "cooperative_card", "quantity": 50, "reason": "发卡计划"}
    wanted = await desk.post("card-requests", body, by=asker)
    firm = await company(desk, "gold")
    application = await desk.apply(await executive(desk, firm), "executive_card", of_customer_id=firm)

    def request(task, subject, subject_id):
        return {
            "task": task,
            "to_unit_id": str(desk.tenant.units["card-center"]),
            "owner_id": str(owner.staff_id),
            "text": "请办理",
            "about": {"subject": subject, "subject_id": subject_id},
        }

    ordering = await desk.post("department-requests", request("card_ordering", "card_request", wanted["id"]), by=asker)
    review = await desk.post(
        "department-requests", request("executive_card_review", "card_application", application["id"])
    )
    nowhere = request("card_ordering", "card_request", application["id"])
    await desk.post("department-requests", nowhere, by=asker, status=404)
    clock.set(datetime(2026, 3, 2, 6, tzinfo=UTC))
    answered = await desk.post(f"department-requests/{ordering['id']}/answer", {"text": "已订制50张"}, by=owner)

    assert [(one["owner_id"], one["clause"]) for one in (ordering, review)] == [(str(owner.staff_id), "S08-5")] * 2
    assert ordering["due_at"] is not None
    assert (answered["state"], answered["subject_id"]) == ("answered", wanted["id"])
    # The department sees what it is asked, not the archive of the outlet's customer.
    seen = await desk.get(f"department-requests/{review['id']}", by=owner)
    assert (seen["customer_id"], seen["subject_id"]) == (None, None)
