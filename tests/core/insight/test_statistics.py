"""The statistics of complaints: frozen at the close, restated beside it, compared, per org unit, as a workbook."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import msgspec
import openpyxl
import pytest
from running import come_round, run_job

from guibin.insight.jobs import ClosePeriod, CloseUnit

ZONE = ZoneInfo("Asia/Shanghai")
WEEK = "2026-W10"


async def received(client, **fields):
    body = {"text": "没有信号", "channel": "phone", "level": "1"} | fields
    answer = await client.post("/api/v1/complaints", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def resolved(client, complaint):
    body = {"remedy": "更换", "cause": "equipment"}
    assert (await client.post(f"/api/v1/complaints/{complaint}/resolution", json=body)).status_code == 201


async def statistics(client, period=WEEK, **params):
    answer = await client.get("/api/v1/statistics", params={"period": period, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def closed(tenant, span="week"):
    """Run the close and the jobs it leaves, as the worker would."""
    await come_round(tenant, ClosePeriod(span))
    async with tenant.scope() as scope:
        rows = await scope.connection.fetch("select payload::text as payload from job where kind = 'close_unit'")
    for row in rows:
        await run_job(tenant, msgspec.json.decode(row["payload"], type=CloseUnit))


@pytest.mark.rule("S07-28")
async def test_the_week_is_frozen_at_its_close_and_corrections_stand_beside_it(client, tenant, clock):
    first, second = await received(client), await received(client, channel="web")
    await resolved(client, first)
    clock.set(clock() + timedelta(days=7))
    before = await statistics(client)

    await closed(tenant)
    frozen = await statistics(client)
    clock.set(clock() + timedelta(hours=3))
    await resolved(client, second)
    await closed(tenant)
    after = await statistics(client)

    assert (before["closed_at"], before["restated"]) == (None, {})
    assert frozen["closed_at"] is not None
    assert {name: frozen[name] for name in ("received", "resolved", "open", "overdue", "judged")} == {
        "received": 2,
        "resolved": 1,
        "open": 1,
        "overdue": 1,
        "judged": 2,
    }
    assert {name: after[name] for name in ("open", "resolved", "closed_at", "by_channel")} == {
        "open": 1,
        "resolved": 1,
        "closed_at": frozen["closed_at"],
        "by_channel": {"phone": 1, "web": 1},
    }
    assert (after["restated"]["open"], after["restated"]["resolved"], after["restated"]["overdue"]) == (0, 2, 0)
    assert "received" not in after["restated"]


@pytest.mark.rule("S07-28")
async def test_an_overdue_complaint_lowers_the_share_and_a_waiting_one_does_not(client, tenant, clock):
    in_time = [await received(client) for _ in range(4)]
    late, waiting = await received(client), await received(client)
    for complaint in in_time:
        await resolved(client, complaint)
    few = await statistics(client)
    await client.post(f"/api/v1/complaints/{waiting}/pauses", json={"reason": "等客户"})
    clock.set(clock() + timedelta(days=3))

    found = await statistics(client)

    # Four judged are too few for a share; with the overdue one there are five, the waiting one is not judged.
    assert (few["judged"], few["in_time_per_mille"]) == (4, None)
    assert (found["judged"], found["overdue"], found["in_time_per_mille"]) == (5, 1, 800)
    targets = {one["name"]: one for one in found["targets"]}
    assert (targets["complaints_in_time"]["value_per_mille"], targets["complaints_in_time"]["met"]) == (800.0, False)
    assert late in {one["id"] for one in (await client.get("/api/v1/complaints?overdue=true")).json()["items"]}


@pytest.mark.rule("S07-28")
async def test_averages_are_in_business_seconds_beside_the_wall_clock(client, tenant, clock):
    friday = datetime(2026, 3, 6, 16, 30, tzinfo=ZONE)
    clock.set(friday)
    complaint = await received(client)
    monday = datetime(2026, 3, 9, 10, 15, tzinfo=ZONE)
    clock.set(monday)
    await resolved(client, complaint)
    calendars = (await client.get("/api/v1/calendars")).json()
    business = next(one["calendar"] for one in calendars if one["calendar"]["name"] == "business")

    found = await statistics(client)

    minutes = 0
    moment = friday
    while moment < monday:
        open_now = any(w["opens"][:5] <= f"{moment:%H:%M}" < w["closes"][:5] for w in business["windows"])
        minutes += open_now and moment.isoweekday() <= 5
        moment += timedelta(minutes=1)
    assert 0 < minutes < 24 * 60
    assert found["resolution_seconds_avg"] == (monday - friday).total_seconds()
    assert (found["resolution_business_seconds_avg"], found["resolution_business_seconds_p90"]) == (minutes * 60, None)


@pytest.mark.rule("S07-28", "S02-6")
async def test_a_branch_has_its_own_statistics_and_sees_no_others(client, tenant, clock):
    await tenant.unit("east")
    await tenant.unit("west")
    for number, unit in enumerate(("east", "east", "west")):
        body = {"number": f"C{number}", "name": "客户", "kind": "leader", "org_unit_id": str(tenant.units[unit])}
        customer = (await client.post("/api/v1/customers", json=body)).json()["id"]
        await received(client, customer_id=customer)
    manager = await tenant.staff("manager-east", "manager", unit="east")
    await statistics(client)
    signed_in = clock()
    clock.set(signed_in + timedelta(days=7))
    await closed(tenant)
    clock.set(signed_in + timedelta(hours=11))

    own = await statistics(manager)
    foreign = await manager.get("/api/v1/statistics", params={"period": WEEK, "org_unit_id": str(tenant.units["west"])})
    asked = await statistics(client, org_unit_id=str(tenant.units["west"]))

    assert (own["received"], own["org_unit_id"], foreign.status_code) == (2, str(tenant.units["east"]), 404)
    assert own["closed_at"] is not None
    assert (asked["received"], (await statistics(client))["received"]) == (1, 3)


async def test_the_week_before_and_the_workbook_with_charts(client, tenant, clock):
    for _ in range(3):
        await received(client)
    clock.set(clock() + timedelta(days=7))
    await received(client, text="=1+1", channel="web")

    found = await statistics(client, "2026-W11")
    answer = await client.get("/api/v1/statistics/workbook", params={"period": "2026-W11"})

    assert (found["received"], found["before"]["received"]) == (1, 3)
    book = openpyxl.load_workbook(BytesIO(answer.content))
    sheet = book.worksheets[0]
    cells = {row[0]: row[1:4] for row in sheet.iter_rows(values_only=True) if row[0]}
    assert cells["受理"] == (1, 3, None)
    assert "attachment" in answer.headers["content-disposition"]
    charts = [name for name in ZipFile(BytesIO(answer.content)).namelist() if name.startswith("xl/charts/chart")]
    assert len(charts) == 3


@pytest.mark.parametrize("period", ["2026-W60", "2026-13", "x", "0001", "9999"])
async def test_impossible_periods_are_refused(client, period):
    answer = await client.get("/api/v1/statistics", params={"period": period})

    assert answer.status_code == 422


async def test_the_close_is_on_the_timetable_and_takes_the_year_with_december(client, tenant, clock):
    await received(client)
    clock.set(datetime(2027, 1, 1, 0, 15, tzinfo=ZONE).astimezone(UTC))

    await closed(tenant, "month")

    async with tenant.scope() as scope:
        rows = await scope.connection.fetch("select distinct period from period_close order by 1")
    names = {one["name"] for one in (await client.get("/api/v1/timetable")).json()}
    assert [row["period"] for row in rows] == ["2026", "2026-12"]
    assert {"close_week", "close_month"} <= names
