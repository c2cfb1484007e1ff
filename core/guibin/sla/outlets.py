"""Hours per outlet: an org unit counts by a calendar of its own where policy names one of the company's."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin_tenants.principals import Principal, Signature
from guibin_tenants.refusals import FieldError, Forbidden, Invalid, NotFound
from guibin_tenants.scope import execute, fetch, fetch_value
from guibin_tenants.tables import new_id

from . import actions, calendars


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
    rows = await fetch(
        "select org_unit_id, calendar, counts_by, set_by_name, set_at from unit_calendar where org_unit_id = $1"
        " order by calendar",
        unit_id,
    )
    return [msgspec.convert(dict(row), UnitCalendarView) for row in rows]


async def count_by(unit_id: UUID, calendar: str, counts_by: str, act: Signature) -> int:
    """From now on the unit counts by its own; how many running deadlines moved.

    Raises NotFound, Forbidden for a unit that is not under the caller's, Invalid for calendars there are not.
    """
    await _refuse(unit_id, act.by)
    if calendar == calendars.ALWAYS:
        raise Invalid(fields=(FieldError("calendar", "not `always`", "round the clock is so everywhere", calendar),))
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
