"""A tenant's calendars in versions: 7×24 and business hours, seeded when the tenant is made."""

import functools
from datetime import date, time
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin.notation import plausible
from guibin.notation.plausible import is_plausible
from guibin.policy.calendars import Calendar, Window, always, china_calendar
from guibin_tenants.principals import Signature
from guibin_tenants.refusals import FieldError, Invalid, refuse
from guibin_tenants.scope import execute, fetch, fetch_one
from guibin_tenants.tables import new_id
from guibin_tenants.walls import unit_of

ALWAYS = "always"
BUSINESS = "business"
WEEKDAYS = frozenset(range(1, 8))
# Deadlines reach back into imported years and forward into the next.
SEEDED_YEARS = (-12, 2)
# A calendar is some 15 kB of text with its holidays, and says for ever what it said.
CALENDARS_KEPT_MAX = 256


class CalendarInForce(Struct, frozen=True):
    """A calendar and which version of it this is."""

    version: int
    calendar: Calendar


async def seed(act: Signature, *, time_zone: str) -> None:
    """Give a new tenant its two calendars; one that has them keeps its own."""
    years = range(act.now.year + SEEDED_YEARS[0], act.now.year + SEEDED_YEARS[1] + 1)
    for calendar in (always(time_zone), china_calendar(years, time_zone=time_zone)):
        await _insert(calendar, 1, act, note="")


async def write(calendar: Calendar, act: Signature, *, note: str) -> int:
    """Add a version of a calendar; its number. Deadlines that run are recomputed by `actions.recompute`."""
    problems = contradictions(calendar)
    refuse(problems, "The calendar contradicts itself")
    before = await fetch_one(_NEWEST.format("$1"), calendar.name)
    version = 1 + (before["version"] if before else 0)
    await _insert(calendar, version, act, note=note)
    return version


async def in_force(name: str, *, field: str = "calendar") -> CalendarInForce:
    """The newest version. Raises Invalid, which names the `field`, for a name the tenant has no calendar of."""
    return _found(await fetch_one(_NEWEST.format("$1"), name), name, field)


async def of_version(name: str, version: int) -> Calendar:
    """As it was written then. Raises Invalid where there is no such version."""
    row = await fetch_one("select version, value from calendar_version where name = $1 and version = $2", name, version)
    return _found(row, name, "calendar").calendar


async def counting(name: str, customer_id: UUID | None) -> CalendarInForce:
    """What counts for a customer where policy names this calendar: its org unit's own, or the nearest above with one.

    Round the clock is so everywhere. Raises Invalid for a name the tenant has no calendar of.
    """
    if name == ALWAYS or customer_id is None:
        return await in_force(name)
    return (await where(name, customer_id, None))[1]


async def of_unit(name: str, unit_id: UUID | None) -> CalendarInForce:
    """What counts in an org unit where policy names this calendar: its own, or the nearest above with one; the company's for
    None. Raises Invalid for a name the tenant has no calendar of.
    """
    if name == ALWAYS or unit_id is None:
        return await in_force(name)
    return (await where(name, None, unit_id))[1]


async def where(name: str, customer_id: UUID | None, unit_id: UUID | None) -> tuple[UUID | None, CalendarInForce]:
    """The customer's org unit, or `unit_id` where it has none, and as `of_unit` what counts there."""
    row = await fetch_one(_WHERE, name, customer_id, unit_id)
    return (row["unit_id"] if row else unit_id), _found(row, name, "calendar")


_NEWEST = "select version, value from calendar_version where name = {} order by version desc limit 1"
_NEAREST = (
    "with recursive above as (select u.tenant_id, u.id, u.parent_id, 0 as level from org_unit u"
    " where u.id = place.unit_id"
    "  union all select u.tenant_id, u.id, u.parent_id, a.level + 1 from org_unit u"
    "  join above a on u.tenant_id = a.tenant_id and u.id = a.parent_id"
    ") cycle id set is_cycle using path"
    " select o.counts_by from above a join unit_calendar o on o.tenant_id = a.tenant_id and o.org_unit_id = a.id"
    " where o.calendar = $1 and not a.is_cycle order by a.level limit 1"
)
_WHERE = (
    "select v.version, v.value, place.unit_id"
    f" from (select coalesce({unit_of('customer', '$2')}, $3) as unit_id) place cross join lateral"
    f" ({_NEWEST.format(f'coalesce(({_NEAREST}), $1)')}) v"
)


def _found(row: asyncpg.Record | None, name: str, field: str) -> CalendarInForce:
    if row is None:
        raise Invalid.at(field, "one of the company's calendars", "see GET /calendars", name)
    return CalendarInForce(row["version"], _decoded(row["value"]))


async def all_in_force() -> list[CalendarInForce]:
    """The newest version of each, by name."""
    rows = await fetch("select distinct on (name) version, value from calendar_version order by name, version desc")
    return [CalendarInForce(row["version"], _decoded(row["value"])) for row in rows]


def contradictions(calendar: Calendar) -> list[FieldError]:
    """What in it cannot be meant."""
    problems = []
    try:
        calendar.zone.utcoffset(None)
    except (ValueError, KeyError, OSError):
        problems.append(FieldError("calendar.time_zone", "a time zone such as Asia/Shanghai", value=calendar.time_zone))
    if not calendar.always and not (calendar.windows or calendar.weekday_hours):
        problems.append(FieldError("calendar.windows", "at least one", "give opening hours, or `always`"))
    weekly = calendar.weekdays & WEEKDAYS or calendar.weekday_hours
    if not calendar.always and not weekly and not calendar.open_on:
        problems.append(FieldError("calendar.weekdays", "at least one of 1 (Monday) to 7", "or days in `open_on`"))
    problems += [
        FieldError("calendar.weekdays", "1 (Monday) to 7", value=str(day))
        for day in sorted(calendar.weekdays - WEEKDAYS)
    ]
    problems += _of_windows(calendar.windows, "calendar.windows")
    return [*problems, *_of_weekdays(calendar), *_of_days(calendar)]


def _of_weekdays(calendar: Calendar) -> list[FieldError]:
    problems, named = [], set[int]()
    for place, hours in enumerate(calendar.weekday_hours):
        path = f"calendar.weekday_hours[{place}]"
        if not hours.weekdays or hours.weekdays - WEEKDAYS:
            value = ", ".join(map(str, sorted(hours.weekdays - WEEKDAYS)))
            problems.append(FieldError(f"{path}.weekdays", "1 (Monday) to 7", value=value))
        if named & hours.weekdays:
            value = ", ".join(map(str, sorted(named & hours.weekdays)))
            problems.append(FieldError(f"{path}.weekdays", "each weekday once", value=value))
        named |= hours.weekdays
        problems += _of_own_windows(hours.windows, f"{path}.windows", "leave the weekday out of `weekdays`")
    return problems


def _of_days(calendar: Calendar) -> list[FieldError]:
    problems, named = [], set[date]()
    for place, hours in enumerate(calendar.day_hours):
        path, day = f"calendar.day_hours[{place}]", hours.on.isoformat()
        if not is_plausible(hours.on):
            problems.append(FieldError(f"{path}.on", plausible.RULE, plausible.FIX, day))
        if hours.on in named:
            problems.append(FieldError(f"{path}.on", "each day once", value=day))
        if hours.on in calendar.closed_on:
            problems.append(FieldError(f"{path}.on", "not also in closed_on", value=day))
        named.add(hours.on)
        problems += _of_own_windows(hours.windows, f"{path}.windows", "a day that is closed goes into `closed_on`")
    return problems + [
        FieldError("calendar.open_on", "not also in closed_on", value=day.isoformat())
        for day in sorted(calendar.open_on & calendar.closed_on)
    ]


def _of_own_windows(windows: tuple[Window, ...], path: str, fix: str) -> list[FieldError]:
    return _of_windows(windows, path) if windows else [FieldError(path, "at least one", fix)]


def _of_windows(windows: tuple[Window, ...], path: str) -> list[FieldError]:
    """Windows of a day stand in order and apart; only the last may close after midnight."""
    problems, latest = [], time()
    for place, window in enumerate(windows):
        overlaps = window.opens < latest or (place and windows[place - 1].overnight)
        if window.empty() or overlaps or (place and windows[place - 1].till_midnight):
            problems.append(FieldError(f"{path}[{place}]", _IN_ORDER, _NEXT_DAY, str(window)))
        latest = window.opens if window.overnight or window.till_midnight else time.fromisoformat(window.closes)
    return problems


_IN_ORDER = "opens before it closes, after the window before it"
_NEXT_DAY = "the last of a day may close the next day, such as 22:00 to 06:00; the end of a day is 24:00:00"


async def _insert(calendar: Calendar, version: int, act: Signature, *, note: str) -> None:
    await execute(
        "insert into calendar_version (id, name, version, value, note, written_by, written_by_name, written_at)"
        " values ($1, $2, $3, $4::jsonb, $5, $6, $7, $8) on conflict (tenant_id, name, version) do nothing",
        new_id(),
        calendar.name,
        version,
        msgspec.json.encode(calendar).decode(),
        note,
        act.by.id,
        act.by.name,
        act.now,
    )


@functools.lru_cache(maxsize=CALENDARS_KEPT_MAX)
def _decoded(text: str) -> Calendar:
    return msgspec.json.decode(text, type=Calendar)
