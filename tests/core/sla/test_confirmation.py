"""Deadlines in a year whose holidays are not published: said to be provisional, and moved once they are."""

from datetime import UTC, date, datetime

import msgspec
import pytest
from acting import acting
from running import come_round

from guibin.cases import Case
from guibin.policy.calendars import china_calendar
from guibin.policy.deadlines import BusinessHours
from guibin.policy.terms import Terms
from guibin.sla import actions, calendars
from guibin.sla.actions import NewTimer
from guibin.sla.hours import confirm, confirmed
from guibin.sla.jobs import ConfirmCalendars
from guibin_tenants.scope import fetch
from guibin_tenants.tables import new_id

PUBLISHED = china_calendar([2025, 2026])
NOT_YET = china_calendar([2025])
FRIDAY = datetime(2026, 2, 13, 8, 0, tzinfo=UTC)  # 16:00 in Shanghai; the Saturday after is a make-up day


@pytest.fixture
async def provisional(tenant):
    """A deadline of five business hours from Friday, while 2026 is not published; its subject."""
    by, subject_id = tenant.principal(), new_id()
    async with tenant.scope():
        await calendars.write(NOT_YET, acting(by=by, now=tenant.world.clock()), note="2025")
        await actions.start(
            NewTimer(
                Case("complaint", subject_id), "resolution", Terms(limit=BusinessHours(5), calendar="business"), FRIDAY
            )
        )
    return subject_id


async def shown(client, subject_id):
    return (await client.get("/api/v1/timers", params={"subject_id": str(subject_id)})).json()["items"][0]


async def test_the_api_says_provisional_until_the_calendar_is_confirmed(tenant, client, provisional):
    before = await shown(client, provisional)

    await come_round(tenant, ConfirmCalendars())

    after = await shown(client, provisional)
    assert (before["provisional"], before["due_at"]) == (True, "2026-02-16T04:00:00Z")
    assert (after["provisional"], after["due_at"]) == (False, "2026-02-14T04:00:00Z")
    async with tenant.scope():
        changes = await fetch("select reason, due_before, due_after from timer_change")
    assert [(c["reason"], c["due_before"] > c["due_after"]) for c in changes] == [("calendar", True)]


async def test_confirming_again_writes_nothing(tenant, client, provisional):
    async with tenant.scope():
        by, now = tenant.principal(), tenant.world.clock()
        await confirm(acting(by=by, now=now), published=PUBLISHED)
        version = (await calendars.in_force("business")).version

        assert await confirm(acting(by=by, now=now), published=PUBLISHED) == 0
        assert (await calendars.in_force("business")).version == version


async def test_a_deadline_that_has_ended_keeps_its_calendar(tenant, client, provisional):
    async with tenant.scope():
        await actions.complete(provisional, "resolution", at=FRIDAY, now=FRIDAY)
        await confirm(acting(by=tenant.principal(), now=tenant.world.clock()), published=PUBLISHED)

    assert (await shown(client, provisional))["due_at"] == "2026-02-16T04:00:00Z"


def test_a_company_that_works_no_make_up_days_does_not_begin_to():
    bank = msgspec.structs.replace(NOT_YET, open_on=frozenset())
    newer = confirmed(bank, PUBLISHED)

    assert newer.open_on == frozenset()
    assert newer.closed_on >= {date(2026, 2, 16), date(2026, 10, 1)}


def test_what_the_company_wrote_about_earlier_years_stays():
    own = msgspec.structs.replace(NOT_YET, closed_on=NOT_YET.closed_on | {date(2025, 8, 8)})
    newer = confirmed(own, PUBLISHED)

    assert date(2025, 8, 8) in newer.closed_on
    assert date(2026, 2, 14) in newer.open_on
    assert newer.confirmed_until == date(2026, 12, 31)


def test_a_calendar_that_is_as_new_as_the_table_stays():
    assert confirmed(PUBLISHED, PUBLISHED) is None
