"""What the general regulation gives its classes a bank's members have by their height, and go on having (S01-6, S13-3, S13-4, S10-7)."""

import pytest
from cards import open_card_desk
from standing import member

BANK, LIST, COOPERATIVE = "personal_vip", "corporate_vip", "cooperative_vip"
# Scheme, tier → how often a year each; nothing where the height has none.
DIAMOND = {"gift": 4, "discount": 24, "priority_purchase": 12, "bespoke_event": 2}
PLATINUM = {"gift": 2, "discount": 12, "priority_purchase": 6, "bespoke_event": 1, "bespoke_product": 2}
GOLD = {"gift": 1, "discount": 6, "priority_purchase": 3, "bespoke_event": 0}
RIGHTS = {
    (BANK, "diamond"): DIAMOND,
    (BANK, "platinum"): PLATINUM,
    (BANK, "gold"): GOLD,
    (LIST, "exclusive"): DIAMOND,
    (LIST, "diamond"): DIAMOND,
    (LIST, "platinum"): PLATINUM,
    (LIST, "gold"): GOLD,
    (COOPERATIVE, "vip"): GOLD,
}
# What the bank gives by a service of its own is no second right beside it.
OWN = {BANK: ("vip_event", "priority_passage"), LIST: ("vip_event",), COOPERATIVE: ("vip_event",)}


@pytest.fixture
async def desk(world):
    return await open_card_desk(world, "banking")


async def holder(desk, scheme, tier):
    customer = await desk.customer("corporate" if scheme == LIST else "personal")
    await member(desk.tenant, customer, scheme=scheme, tier=tier)
    return customer


async def refused(desk, customer, item):
    answer = await desk.head.post("/api/v1/redemptions", json={"customer_id": customer, "item": item})
    assert answer.status_code in (409, 422), answer.text
    return answer.json()["type"].rpartition("/")[2]


@pytest.mark.rule("S01-6", "S10-7", "S13-1", "S13-4")
@pytest.mark.parametrize("scheme", [BANK, LIST, COOPERATIVE])
async def test_members_have_the_general_rights_of_their_height_so_often_and_no_more(desk, scheme):
    """`in_place`: which of the bank's tiers counts as which, and which of its services is given in an item's stead."""
    for (named, tier), rights in RIGHTS.items():
        if named != scheme:
            continue
        customer = await holder(desk, scheme, tier)
        for item, times in rights.items():
            if times:
                await desk.post("redemptions", {"customer_id": customer, "item": item, "quantity": times})
            expected = "quota-used-up" if times else "not-entitled"
            assert (tier, item, await refused(desk, customer, item)) == (tier, item, expected)
        for item in OWN[scheme]:
            assert (tier, item, await refused(desk, customer, item)) == (tier, item, "not-entitled")


@pytest.mark.rule("S13-3")
@pytest.mark.parametrize("changed", [False, True], ids=["as_the_pack_has_it", "once_a_right_was_changed"])
async def test_whoever_keeps_the_tier_is_rewarded_and_whoever_loses_it_penalised(desk, changed):
    """Also in a company that has changed one of its rights since."""
    if changed:
        held = (await desk.get("policy"))["entitlements"]
        place = next(place for place, one in enumerate(held) if one["item"] == "wealth_seminar")
        amended = {"figures": {f"entitlements.{place}.quota": 9}, "note": "调整"}
        assert (await desk.head.patch("/api/v1/policy/overrides", json=amended)).status_code == 200
    keeps, loses = await desk.customer("personal"), await desk.customer("personal")
    for customer in (keeps, loses):
        await desk.consent(customer, BANK)
        await fact(desk, customer, "deposit", "2026-01-10", amount={"amount": "50000.00"})
        await fact(desk, customer, "credit_score", "2026-01-10", value=60)
    await desk.post("assessments", {"scheme": BANK, "as_of": "2026-02-01"})
    await fact(desk, loses, "credit_score", "2026-02-10", value=59)

    await desk.post("assessments", {"scheme": BANK, "as_of": "2026-03-01"})

    await desk.post("redemptions", {"customer_id": keeps, "item": "gift", "quantity": 2})
    await desk.post("redemptions", {"customer_id": keeps, "item": "priority_purchase"})
    await desk.post("redemptions", {"customer_id": loses, "item": "gift"})
    assert await refused(desk, loses, "gift") == "quota-used-up"
    assert await refused(desk, loses, "priority_purchase") == "not-entitled"
    rights = (await desk.get(f"customers/{loses}/entitlements"))["items"]
    assert [one["withheld_until"] for one in rights if one["item"] == "priority_purchase"] == ["2026-05-30"]


async def fact(desk, customer, metric, day, **said):
    await desk.post("facts", {"facts": [{"customer_id": customer, "metric": metric, "occurred_on": day, **said}]})
