"""Calendars by page and their preview: a year at a look, what would move said before it is saved."""

from datetime import UTC, datetime

import pytest

from guibin.cases import Case
from guibin.policy.deadlines import BusinessHours
from guibin.policy.terms import Terms
from guibin.sla import actions
from guibin.sla.actions import NewTimer
from guibin_tenants.tables import new_id

PAGE, API = "/console/calendars/business", "/api/v1/calendars"
FRIDAY = datetime(2026, 3, 6, 8, 0, tzinfo=UTC)


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


@pytest.fixture
async def running(tenant):
    """One deadline that runs over the weekend, and one that does not."""
    async with tenant.scope():
        for hours in (5, 1):
            terms = Terms(limit=BusinessHours(hours), calendar="business")
            await actions.start(NewTimer(Case("complaint", new_id()), "resolution", terms, FRIDAY))


async def business(client):
    found = (await client.get(API)).json()
    return next(one for one in found if one["calendar"]["name"] == "business")


async def test_a_preview_says_how_many_move_and_writes_nothing(admin, running):
    before = await business(admin)
    calendar = before["calendar"]
    closed = calendar | {"closed_on": [*calendar["closed_on"], "2026-03-09"]}
    told = (await admin.post(f"{API}/business/previews", json={"calendar": closed})).json()
    same = (await admin.post(f"{API}/business/previews", json={"calendar": calendar})).json()

    assert (told["deadlines_moved"], told["deadlines_running"]) == (1, 2)
    assert told["furthest"]["due_after"] == "2026-03-10T04:00:00Z"
    assert (same["deadlines_moved"], same["furthest"]) == (0, None)
    assert await business(admin) == before


async def test_a_preview_refuses_what_cannot_be_written(admin):
    calendar = (await business(admin))["calendar"] | {"weekdays": [], "open_on": []}
    answer = await admin.post(f"{API}/business/previews", json={"calendar": calendar})
    other = await admin.post(f"{API}/always/previews", json={"calendar": calendar})

    assert (answer.status_code, other.status_code) == (422, 422)


async def test_a_day_is_changed_once_what_moves_was_seen(admin, running):
    before = await business(admin)
    given = {"on": "2026-03-09", "how": "closed", "note": "停电检修"}
    first = await admin.post(f"{PAGE}/do/day", data=given)
    unchanged = await business(admin)
    second = await admin.post(f"{PAGE}/do/day", data=given | {"seen": "true"})
    after = await business(admin)
    page = (await admin.get(PAGE, params={"year": 2026})).text

    assert "有 1 个时限会变（按此日历正在走的共 2 个）" in first.text
    assert 'name="seen" value="true"' in first.text
    assert unchanged == before
    assert second.status_code == 200
    assert after["version"] == before["version"] + 1
    assert "2026-03-09" in after["calendar"]["closed_on"]
    assert 'class="g-day closed" data-day="2026-03-09"' in page


async def test_a_day_has_hours_of_its_own_and_is_usual_again(admin):
    half = {"on": "2026-03-09", "how": "hours", "windows": "9:00-12:00", "note": "半天", "seen": "true"}
    wrong = await admin.post(f"{PAGE}/do/day", data=half | {"windows": "上午"})
    await admin.post(f"{PAGE}/do/day", data=half)
    own = (await business(admin))["calendar"]["day_hours"]
    await admin.post(f"{PAGE}/do/day", data={"on": "2026-03-09", "how": "usual", "note": "照常", "seen": "true"})

    assert wrong.status_code == 422
    assert "请写成 09:00-12:00 13:30-18:00 这样" in wrong.text
    assert own == [{"on": "2026-03-09", "windows": [{"opens": "09:00:00", "closes": "12:00:00"}]}]
    assert (await business(admin))["calendar"]["day_hours"] == []


async def test_the_week_begins_with_what_is_and_saturday_differs(admin):
    form = (await admin.get(f"{PAGE}/do/week")).text
    usual = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-12:00 13:30-18:00")
    await admin.post(f"{PAGE}/do/week", data=usual | {"sat": "10:00-16:00", "note": "周六开门", "seen": "true"})
    calendar = (await business(admin))["calendar"]

    assert form.count("09:00-12:00 13:30-18:00") == 5 + form.count("例如 09:00-12:00 13:30-18:00")
    assert calendar["weekdays"] == [1, 2, 3, 4, 5]
    assert calendar["weekday_hours"] == [{"weekdays": [6], "windows": [{"opens": "10:00:00", "closes": "16:00:00"}]}]


async def test_an_outlet_counts_by_a_calendar_of_its_own(admin, tenant):
    units = (await admin.get("/api/v1/org-units")).json()
    await admin.post(f"{PAGE}/do/copy", data={"name": "outlet_east"})
    own = {"org_unit_id": units[0]["id"], "calendar": "business", "counts_by": "outlet_east"}
    done = await admin.post(f"/console/calendars/units/{units[0]['id']}/do/own", data=own)
    shown = (await admin.get("/console/calendars")).text

    assert done.status_code == 200, done.text
    assert "outlet_east" in shown
    assert units[0]["name"] in shown


async def test_whoever_does_not_write_policy_looks_only(tenant):
    desk = await tenant.staff("desk", "agent")
    page = await desk.get(PAGE)

    assert page.status_code == 200
    assert "/do/" not in page.text
    assert (await desk.post(f"{PAGE}/do/day", data={})).status_code == 403
    assert (await desk.post(f"{API}/business/previews", json={})).status_code == 403
