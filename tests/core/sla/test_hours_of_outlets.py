"""Subtlety 20: an outlet that keeps hours of its own has its customers' deadlines counted by them."""

from datetime import UTC, datetime

import pytest
from acting import acting

from guibin.cases import Case
from guibin.policy.deadlines import BusinessHours, Hours
from guibin.policy.terms import Terms
from guibin.sla import actions
from guibin.sla.actions import NewTimer
from guibin_tenants.scope import fetch, fetch_value
from guibin_tenants.tables import new_id

CUSTOMER = {"number": "DK00001", "name": "王建国", "kind": "leader", "employer": "成都市教育局"}
# Monday, 9:00 in Shanghai.
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HOTAN = {
    "name": "hotan",
    "time_zone": "Asia/Shanghai",
    "windows": [{"opens": "11:00:00", "closes": "14:00:00"}, {"opens": "16:00:00", "closes": "20:00:00"}],
    "weekdays": [1, 2, 3, 4, 5],
}
COMPANY = {**HOTAN, "name": "business", "windows": [{"opens": "09:00:00", "closes": "18:00:00"}]}
# Four working hours: over at 13:00 by the company's calendar, at 17:00 by Hotan's, which opens at 11:00 and has a break.
BY_COMPANY, BY_HOTAN = "2026-03-02T05:00:00Z", "2026-03-02T09:00:00Z"


@pytest.fixture
async def client(tenant, clock):
    """A company with outlets: Hotan under the south, the south under the head office."""
    clock.set(MONDAY)
    await tenant.unit("south")
    await tenant.unit("hotan", parent="south")
    await tenant.unit("chengdu")
    async with await tenant.client() as client:
        for calendar in (HOTAN, COMPANY):
            answer = await client.put(
                f"/api/v1/calendars/{calendar['name']}", json={"calendar": calendar, "note": "营业时间"}
            )
            assert answer.status_code == 200, answer.text
        yield client


@pytest.fixture
async def running(client, tenant):
    """Starts a deadline about a customer of an outlet, and tells when it is due."""

    async def started(unit, number="DK00001", limit=BusinessHours(4), calendar="business"):
        body = CUSTOMER | {"number": number, "org_unit_id": str(tenant.units[unit])}
        customer = (await client.post("/api/v1/customers", json=body)).json()
        subject = new_id()
        async with tenant.scope():
            await actions.start(
                NewTimer(
                    Case("complaint", subject, customer["id"]),
                    "resolution",
                    Terms(limit=limit, calendar=calendar),
                    MONDAY,
                )
            )
        return customer["id"], subject

    return started


async def due(client, subject):
    timers = (await client.get("/api/v1/timers")).json()["items"]
    return next(timer["due_at"] for timer in timers if timer["subject_id"] == str(subject))


async def own_hours(client, tenant, unit, counts_by="hotan", name="business", status=200):
    path = f"/api/v1/org-units/{tenant.units[unit]}/calendars/{name}"
    answer = await client.put(path, json={"counts_by": counts_by, "note": "和田作息"})
    assert answer.status_code == status, answer.text
    return answer.json()


async def changes(tenant, subject):
    async with tenant.scope():
        rows = await fetch(
            "select c.reason from timer_change c join timer t on t.tenant_id = c.tenant_id and t.id = c.timer_id"
            " where t.subject_id = $1 order by c.changed_at, c.id",
            subject,
        )
    return [row["reason"] for row in rows]


@pytest.mark.parametrize("unit", ["hotan", "south"])
async def test_hours_of_an_outlet_hold_there_and_below(client, tenant, running, unit):
    assert await own_hours(client, tenant, unit) == {"deadlines_moved": 0}

    _, there = await running("hotan")
    _, elsewhere = await running("chengdu", "DK00002")

    assert (await due(client, there), await due(client, elsewhere)) == (BY_HOTAN, BY_COMPANY)


async def test_the_nearest_hours_count(client, tenant, running):
    await own_hours(client, tenant, "south")
    await own_hours(client, tenant, "hotan", counts_by="business")

    _, subject = await running("hotan")

    assert await due(client, subject) == BY_COMPANY


async def test_what_runs_follows_the_hours_and_says_so(client, tenant, running):
    _, there = await running("hotan")
    _, elsewhere = await running("chengdu", "DK00002")

    moved = await own_hours(client, tenant, "south")
    by_own = await due(client, there)
    path = f"/api/v1/org-units/{tenant.units['south']}/calendars"
    listed = (await client.get(path)).json()
    back = await client.delete(f"{path}/business")

    assert (moved, by_own, back.json()) == ({"deadlines_moved": 1}, BY_HOTAN, {"deadlines_moved": 1})
    assert [(one["calendar"], one["counts_by"]) for one in listed] == [("business", "hotan")]
    assert (await client.get(path)).json() == []
    assert (await due(client, there), await due(client, elsewhere)) == (BY_COMPANY, BY_COMPANY)
    assert (await changes(tenant, there), await changes(tenant, elsewhere)) == (["hours", "hours"], [])


async def test_a_customer_who_moves_takes_the_deadlines_along(client, tenant, running):
    await own_hours(client, tenant, "hotan")
    customer, subject = await running("chengdu")

    answer = await client.post(
        f"/api/v1/customers/{customer}/assignment", json={"org_unit_id": str(tenant.units["hotan"]), "reason": "迁入"}
    )

    assert answer.status_code in (200, 201), answer.text
    assert (await due(client, subject), await changes(tenant, subject)) == (BY_HOTAN, ["hours"])


async def test_a_dissolved_units_customers_count_by_its_successors_hours(client, tenant, running):
    await own_hours(client, tenant, "south")
    _, subject = await running("hotan")

    answer = await client.post(
        f"/api/v1/org-units/{tenant.units['south']}/dissolution",
        json={"successor_id": str(tenant.units["chengdu"]), "reason": "合并"},
    )

    assert answer.status_code in (200, 201), answer.text
    assert await due(client, subject) == BY_COMPANY


async def test_a_new_version_of_the_outlets_calendar_moves_its_deadlines_alone(client, tenant, running):
    await own_hours(client, tenant, "hotan")
    _, there = await running("hotan")
    _, elsewhere = await running("chengdu", "DK00002")
    later = HOTAN | {"windows": [{"opens": "12:00:00", "closes": "20:00:00"}]}

    moved = await client.put("/api/v1/calendars/hotan", json={"calendar": later, "note": "夏令"})
    of_company = await client.put(
        "/api/v1/calendars/business",
        json={"calendar": COMPANY | {"windows": [{"opens": "08:00:00", "closes": "18:00:00"}]}, "note": "提前"},
    )

    assert moved.json()["deadlines_moved"] == 1
    assert (of_company.json()["deadlines_moved"], await due(client, elsewhere)) == (0, BY_COMPANY)
    assert await due(client, there) == "2026-03-02T08:00:00Z"


async def test_a_pause_and_another_limit_keep_the_outlets_hours(client, tenant, clock, running):
    await own_hours(client, tenant, "hotan")
    _, subject = await running("hotan")
    by = tenant.principal()
    async with tenant.scope():
        # Half past noon to half past four: an hour and a half and then half an hour in which Hotan is open.
        await actions.pause(subject, "resolution", acting(by=by, now=datetime(2026, 3, 2, 4, 30, tzinfo=UTC)))
        await actions.resume(subject, "resolution", acting(by=by, now=datetime(2026, 3, 2, 8, 30, tzinfo=UTC)))
    resumed = await due(client, subject)
    async with tenant.scope():
        terms = Terms(limit=BusinessHours(5), calendar="business")
        await actions.relimit(
            subject, "resolution", acting(by=by, now=datetime(2026, 3, 2, 8, 40, tzinfo=UTC)), terms=terms
        )

    assert (resumed, await due(client, subject)) == ("2026-03-02T11:00:00Z", "2026-03-02T12:00:00Z")


@pytest.mark.parametrize("how", ["hours", "calendar"])
async def test_what_fell_due_before_the_hours_changed_has_happened(client, tenant, clock, running, how):
    _, subject = await running("hotan")
    clock.set(datetime(2026, 3, 2, 5, 30, tzinfo=UTC))

    if how == "hours":
        await own_hours(client, tenant, "hotan")
    else:
        calendar = {**HOTAN, "name": "business"}
        await client.put("/api/v1/calendars/business", json={"calendar": calendar, "note": "营业时间"})

    async with tenant.scope():
        steps = await fetch("select step from timer_step where due_at = $1", datetime.fromisoformat(BY_COMPANY))
        breached_at = await fetch_value("select breached_at from timer where subject_id = $1", subject)
    assert ([row["step"] for row in steps], breached_at) == (["breach"], datetime.fromisoformat(BY_COMPANY))


async def test_what_runs_round_the_clock_does_so_everywhere(client, tenant, running):
    await own_hours(client, tenant, "hotan")

    _, subject = await running("hotan", limit=Hours(4), calendar="always")
    refused = await own_hours(client, tenant, "hotan", name="always", status=422)

    assert await due(client, subject) == BY_COMPANY
    assert refused["errors"][0]["field"] == "calendar"


async def test_calendars_and_units_there_are_not(client, tenant, running):
    unknown = await own_hours(client, tenant, "hotan", counts_by="lhasa", status=422)
    path = f"/api/v1/org-units/{tenant.units['hotan']}/calendars"
    body = {"counts_by": "hotan", "note": "x"}

    assert (unknown["errors"][0]["field"], unknown["errors"][0]["value"]) == ("counts_by", "lhasa")
    assert (await client.put(f"{path}/lhasa", json=body)).status_code == 422
    assert (await client.delete(f"{path}/business")).status_code == 404
    assert (await client.get(f"/api/v1/org-units/{new_id()}/calendars")).status_code == 404
    assert (await client.put(f"/api/v1/org-units/{new_id()}/calendars/business", json=body)).status_code == 404


async def test_who_may_set_hours(client, tenant, running):
    path = f"/api/v1/org-units/{tenant.units['hotan']}/calendars/business"
    body = {"counts_by": "hotan", "note": "和田作息"}
    agent = await tenant.staff("agent", "agent", unit="hotan")
    elsewhere = await tenant.staff("elsewhere", "tenant_admin", unit="chengdu")
    above = await tenant.staff("above", "tenant_admin", unit="south")

    assert [(await who.put(path, json=body)).status_code for who in (agent, elsewhere, above)] == [403, 403, 200]
    entries = (await client.get("/api/v1/audit-entries", params={"action": "unit-calendar.write"})).json()["items"]
    assert [(entry["actor_name"], entry["purpose"]) for entry in entries] == [("above", "和田作息")]
