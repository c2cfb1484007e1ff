"""A company's calendars: written anew, and the deadlines that run by them follow."""

from datetime import UTC, datetime

import pytest

from guibin.cases import Case
from guibin.policy.deadlines import BusinessHours
from guibin.policy.terms import Terms
from guibin.sla import actions
from guibin.sla.actions import NewTimer
from guibin_tenants.tables import new_id

MORNING = {"opens": "09:00:00", "closes": "12:00:00"}


async def business(client):
    found = (await client.get("/api/v1/calendars")).json()
    return next(one for one in found if one["calendar"]["name"] == "business")


async def test_a_closed_day_moves_what_runs(client, tenant):
    friday = datetime(2026, 3, 6, 8, 0, tzinfo=UTC)
    async with tenant.scope():
        await actions.start(
            NewTimer(
                Case("complaint", new_id()), "resolution", Terms(limit=BusinessHours(5), calendar="business"), friday
            )
        )
    before = await business(client)
    calendar = before["calendar"]
    calendar["closed_on"] = [*calendar["closed_on"], "2026-03-09"]

    answer = await client.put("/api/v1/calendars/business", json={"calendar": calendar, "note": "停电检修"})

    assert answer.json() == {"version": before["version"] + 1, "deadlines_moved": 1}
    timer = (await client.get("/api/v1/timers")).json()["items"][0]
    assert timer["due_at"] == "2026-03-10T04:00:00Z"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"windows": []}, "calendar.windows"),
        ({"windows": [{"opens": "18:00:00", "closes": "18:00:00"}]}, "calendar.windows[0]"),
        (
            {"windows": [{"opens": "22:00:00", "closes": "06:00:00"}, {"opens": "08:00:00", "closes": "09:00:00"}]},
            "calendar.windows[1]",
        ),
        (
            {"windows": [{"opens": "09:00:00", "closes": "24:00:00"}, {"opens": "10:00:00", "closes": "11:00:00"}]},
            "calendar.windows[1]",
        ),
        ({"weekday_hours": [{"weekdays": [6, 8], "windows": [MORNING]}]}, "calendar.weekday_hours[0].weekdays"),
        ({"weekday_hours": [{"weekdays": [6], "windows": []}]}, "calendar.weekday_hours[0].windows"),
        (
            {"weekday_hours": [{"weekdays": [6], "windows": [MORNING]}, {"weekdays": [6], "windows": [MORNING]}]},
            "calendar.weekday_hours[1].weekdays",
        ),
        ({"day_hours": [{"on": "2026-10-01", "windows": [MORNING]}]}, "calendar.day_hours[0].on"),
        ({"day_hours": [{"on": "2026-03-10", "windows": [MORNING, MORNING]}]}, "calendar.day_hours[0].windows[1]"),
        ({"day_hours": [{"on": "0026-03-10", "windows": [MORNING]}]}, "calendar.day_hours[0].on"),
        ({"weekdays": [], "open_on": []}, "calendar.weekdays"),
        ({"weekdays": [1, 8]}, "calendar.weekdays"),
        ({"time_zone": "Mars/Olympus"}, "calendar.time_zone"),
        ({"name": "another"}, "calendar.name"),
        ({"open_on": ["2026-10-01"], "closed_on": ["2026-10-01"]}, "calendar.open_on"),
    ],
)
async def test_a_calendar_that_contradicts_itself_is_refused(client, changes, field):
    before = await business(client)

    body = {"calendar": before["calendar"] | changes, "note": "try"}
    answer = await client.put("/api/v1/calendars/business", json=body)

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert (await business(client))["version"] == before["version"]


async def test_hours_that_differ_by_weekday_and_day_move_what_runs(client, tenant):
    friday = datetime(2026, 3, 6, 8, 0, tzinfo=UTC)
    async with tenant.scope():
        limit = Terms(limit=BusinessHours(3), calendar="business")
        await actions.start(NewTimer(Case("complaint", new_id()), "resolution", limit, friday))
    before = await business(client)
    calendar = before["calendar"] | {"weekday_hours": [{"weekdays": [6], "windows": [MORNING]}]}

    by_saturday = await client.put("/api/v1/calendars/business", json={"calendar": calendar, "note": "周六上午"})
    on_saturday = (await client.get("/api/v1/timers")).json()["items"][0]["due_at"]
    late = {"on": "2026-03-07", "windows": [{"opens": "23:30:00", "closes": "24:00:00"}]}
    calendar = calendar | {"day_hours": [late]}
    by_day = await client.put("/api/v1/calendars/business", json={"calendar": calendar, "note": "盘点"})

    assert (by_saturday.json()["deadlines_moved"], by_day.json()["deadlines_moved"]) == (1, 1)
    assert on_saturday == "2026-03-07T02:00:00Z"
    assert (await client.get("/api/v1/timers")).json()["items"][0]["due_at"] == "2026-03-09T01:30:00Z"
    assert (await business(client))["calendar"]["day_hours"] == [late]


async def test_only_those_who_write_policy_write_calendars(tenant):
    agent = await tenant.staff("agent", "agent")

    assert (await agent.get("/api/v1/calendars")).status_code == 200
    assert (await agent.put("/api/v1/calendars/business", json={})).status_code == 403
