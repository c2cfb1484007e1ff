"""Hours that change under running deadlines: holidays published since, and calendars of an outlet's own."""

from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.policy.calendars import Calendar, china_calendar
from guibin_tenants.principals import Principal, Signature
from guibin_tenants.refusals import Forbidden, Invalid, NotFound
from guibin_tenants.rows import read
from guibin_tenants.scope import execute, fetch_value
from guibin_tenants.tables import new_id

from . import actions, calendars

# So far ahead the installed table is asked.
YEARS_AHEAD = 2


def confirmed(calendar: Calendar, published: Calendar) -> Calendar | None:
    """The calendar with the days of every year published since; None when there is none.

    Days of the years before stay as the company wrote them. Make-up days work where they worked before.
    """
    before, after = calendar.confirmed_until, published.confirmed_until
    if calendar.always or before is None or after is None or after <= before:
        return None
    makes_up = bool(calendar.open_on) or not any(day <= before for day in published.open_on)
    closed = {day for day in published.closed_on if before < day <= after}
    opened = {day for day in published.open_on if before < day <= after} if makes_up else set()
    return msgspec.structs.replace(
        calendar,
        # A day that the company closed or opened itself stays so, unless the table says the opposite.
        closed_on=frozenset((calendar.closed_on | closed) - opened),
        open_on=frozenset((calendar.open_on | opened) - closed),
        confirmed_until=after,
    )


async def confirm(act: Signature, *, published: Calendar | None = None) -> int:
    """Bring the company's provisional calendars up to the published table; how many deadlines moved."""
    moved = 0
    for found in await calendars.all_in_force():
        table = published or china_calendar(_years(found.calendar.confirmed_until, act.now))
        newer = confirmed(found.calendar, table)
        if newer is None:
            continue
        note = f"holidays published until {newer.confirmed_until}"
        await calendars.write(newer, act, note=note)
        moved += await actions.recompute(newer.name, act)
    return moved


def _years(confirmed_until: date | None, now: datetime) -> range:
    first = confirmed_until.year if confirmed_until else now.year
    return range(first, max(first, now.year) + YEARS_AHEAD + 1)


class UnitCalendarView(Struct, frozen=True):
    """In the org unit `org_unit_id`, and under it, deadlines by `calendar` count by `counts_by`."""

    org_unit_id: UUID
    calendar: str
    counts_by: str
    set_by_name: str
    set_at: datetime


async def of_unit(unit_id: UUID) -> list[UnitCalendarView]:
    """What the unit itself has set, by name of the company's calendar; what is above it holds for the rest. Raises NotFound."""
    await _refuse_unknown(unit_id)
    return await read(
        UnitCalendarView,
        "select org_unit_id, calendar, counts_by, set_by_name, set_at from unit_calendar where org_unit_id = $1"
        " order by calendar",
        unit_id,
    )


async def count_by(unit_id: UUID, calendar: str, counts_by: str, act: Signature) -> int:
    """From now on the unit counts by its own; how many running deadlines moved.

    Raises NotFound, Forbidden for a unit that is not under the caller's, Invalid for calendars there are not.
    """
    await _refuse(unit_id, act.by)
    if calendar == calendars.ALWAYS:
        raise Invalid.at("calendar", "not `always`", "round the clock is so everywhere", calendar)
    await calendars.in_force(calendar)
    await calendars.in_force(counts_by, field="counts_by")
    await execute(
        "insert into unit_calendar (id, org_unit_id, calendar, counts_by, set_by, set_by_name, set_at)"
        " values ($1, $2, $3, $4, $5, $6, $7) on conflict (tenant_id, org_unit_id, calendar) do update"
        " set counts_by = excluded.counts_by, set_by = excluded.set_by, set_by_name = excluded.set_by_name,"
        " set_at = excluded.set_at",
        new_id(),
        unit_id,
        calendar,
        counts_by,
        act.by.id,
        act.by.name,
        act.now,
    )
    return await actions.keep_hours(None, act)


async def count_as_above(unit_id: UUID, calendar: str, act: Signature) -> int:
    """From now on the unit counts as the one above it; how many running deadlines moved. Raises as `count_by`."""
    await _refuse(unit_id, act.by)
    if not await execute("delete from unit_calendar where org_unit_id = $1 and calendar = $2", unit_id, calendar):
        raise NotFound(f"The unit has no calendar of its own for {calendar!r}")
    return await actions.keep_hours(None, act)


async def _refuse(unit_id: UUID, by: Principal) -> None:
    await _refuse_unknown(unit_id)
    if not by.covers(unit_id):
        raise Forbidden("That org unit is not under yours")


async def _refuse_unknown(unit_id: UUID) -> None:
    if not await fetch_value("select true from org_unit where id = $1 and dissolved_at is null", unit_id):
        raise NotFound("There is no such org unit, or it was dissolved")
