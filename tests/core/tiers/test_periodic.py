"""Every scheme is assessed again when its period has begun, by itself and once (S13-3)."""

from datetime import UTC, datetime

import pytest
from desk import open_desk
from running import come_round, run_job

from guibin.tiers.jobs import AssessDue, AssessScheme

VIP, LIST = "personal_vip", "corporate_vip"


async def waiting(desk):
    """What the daily job left to do: scheme and first day of the period."""
    async with desk.tenant.scope() as scope:
        rows = await scope.connection.fetch(
            "select payload ->> 'scheme' as scheme, payload ->> 'as_of' as as_of from job where kind = 'assess_scheme'"
            " order by 1, 2"
        )
    return [(row["scheme"], row["as_of"]) for row in rows]


@pytest.mark.rule("S13-3")
async def test_who_did_well_rises_and_who_did_not_falls_when_the_next_quarter_begins(world, clock):
    desk = await open_desk(world, "banking")
    good, bad = await desk.customer("good", "personal"), await desk.customer("bad", "personal")
    for customer, amount in ((good, "50000"), (bad, "200000")):
        await desk.consent(customer, VIP)
        await desk.fact(customer, "credit_score", "2026-02-15", value=60)
        await desk.fact(customer, "deposit", "2026-02-15", amount=amount)
    await desk.assess(VIP, "2026-03-01")
    clock.set(datetime(2026, 3, 31, 15, 30, tzinfo=UTC))  # 23:30 in Shanghai
    await come_round(desk.tenant, AssessDue())
    too_early = await waiting(desk)
    await desk.fact(good, "deposit", "2026-03-15", amount="450000")
    await desk.fact(bad, "deposit", "2026-03-15", amount="-200000")

    clock.set(datetime(2026, 3, 31, 17, 0, tzinfo=UTC))  # 1 April, 01:00
    for _ in range(2):
        await come_round(desk.tenant, AssessDue())
    due = await waiting(desk)
    for _ in range(2):
        await run_job(desk.tenant, AssessScheme(VIP, datetime(2026, 4, 1, tzinfo=UTC).date()))

    assert (too_early, due) == ([], [("cooperative_vip", "2026-04-01"), (VIP, "2026-04-01")])
    listed = (await desk.client.get("/api/v1/assessments", params={"scheme": VIP})).json()["items"]
    assert [one["as_of"] for one in listed] == ["2026-04-01", "2026-03-01"]
    assert await desk.tier(good, VIP) == "platinum"
    held = next(one for one in (await desk.membership(bad))["current"] if one["scheme"] == VIP)
    assert (held["tier"], held["grace_until"]) == ("platinum", "2026-06-30")
    clock.set(datetime(2026, 7, 1, 2, tzinfo=UTC))
    await run_job(desk.tenant, AssessScheme(VIP, datetime(2026, 7, 1, tzinfo=UTC).date()))
    assert await desk.tier(bad, VIP) is None


@pytest.mark.rule("S04-2")
async def test_the_years_list_is_drawn_up_by_itself_and_waits_for_its_approval(world, clock):
    desk = await open_desk(world, "banking")
    customer = await desk.customer("K1", "corporate")
    await desk.fact(customer, "influence", "2026-02-15", value=60)
    await desk.assess(LIST, "2026-01-01")
    clock.set(datetime(2027, 1, 1, 2, tzinfo=UTC))

    await come_round(desk.tenant, AssessDue())
    await run_job(desk.tenant, AssessScheme(LIST, datetime(2027, 1, 1, tzinfo=UTC).date()))

    assert await waiting(desk) == [(LIST, "2027-01-01"), ("international_business", "2027-01-01")]
    latest = (await desk.client.get("/api/v1/assessments", params={"scheme": LIST})).json()["items"][0]
    assert (latest["as_of"], latest["applied_at"]) == ("2027-01-01", None)
    assert await desk.tier(customer, LIST) is None
