"""Assessed again by rhythm: the good are rewarded, the bad penalised and then downgraded after their grace (S13-3)."""

from datetime import UTC, date, datetime

import pytest
from desk import open_desk
from running import come_round, run_job
from standing import member as standing

from guibin.jobs.kinds import kind_of
from guibin.tiers.jobs import AssessDue, AssessScheme

KEY = "key_customer"


@pytest.fixture
async def desk(world):
    return await open_desk(world)


async def member(desk, number, months):
    """A customer of five years who spends ¥30,000 in each of these months."""
    person = await desk.customer(number, "customer")
    for month in months:
        await desk.fact(person, "spending", f"{month}-10", amount="30000")
    await desk.fact(person, "tenure", "2026-02-01", value=60)
    await desk.consent(person, KEY)
    await desk.registered(person, KEY)
    return person


async def on(desk, clock, day):
    """The company's morning of a day, with the daily job and whatever it ordered done."""
    clock.set(datetime.fromisoformat(f"{day}T01:00:00+08:00").astimezone(UTC))
    await come_round(desk.tenant, AssessDue())
    async with desk.tenant.scope() as scope:
        jobs = await scope.connection.fetch("select payload from job where kind = $1", kind_of(AssessScheme))
    return [row["payload"] for row in jobs]


async def right(desk, person, item):
    found = (await desk.client.get(f"/api/v1/customers/{person}/entitlements")).json()["items"]
    return next((one for one in found if one["item"] == item), None)


async def assessed(desk):
    found = (await desk.client.get("/api/v1/assessments", params={"scheme": KEY})).json()["items"]
    return [one["as_of"] for one in reversed(found)]


@pytest.mark.rule("S13-3")
async def test_each_quarter_begins_with_an_assessment_and_nobody_has_to_begin_by_hand(desk, clock):
    person = await member(desk, "1", ["2025-10", "2025-12"])

    assert await on(desk, clock, "2026-03-05") == []
    assert await on(desk, clock, "2026-03-31") == []
    ordered = await on(desk, clock, "2026-04-01")
    await run_job(desk.tenant, AssessScheme(KEY, date(2026, 4, 1)))
    again = await on(desk, clock, "2026-04-02")

    assert len(ordered) == len(again) == 1
    assert (await assessed(desk), await desk.tier(person, KEY)) == (["2026-04-01"], "gold")
    await run_job(desk.tenant, AssessScheme(KEY, date(2026, 1, 1)))
    assert await assessed(desk) == ["2026-04-01"]


@pytest.mark.rule("S13-3")
async def test_a_company_without_customers_or_with_tiers_from_elsewhere_and_no_facts_is_not_assessed_unseen(
    desk, clock
):
    assert await on(desk, clock, "2026-04-01") == []
    person = await desk.customer("1", "customer")
    await desk.consent(person, KEY)
    await standing(desk.tenant, person, scheme=KEY, tier="gold")

    assert await on(desk, clock, "2026-07-01") == []
    await desk.fact(person, "tenure", "2026-02-01", value=60)
    assert len(await on(desk, clock, "2026-07-02")) == 1


@pytest.mark.rule("S13-3")
async def test_who_stays_good_is_rewarded_with_units_that_can_be_used_and_lapse(desk, clock):
    person = await member(desk, "1", ["2025-10", "2025-12", "2026-02"])
    await desk.assess(KEY, "2026-03-01")
    before = await right(desk, person, "gift")
    clock.set(datetime(2026, 4, 1, 2, 0, tzinfo=UTC))

    await desk.assess(KEY, "2026-04-01")

    after = await right(desk, person, "gift")
    assert (before["granted"], before["rewarded"]) == (1, 0)
    assert (after["granted"], after["rewarded"], after["left"]) == (2, 1, 2)
    redeemed = [
        (await desk.client.post("/api/v1/redemptions", json={"customer_id": person, "item": "gift"})).status_code
        for _ in range(3)
    ]
    assert redeemed == [201, 201, 409]
    brought = (await desk.membership(person))["consequences"]
    assert [(one["name"], one["kind"], one["units"], one["clause"]) for one in brought] == [
        ("loyalty_gift", "reward", 1, "S13-3")
    ]
    assert (brought[0]["starts_on"], brought[0]["until_on"]) == ("2026-04-01", "2026-06-30")
    clock.set(datetime(2026, 6, 30, 2, 0, tzinfo=UTC))
    lapsed = await right(desk, person, "gift")
    assert (lapsed["granted"], lapsed["left"]) == (1, 0)


@pytest.mark.rule("S13-3")
async def test_who_rises_is_rewarded_and_who_falls_goes_without_priority(desk, clock):
    rising = await member(desk, "1", ["2025-10", "2025-12", "2026-02"])
    falling = await member(desk, "2", ["2025-12"])
    await desk.fact(falling, "spending", "2025-04-10", amount="400000")
    await desk.fact(falling, "spending", "2025-12-11", amount="60000")
    await desk.assess(KEY, "2026-03-01")
    before = [await desk.tier(one, KEY) for one in (rising, falling)]
    clock.set(datetime(2026, 5, 1, 2, 0, tzinfo=UTC))
    await desk.fact(rising, "spending", "2026-04-20", amount="300000")
    await desk.assess(KEY, "2026-05-01")
    risen = await desk.tier(rising, KEY)
    clock.set(datetime(2026, 7, 30, 2, 0, tzinfo=UTC))
    await desk.assess(KEY, "2026-07-30")

    assert (before, risen) == (["gold", "platinum"], "platinum")
    assert [await desk.tier(one, KEY) for one in (rising, falling)] == ["platinum", "gold"]
    moved = {
        one: {(each["name"], each["starts_on"]) for each in (await desk.membership(one))["consequences"]}
        for one in (rising, falling)
    }
    assert moved[rising] == {("loyalty_gift", "2026-05-01"), ("loyalty_gift", "2026-07-30")}
    assert moved[falling] == {("no_priority", "2026-05-01"), ("no_priority", "2026-07-30")}
    assert (await right(desk, falling, "priority_purchase"))["left"] == 0


@pytest.mark.rule("S13-3")
async def test_who_fails_keeps_the_tier_in_grace_without_the_withheld_right_and_then_falls(desk, clock):
    person = await member(desk, "1", ["2025-03", "2025-04", "2025-12"])
    await desk.assess(KEY, "2026-03-01")
    assert (await right(desk, person, "priority_purchase"))["left"] == 3
    clock.set(datetime(2026, 5, 1, 2, 0, tzinfo=UTC))

    await desk.assess(KEY, "2026-05-01")

    held = (await desk.membership(person))["current"]
    assert [(one["tier"], one["grace_until"]) for one in held] == [("gold", "2026-07-30")]
    withheld = await right(desk, person, "priority_purchase")
    assert (withheld["left"], withheld["withheld_until"]) == (0, "2026-07-30")
    refused = await desk.client.post("/api/v1/redemptions", json={"customer_id": person, "item": "priority_purchase"})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/not-entitled")
    assert "2026-07-30 (S13-3)" in refused.json()["detail"]
    assert (await right(desk, person, "discount"))["left"] == 6
    clock.set(datetime(2026, 7, 30, 2, 0, tzinfo=UTC))
    await desk.assess(KEY, "2026-07-30")
    assert await desk.tier(person, KEY) is None
    assert await right(desk, person, "discount") is None


@pytest.mark.rule("S13-3")
async def test_who_qualifies_again_leaves_grace_and_a_later_failure_begins_a_new_one(desk, clock):
    person = await member(desk, "1", ["2025-03", "2025-04", "2025-12"])
    await desk.assess(KEY, "2026-03-01")
    clock.set(datetime(2026, 5, 1, 2, 0, tzinfo=UTC))
    await desk.assess(KEY, "2026-05-01")
    clock.set(datetime(2026, 6, 1, 2, 0, tzinfo=UTC))
    await desk.assess(KEY, "2026-06-01")
    still = (await desk.membership(person))["current"][0]["grace_until"]

    await desk.fact(person, "spending", "2026-05-20", amount="30000")
    await desk.assess(KEY, "2026-06-01")

    assert still == "2026-07-30"
    assert (await desk.membership(person))["current"][0]["grace_until"] is None
    names = [one["name"] for one in (await desk.membership(person))["consequences"]]
    assert sorted(names) == ["loyalty_gift", "no_priority", "no_priority"]


@pytest.mark.rule("S13-3")
async def test_the_company_sets_its_own_grace_rewards_and_penalties_and_is_told_what_contradicts(desk, clock):
    gift = f"schemes.{KEY}.consequences.loyalty_gift"

    async def write(**figures):
        return await desk.client.patch("/api/v1/policy/overrides", json={"note": "ours", "figures": figures})

    wrong = await write(**{f"{gift}.item": "account_manager"})
    right_one = await write(**{f"schemes.{KEY}.grace_days": 0, f"{gift}.units": 3, f"{gift}.days": 10})
    good = await member(desk, "1", ["2025-10", "2025-12", "2026-02"])
    bad = await member(desk, "2", ["2025-03", "2025-04", "2025-12"])
    await desk.assess(KEY, "2026-03-01")
    clock.set(datetime(2026, 5, 1, 2, 0, tzinfo=UTC))
    await desk.assess(KEY, "2026-05-01")

    assert (wrong.status_code, right_one.status_code) == (422, 200)
    assert "1 or more units of an item with a quota" in wrong.text
    assert ((await right(desk, good, "gift"))["granted"], await desk.tier(bad, KEY)) == (4, None)


async def test_another_outlet_does_not_see_what_a_customer_was_brought(desk, clock):
    for code in ("east", "west"):
        await desk.tenant.unit(code)
    west = await desk.tenant.client(org_unit_id=desk.tenant.units["west"])
    person = await member(desk, "1", ["2025-10", "2025-12", "2026-02"])
    await desk.assess(KEY, "2026-03-01")
    await desk.assess(KEY, "2026-03-01")
    await desk.client.post(
        f"/api/v1/customers/{person}/assignment", json={"org_unit_id": str(desk.tenant.units["east"])}
    )

    assert (await desk.membership(person))["consequences"]
    assert (await west.get(f"/api/v1/customers/{person}/membership")).status_code == 404
