"""Keeping rosters: opened and closed, shifts planned by hand or by turns, stood in for, cancelled (S07-2, S14-9)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
from msgspec import structs

from guibin.audit.actions import noted
from guibin.cases import Case
from guibin.cases.requests import Because
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.periods.days import local_day
from guibin.policy.calendars import Window
from guibin.policy.duties import Duty, Span
from guibin_tenants.principals import Principal
from guibin_tenants.receivers import sees, standing_unit
from guibin_tenants.refusals import FieldError, Invalid, refuse
from guibin_tenants.rows import add, add_all, change, locked, missing
from guibin_tenants.scope import execute, fetch, savepoint

from . import queries
from .queries import SHIFTS, RosterView, ShiftView
from .refusals import NotYourRoster, RosterClosed, RosterOpen, ShiftOver
from .requests import SHIFTS_MAX, NewRoster, NewRotation, NewShift, NewShifts, NewStandIn
from .tables import DutyRoster, DutyShift

ROSTER, SHIFT = "duty_roster", "duty_shift"
# A shift that ended longer ago is not written down any more; nobody plans further ahead.
BEHIND, AHEAD = timedelta(days=31), timedelta(days=400)
SHIFT_MAX = timedelta(days=8)


async def open_roster(new: NewRoster, act: Act) -> RosterView:
    """Raises Invalid for an unknown unit or duty, NotYourRoster, RosterOpen where the unit keeps one."""
    await standing_unit(new.org_unit_id)
    if queries.duty_of(act.policy, new.duty) is None:
        known = ", ".join(duty.name for duty in act.policy.duties) or "none: the policy has no duties"
        raise Invalid.at("duty", "a duty of the policy", f"one of: {known}", new.duty)
    _refuse_strange(new.org_unit_id, act.by)
    try:
        async with savepoint():
            roster_id = await add(DutyRoster, act, org_unit_id=new.org_unit_id, duty=new.duty)
    except asyncpg.UniqueViolationError:
        raise RosterOpen("The org unit keeps this roster already: plan its shifts") from None
    return await _done("open", roster_id, act)


async def close_roster(roster_id: UUID, new: Because, act: Act) -> RosterView:
    """It is kept no more; what is planned is cancelled. Raises NotFound, NotYourRoster, RosterClosed."""
    await _open(roster_id, act.by)
    await execute(
        "update duty_shift set cancelled_at = $2, cancelled_by = $3, cancelled_by_name = $4 where roster_id = $1"
        " and cancelled_at is null and until_at > $2",
        *(roster_id, act.now, act.by.id, act.by.name),
    )
    await change(DutyRoster, roster_id, act, closing_reason=new.reason)
    return await _done("close", roster_id, act)


async def show(roster_id: UUID, act: Act) -> RosterView:
    """Raises NotFound."""
    found = await queries.roster(roster_id, act)
    if found is None:
        raise missing(DutyRoster, roster_id)
    return found


async def plan(roster_id: UUID, new: NewShifts, act: Act) -> RosterView:
    """Plan shifts, all or none; whoever has one is told. Raises NotFound, NotYourRoster, RosterClosed, and Invalid with every
    wrong field: somebody who does not work here, does not see the org unit, or is on duty at that time already.
    """
    roster = await _open(roster_id, act.by)
    return await _planned(roster, new.shifts, act)


async def rotate(roster_id: UUID, new: NewRotation, act: Act) -> RosterView:
    """As `plan`, for turns that people take."""
    roster = await _open(roster_id, act.by)
    days = (new.last_on - new.first_on).days + 1
    if not 1 <= days <= SHIFTS_MAX:
        rule = f"1 to {SHIFTS_MAX} days from first_on"
        raise Invalid.at("last_on", rule, value=new.last_on.isoformat())
    return await _planned(roster, list(_turns(new, days, act)), act)


async def stand_in(shift_id: UUID, new: NewStandIn, act: Act) -> ShiftView:
    """Somebody else takes what is left of the shift: both are told. Raises NotFound, NotYourRoster, ShiftOver, Invalid."""
    shift, roster = await _running(shift_id, act)
    taken = NewShift(
        staff_id=new.to_staff_id,
        from_at=max(shift["from_at"], act.now),
        until_at=shift["until_at"],
        position=shift["position"],
    )
    await _end(shift, act)
    (taken_id,) = await _write(roster, [taken], act, because=new.reason, field="to_staff_id")
    notice = Notice("duty_given_up", _case(shift_id), staff_ids=(shift["staff_id"],), details=_days([taken], act))
    await notify(notice, key=f"duty_given_up/{shift_id}", now=act.now)
    return await _shift("stand_in", taken_id, act)


async def cancel(shift_id: UUID, new: Because, act: Act) -> ShiftView:
    """It is not served any more; whoever had it is told. Raises NotFound, NotYourRoster, ShiftOver."""
    shift, _ = await _running(shift_id, act)
    await _end(shift, act)
    await change(DutyShift, shift_id, because=new.reason[:200])
    freed = NewShift(staff_id=shift["staff_id"], from_at=shift["from_at"], until_at=shift["until_at"])
    notice = Notice("duty_given_up", _case(shift_id), staff_ids=(shift["staff_id"],), details=_days([freed], act))
    await notify(notice, key=f"duty_given_up/{shift_id}", now=act.now)
    return await _shift("cancel", shift_id, act)


def _turns(new: NewRotation, days: int, act: Act) -> Iterator[NewShift]:
    zone, window = ZoneInfo(act.company.time_zone), Window(new.starts, new.ends)
    for place in range(days):
        day = new.first_on + timedelta(days=place)
        since, until = window.span(day, zone)
        if window.empty():
            until = window.span(day + timedelta(days=1), zone)[0]
        turn = place if new.turn == "day" else place // 7
        who = new.staff_ids[turn % len(new.staff_ids)]
        yield NewShift(staff_id=who, from_at=since, until_at=until, position=new.position)


async def _planned(roster: asyncpg.Record, shifts: Sequence[NewShift], act: Act) -> RosterView:
    await _write(roster, shifts, act)
    by_person: dict[UUID, list[NewShift]] = {}
    for shift in shifts:
        by_person.setdefault(shift.staff_id, []).append(shift)
    for staff_id, theirs in by_person.items():
        notice = Notice("duty_planned", _roster_case(roster["id"]), staff_ids=(staff_id,), details=_days(theirs, act))
        first = min(shift.from_at for shift in theirs)
        await notify(notice, key=f"duty_planned/{roster['id']}/{first.isoformat()}/{len(theirs)}", now=act.now)
    return await _done("plan", roster["id"], act)


async def _write(
    roster: asyncpg.Record, shifts: Sequence[NewShift], act: Act, *, because: str = "", field: str = "staff_id"
) -> list[UUID]:
    names = await _refuse_wrong(roster, shifts, act, field)
    rows = [_row(roster["id"], shift, names[shift.staff_id], because) for shift in shifts]
    return await add_all(DutyShift, act, rows)


def _row(roster_id: UUID, shift: NewShift, staff_name: str, because: str) -> dict[str, Any]:
    return structs.asdict(shift) | {"roster_id": roster_id, "staff_name": staff_name, "because": because[:200]}


async def _refuse_wrong(roster: asyncpg.Record, shifts: Sequence[NewShift], act: Act, field: str) -> dict[UUID, str]:
    """Raises Invalid with every wrong field; the names of those who are on duty."""
    duty = queries.duty_of(act.policy, roster["duty"])
    people = await _people({shift.staff_id for shift in shifts}, roster["org_unit_id"])
    taken = await _taken(roster["id"], list(people), since=act.now - BEHIND)
    problems: list[FieldError] = []
    for place, shift in enumerate(shifts):
        at = "" if field != "staff_id" or len(shifts) == 1 else f"shifts[{place}]."
        problems += _wrong_span(shift, at, act.now)
        who = people.get(shift.staff_id)
        problems += _unfit(shift, who, duty, f"{at}{field}")
        busy = taken.setdefault(shift.staff_id, [])
        if any(shift.from_at < until and since < shift.until_at for since, until in busy):
            problems.append(
                FieldError(f"{at}from_at", "a time at which they are not on duty", value=str(shift.from_at))
            )
        busy.append((shift.from_at, shift.until_at))
    refuse(problems, "The shifts were not planned")
    return {staff_id: who["name"] for staff_id, who in people.items()}


def _wrong_span(shift: NewShift, at: str, now: datetime) -> Iterator[FieldError]:
    if not timedelta(0) < shift.until_at - shift.from_at <= SHIFT_MAX:
        rule = f"after it begins, within {SHIFT_MAX.days} days"
        yield FieldError(f"{at}until_at", rule, value=shift.until_at.isoformat())
    if not now - BEHIND <= shift.until_at <= now + AHEAD:
        rule = f"not over for {BEHIND.days} days, nor further ahead than {AHEAD.days}"
        yield FieldError(f"{at}until_at", rule, value=shift.until_at.isoformat())


def _unfit(shift: NewShift, who: asyncpg.Record | None, duty: Duty | None, field: str) -> Iterator[FieldError]:
    if who is None:
        yield FieldError(field, "a member of staff who works here", "see GET /api/v1/staff", str(shift.staff_id))
    elif not who["seeing"]:
        fix = "name somebody of the org unit, or of one above it"
        yield FieldError(field, "somebody who sees the roster's org unit", fix, str(shift.staff_id))
    elif duty is not None and duty.full_time and who["part_time"]:
        yield FieldError(
            field,
            "somebody who is full-time",
            f"this roster has full-time staff {duty.clause}".strip(),
            str(shift.staff_id),
        )


async def _people(staff_ids: set[UUID], unit_id: UUID) -> dict[UUID, asyncpg.Record]:
    rows = await fetch(
        f"select s.id, s.name, s.part_time, {sees('s', '$2')} as seeing from staff s where s.left_at is null and s.id = any ($1)",
        list(staff_ids),
        unit_id,
    )
    return {row["id"]: row for row in rows}


async def _taken(roster_id: UUID, staff_ids: list[UUID], *, since: datetime) -> dict[UUID, list[Span]]:
    found: dict[UUID, list[Span]] = {}
    rows = await fetch(
        "select staff_id, from_at, until_at from duty_shift where roster_id = $1 and staff_id = any ($2)"
        " and cancelled_at is null and until_at > $3",
        *(roster_id, staff_ids, since),
    )
    for row in rows:
        found.setdefault(row["staff_id"], []).append((row["from_at"], row["until_at"]))
    return found


async def _end(shift: asyncpg.Record, act: Act) -> None:
    """What was served of it stays served."""
    if shift["from_at"] < act.now:
        await change(DutyShift, shift["id"], until_at=act.now)
    else:
        await change(DutyShift, shift["id"], act)


async def _running(shift_id: UUID, act: Act) -> tuple[asyncpg.Record, asyncpg.Record]:
    shift = await locked(DutyShift, shift_id)
    roster = await _open(shift["roster_id"], act.by)
    if shift["cancelled_at"] is not None or shift["until_at"] <= act.now:
        raise ShiftOver(f"It ended at {shift['cancelled_at'] or shift['until_at']}")
    return shift, roster


async def _open(roster_id: UUID, by: Principal) -> asyncpg.Record:
    roster = await locked(DutyRoster, roster_id)
    _refuse_strange(roster["org_unit_id"], by)
    if roster["closed_at"] is not None:
        raise RosterClosed(f"It was closed at {roster['closed_at']:%Y-%m-%d}: {roster['closing_reason']}")
    return roster


def _refuse_strange(unit_id: UUID, by: Principal) -> None:
    if not by.covers(unit_id):
        raise NotYourRoster("The roster is of an org unit that is not under yours")


def _days(shifts: Sequence[NewShift], act: Act) -> dict[str, str]:
    first = min(shift.from_at for shift in shifts)
    return {"on": local_day(first, act.company.time_zone).isoformat(), "count": str(len(shifts))}


def _case(shift_id: UUID) -> Case:
    return Case(SHIFT, shift_id)


def _roster_case(roster_id: UUID) -> Case:
    return Case(ROSTER, roster_id)


async def _shift(verb: str, shift_id: UUID, act: Act) -> ShiftView:
    await noted(f"duty_shift.{verb}", act, subject=SHIFT, subject_id=shift_id, shown=0)
    return await SHIFTS.one(shift_id)


async def _done(verb: str, roster_id: UUID, act: Act) -> RosterView:
    await noted(f"duty_roster.{verb}", act, subject=ROSTER, subject_id=roster_id, shown=0)
    return await show(roster_id, act)
