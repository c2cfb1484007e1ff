"""Who is on duty now, the shifts to come, the gaps between them, and what whoever was on duty was called to."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.context import Act
from guibin.policy.calendars import Calendar
from guibin.policy.duties import Duty, without
from guibin.policy.packs import Policy
from guibin.sla import calendars
from guibin.sla.calendars import BUSINESS
from guibin.sla.queries import timer_of
from guibin.web.listing import Listing, earliest_first, newest_first
from guibin_tenants.rows import lines, many, read
from guibin_tenants.scope import fetch, fetch_one

from .tables import State

SUBJECT, RESPONSE = "duty_call", "response"
# The shifts that count: those of people who work here and are not away for the moment $at.
_HERE = (
    "x.cancelled_at is null and s.left_at is null and not exists (select from staff_absence a where a.tenant_id = x.tenant_id"
    " and a.staff_id = x.staff_id and a.from_at <= {0} and a.until_at > {0})"
)


class OnDuty(Struct, frozen=True):
    """Somebody on duty now, in the order in which they are called."""

    staff_id: UUID
    staff_name: str
    position: int
    from_at: datetime
    until_at: datetime


class Gap(Struct, frozen=True):
    """Nobody is on duty from `since` until before `until`, though somebody has to be."""

    since: datetime
    until: datetime


class RosterView(Struct, frozen=True, kw_only=True):
    """A roster of an org unit: who is on duty now, and where it has gaps within the days the policy looks ahead."""

    id: UUID
    org_unit_id: UUID
    org_unit_code: str
    org_unit_name: str
    duty: str
    opened_at: datetime
    closed_at: datetime | None
    on_duty: list[OnDuty]
    gaps: list[Gap]


class ShiftView(Struct, frozen=True, kw_only=True):
    """A planned shift; `away` when whoever has it is away for a part of it."""

    id: UUID
    roster_id: UUID
    duty: str
    org_unit_id: UUID
    staff_id: UUID
    staff_name: str
    position: int
    from_at: datetime
    until_at: datetime
    away: bool
    because: str
    cancelled_at: datetime | None


class ShiftFilter(Struct, frozen=True, kw_only=True):
    """Of which roster, whose; those that end after `ends_after` and begin before `begins_before`. Cancelled ones on demand."""

    roster_id: UUID | None = None
    staff_id: UUID | None = None
    ends_after: datetime | None = None
    begins_before: datetime | None = None
    cancelled: bool = False


class AskLine(Struct, frozen=True):
    """Who was called to it, and when."""

    staff_id: UUID
    staff_name: str
    round: int
    asked_at: datetime


class DutyCallView(Struct, frozen=True, kw_only=True):
    """What came in while somebody was on duty; `asked_id` is who is to take it now, None when the roster has nobody left."""

    id: UUID
    duty: str
    org_unit_id: UUID | None
    customer_id: UUID | None
    subject: str
    subject_id: UUID
    number: str
    state: State
    came_at: datetime
    respond_by: datetime | None
    late: bool
    round: int
    asked_id: UUID | None
    asked_name: str
    taken_by_name: str
    taken_at: datetime | None
    asked: list[AskLine]


class DutyCallFilter(Struct, frozen=True, kw_only=True):
    """Which: in what state, asked of whom, which came since when (inclusive) and before when."""

    state: State | None = None
    asked_id: UUID | None = None
    subject_id: UUID | None = None
    came_from: datetime | None = None
    came_before: datetime | None = None


SHIFTS = Listing(
    view=ShiftView,
    source="duty_shift x join duty_roster r on r.tenant_id = x.tenant_id and r.id = x.roster_id",
    order=earliest_first("x.from_at"),
    columns={
        "duty": "r.duty",
        "org_unit_id": "r.org_unit_id",
        "away": "exists (select from staff_absence a where a.tenant_id = x.tenant_id and a.staff_id = x.staff_id"
        " and a.from_at < x.until_at and a.until_at > x.from_at)",
    },
    filters={
        "ends_after": "x.until_at > $value",
        "begins_before": "x.from_at < $value",
        "cancelled": "x.cancelled_at is not null",
    },
)
CALLS = Listing(
    view=DutyCallView,
    source=f"duty_call x left join {timer_of('x', RESPONSE)}",
    order=newest_first("x.came_at"),
    columns={
        "respond_by": "t.due_at",
        "late": "t.breached_at is not null",
        "asked": lines(AskLine, "from duty_ask where duty_call_id = x.id order by round"),
    },
    filters={"came_from": "x.came_at >= $value", "came_before": "x.came_at < $value"},
)
_NEAREST = """with recursive above (tenant_id, id, parent_id, depth) as (
        select tenant_id, id, parent_id, 0 from org_unit
        where id = $1 or ($1::uuid is null and parent_id is null)
        union all
        select u.tenant_id, u.id, u.parent_id, a.depth + 1 from org_unit u
        join above a on u.tenant_id = a.tenant_id and u.id = a.parent_id where a.depth < 32
    )
    select r.id, r.org_unit_id from duty_roster r join above a on a.tenant_id = r.tenant_id and a.id = r.org_unit_id
    where r.duty = $2 and r.closed_at is null order by a.depth limit 1"""


class Kept(Struct, frozen=True):
    """The roster that serves an org unit: its own, or that of the nearest above."""

    id: UUID
    org_unit_id: UUID


async def serving(unit_id: UUID | None, duty: str) -> Kept | None:
    """The roster for this duty that serves the org unit, the head office's for None; None where none is kept."""
    row = await fetch_one(_NEAREST, unit_id, duty)
    return Kept(row["id"], row["org_unit_id"]) if row else None


async def on_duty(roster_id: UUID, at: datetime) -> list[OnDuty]:
    """Who is on duty at this moment, in the order in which they are called; whoever is away is passed over."""
    return await many(
        OnDuty,
        "from (select x.staff_id, s.name as staff_name, x.position, x.from_at, x.until_at, x.id from duty_shift x"
        " join staff s on s.tenant_id = x.tenant_id and s.id = x.staff_id"
        f" where x.roster_id = $1 and x.from_at <= $2 and x.until_at > $2 and {_HERE.format('$2')}) here"
        " order by position, from_at, id",
        roster_id,
        at,
    )


async def first_on_duty(serves: str, unit_id: UUID | None, act: Act) -> tuple[UUID, ...]:
    """Who is on duty now for what `serves` an org unit, the first of them; nobody where no roster covers the moment (S14-9)."""
    for duty in act.policy.duties:
        kept = await serving(unit_id, duty.name) if duty.serves == serves else None
        if kept is not None and duty.covered_at(act.now, await _hours(kept.org_unit_id)):
            return tuple(one.staff_id for one in (await on_duty(kept.id, act.now))[:1])
    return ()


async def wanted_for(
    duty: Duty, customer_id: UUID | None, unit_id: UUID | None, at: datetime
) -> tuple[UUID | None, bool]:
    """The org unit to which something came in, the customer's own or else `unit_id`, and whether somebody has to be on duty for it
    at this moment."""
    there, hours = await calendars.where(BUSINESS, customer_id, unit_id)
    return there, duty.covered_at(at, hours.calendar)


async def gaps_of(duty: Duty, kept: Kept, now: datetime) -> list[Gap]:
    """Where nobody is on duty within the days that the policy looks ahead; a shift of somebody who is away covers nothing
    meanwhile."""
    until = now + timedelta(days=duty.told_ahead_days)
    needed = duty.wanted_in(now, until, await _hours(kept.org_unit_id))
    rows = await fetch(
        "select x.from_at, x.until_at, coalesce((select jsonb_agg(jsonb_build_array(a.from_at, a.until_at)) from staff_absence a"
        "  where a.tenant_id = x.tenant_id and a.staff_id = x.staff_id and a.from_at < x.until_at"
        "  and a.until_at > x.from_at), '[]') as away"
        " from duty_shift x join staff s on s.tenant_id = x.tenant_id and s.id = x.staff_id"
        " where x.roster_id = $1 and x.cancelled_at is null and s.left_at is null and x.until_at > $2 and x.from_at < $3",
        kept.id,
        now,
        until,
    )
    there = [span for row in rows for span in without([(row["from_at"], row["until_at"])], _spans(row["away"]))]
    return [Gap(since, end) for since, end in without(needed, there)]


async def rosters(act: Act, *, closed: bool = False) -> list[RosterView]:
    """Every roster by its unit's code and duty, those that closed only on demand."""
    return await _viewed("$1 or r.closed_at is null", (closed,), act)


async def roster(roster_id: UUID, act: Act) -> RosterView | None:
    """One of them; None where there is none."""
    return next(iter(await _viewed("r.id = $1", (roster_id,), act)), None)


def duty_of(policy: Policy, name: str) -> Duty | None:
    """The duty of this name."""
    return next((duty for duty in policy.duties if duty.name == name), None)


class _Row(Struct, frozen=True, kw_only=True):
    id: UUID
    org_unit_id: UUID
    org_unit_code: str
    org_unit_name: str
    duty: str
    opened_at: datetime
    closed_at: datetime | None


async def _viewed(which: str, values: Sequence[object], act: Act) -> list[RosterView]:
    rows = await read(
        _Row,
        "select r.id, r.org_unit_id, u.code as org_unit_code, u.name as org_unit_name, r.duty, r.opened_at, r.closed_at"
        " from duty_roster r join org_unit u on u.tenant_id = r.tenant_id and u.id = r.org_unit_id"
        f" where {which} order by u.code, r.duty, r.opened_at",
        *values,
    )
    return [await _view(row, act) for row in rows]


async def _view(row: _Row, act: Act) -> RosterView:
    duty = duty_of(act.policy, row.duty)
    kept = duty is not None and row.closed_at is None
    return RosterView(
        **{name: getattr(row, name) for name in row.__struct_fields__},
        on_duty=await on_duty(row.id, act.now) if kept else [],
        gaps=await gaps_of(duty, Kept(row.id, row.org_unit_id), act.now) if duty and kept else [],
    )


async def _hours(unit_id: UUID | None) -> Calendar:
    return (await calendars.of_unit(BUSINESS, unit_id)).calendar


def _spans(away: str) -> list[tuple[datetime, datetime]]:
    return msgspec.json.decode(away, type=list[tuple[datetime, datetime]])
