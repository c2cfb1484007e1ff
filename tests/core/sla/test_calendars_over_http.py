"""A company's calendars: written anew, and the deadlines that run by them follow."""

from datetime import UTC, datetime

import pytest

from guibin.cases import Case
from guibin.policy.deadlines import BusinessHours
from guibin.policy.terms import Terms
from guibin.sla import actions
from guibin.sla.actions import NewTimer
from guibin_tenants.tables import new_id


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
        ({"windows": [{"opens": "18:00:00", "closes": "09:00:00"}]}, "calendar.windows[0]"),
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


async def test_only_those_who_write_policy_write_calendars(tenant):
    agent = await tenant.staff("agent", "agent")

    assert (await agent.get("/api/v1/calendars")).status_code == 200
    assert (await agent.put("/api/v1/calendars/business", json={})).status_code == 403
