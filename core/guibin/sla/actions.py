"""Starting, pausing, moving and ending timers. Whoever changes a clock first settles what it had already done.

Every change keeps the time already spent: a deadline is recomputed from the same start with the same pauses.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin import events
from guibin.cases import Case
from guibin.events import MilestoneReached
from guibin.policies.queries import version_at
from guibin.policy.terms import Terms
from guibin_tenants.principals import Signature
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import add_all
from guibin_tenants.scope import execute, fetch, fetch_column, fetch_one
from guibin_tenants.tables import new_id
from guibin_tenants.walls import unit_of

from . import calendars
from .calendars import CalendarInForce
from .plans import ClockRecord, Plan, paused, planned, resumed, without_burst
from .sweep import fire_one
from .tables import Timer


class NewTimer(Struct, frozen=True):
    """A deadline to start. Of a milestone that recurs one runs at a time.

    With `late_at` it starts in the past, and what that left behind is told once.
    """

    case: Case
    milestone: str
    terms: Terms
    started_at: datetime
    occurrence: int = 1
    late_at: datetime | None = None


class Moved(Struct, frozen=True):
    """The deadline before and after a change."""

    due_before: datetime
    due_after: datetime


class Ended(Struct, frozen=True):
    """Met means ended by the deadline, whenever anybody looked."""

    met: bool
    due_at: datetime
    reached: MilestoneReached


async def start(new: NewTimer) -> Plan:
    """Start a deadline, at the moment and under the terms that `new` says; answers with its warning, due and escalation moments, in UTC."""
    return (await start_all([new]))[0]


async def start_all(several: Sequence[NewTimer]) -> list[Plan]:
    """As `start`, for several at once, in order."""
    counting: dict[tuple[str, UUID | None], CalendarInForce] = {}
    begun: list[tuple[NewTimer, ClockRecord, Plan]] = []
    for new in several:
        key = (new.terms.calendar, new.case.customer_id)
        if key not in counting:
            counting[key] = await calendars.counting(*key)
        begun.append((new, *_begun(new, counting[key])))
    rows = [
        {
            "subject": new.case.subject,
            "subject_id": new.case.id,
            "customer_id": new.case.customer_id,
            "milestone": new.milestone,
            "occurrence": new.occurrence,
            "clock": record,
            "steps": plan.steps,
            "started_at": new.started_at,
            "warn_at": plan.warn_at,
            "due_at": plan.due_at,
            "next_at": plan.steps[0].at,
            "provisional": plan.provisional,
            "policy_version": await version_at(new.late_at or new.started_at),
        }
        for new, record, plan in begun
    ]
    await add_all(Timer, None, rows)
    return [plan for _, _, plan in begun]


async def pause(subject_id: UUID, milestone: str, act: Signature) -> None:
    """Stop the clock; nothing fires until it is resumed. A clock that stands stays as it is."""
    timer = await _open_timer(subject_id, milestone, now=act.now)
    if timer["paused_at"] is not None:
        return
    record = paused(_record(timer), act.now)
    await execute(
        "update timer set clock = $2::jsonb, paused_at = $3, next_at = null, version = version + 1 where id = $1",
        timer["id"],
        _json(record),
        act.now,
    )
    await _log(timer, "pause", timer["due_at"], timer["generation"], act)


async def resume(subject_id: UUID, milestone: str, act: Signature) -> Moved:
    """Let the clock run on; the deadline moves by the working time it stood."""
    timer = await _open_timer(subject_id, milestone, now=act.now)
    return await _move(timer, resumed(_record(timer), act.now), "resume", act)


async def relimit(subject_id: UUID, milestone: str, act: Signature, *, terms: Terms, reason: str = "level") -> Moved:
    """Give the clock another limit, from the same start with the same pauses: another level, another tier."""
    timer = await _open_timer(subject_id, milestone, now=act.now)
    before = _record(timer)
    calendar = await calendars.counting(terms.calendar, timer["customer_id"])
    after = _counted_by(calendar, msgspec.structs.replace(before, terms=terms))
    version = await version_at(act.now)
    await execute("update timer set policy_version = $2 where id = $1", timer["id"], version)
    return await _move(timer, after, reason, act, anew=True)


async def restart(subject_id: UUID, milestone: str, act: Signature, *, started_at: datetime) -> Moved:
    """Count from another moment: the same matter turned out to have arrived before."""
    timer = await _open_timer(subject_id, milestone, now=act.now)
    after = msgspec.structs.replace(_record(timer), started_at=started_at)
    return await _move(timer, after, "start", act, anew=True)


async def complete(subject_id: UUID, milestone: str, *, at: datetime, now: datetime) -> Ended:
    """The milestone is reached. What fell due before `at` has happened even if no sweep came by; at its very deadline it
    is still met, even if a sweep was there in the same moment.

    Reached late it is reached all the same and said so. A sequential one is followed by the next.
    """
    ended = await complete_if_any(subject_id, milestone, at=at, now=now)
    if ended is None:
        raise _not_running(subject_id, milestone)
    return ended


async def end(running: Sequence[asyncpg.Record], *, at: datetime, now: datetime, last: bool = False) -> list[Ended]:
    """As `complete`, for the rows of timers that run and are locked, in one statement and in order; the caller records
    what was reached. After the `last` of a sequence nothing follows.
    """
    if not running:
        return []
    timers = [await _settled(timer, now=at - _MOMENT) for timer in running]
    late = [timer["breached_at"] is not None and timer["breached_at"] < at for timer in timers]
    told = [_record(timer).terms.told_of_success for timer in timers]
    rows = await fetch(
        _REACHED,
        [timer["id"] for timer in timers],
        late,
        [new_id() for _ in timers],
        [_json(roles) for roles in told],
        at,
        now,
    )
    steps = {row["timer_id"]: row["step"] for row in rows}
    if not last:
        await start_all([_following(timer, at=at, now=now) for timer in timers if _recurs(timer)])
    return [
        _ended(timer, steps[timer["id"]], roles, at=at, met=not was_late and at <= timer["due_at"])
        for timer, was_late, roles in zip(timers, late, told, strict=True)
    ]


async def complete_if_any(subject_id: UUID, milestone: str, *, at: datetime, now: datetime) -> Ended | None:
    """End the timer of the milestone that runs for the subject, reached at `at`; None where none runs, so that it may be asked twice."""
    ended = await end(await fetch(_RUNNING, subject_id, milestone), at=at, now=now)
    await events.record_all([each.reached for each in ended], now=now)
    return ended[0] if ended else None


async def reopen(subject_id: UUID, milestone: str, act: Signature) -> Moved:
    """Let a completed clock run on where it stood: the time since its completion counts as a pause."""
    timer = await fetch_one(f"{_TIMER} and completed_at is not null {_LATEST} for update", subject_id, milestone)
    if timer is None:
        raise NotFound(f"There is no completed deadline {milestone} of {subject_id}")
    since = paused(_record(timer), timer["completed_at"])
    await execute("update timer set completed_at = null where id = $1", timer["id"])
    return await _move(timer, resumed(since, act.now), "reopen", act)


async def cancel(subject_id: UUID, milestone: str, *, now: datetime) -> None:
    """End a deadline that no longer means anything; a step of it that comes late is not fired."""
    await execute(
        "update timer set cancelled_at = $3, next_at = null, version = version + 1 where subject_id = $1"
        " and milestone = $2 and completed_at is null and cancelled_at is null",
        subject_id,
        milestone,
        now,
    )


async def recompute(calendar_name: str, act: Signature) -> int:
    """After a new version of a calendar: recompute the deadlines that run by it, and log each; how many moved.

    Ended deadlines keep the calendar they ended under.
    """
    newest = await calendars.in_force(calendar_name)
    rows = await fetch(
        "select * from timer where completed_at is null and cancelled_at is null"
        f" and {_COUNTS_BY} = $1 order by id for update",
        calendar_name,
    )
    return sum([await _count_by(newest, timer, "calendar", act) for timer in rows])


async def keep_hours(customer_ids: Sequence[UUID] | None, act: Signature) -> int:
    """After these customers, or anybody's with None, came under other hours: the deadlines that run about them count by
    the calendar of the org unit they are in now; how many moved.
    """
    rows = await fetch(
        f"select t.*, {unit_of('customer', 't.customer_id')} as org_unit_id, {_COUNTS_BY} as counts_by from timer t"
        " where t.customer_id is not null and t.completed_at is null and t.cancelled_at is null and t.clock -> 'terms' ->> 'calendar' <> $2"
        # Where no unit has hours of its own, none is read and none is locked.
        " and (t.clock ->> 'own_calendar' <> '' or exists (select from unit_calendar))"
        " and ($1::uuid[] is null or t.customer_id = any ($1)) order by t.id for update of t",
        list(customer_ids) if customer_ids is not None else None,
        calendars.ALWAYS,
    )
    known: dict[tuple[str, UUID], CalendarInForce] = {}
    moved = 0
    for timer in rows:
        name, unit_id = _record(timer).terms.calendar, timer["org_unit_id"]
        if (name, unit_id) not in known:
            known[name, unit_id] = await calendars.counting(name, timer["customer_id"])
        calendar = known[name, unit_id]
        if calendar.calendar.name != timer["counts_by"]:
            moved += await _count_by(calendar, timer, "hours", act)
    return moved


# The finest difference PostgreSQL keeps.
_MOMENT = timedelta(microseconds=1)
_TIMER = "select * from timer where subject_id = $1 and milestone = $2"
_RUNNING = f"{_TIMER} and completed_at is null and cancelled_at is null for update"
_LATEST = " order by occurrence desc limit 1"
# Written down once each time it is reached.
_REACHED = """
with reached as (
    update timer t set completed_at = $5, next_at = null, paused_at = null, version = version + 1,
        breached_at = case when e.late then breached_at end
    from unnest($1::uuid[], $2::boolean[], $3::uuid[], $4::text[]) as e (id, late, step_id, roles) where t.id = e.id
    returning t.tenant_id, t.id, t.generation, e.step_id, e.roles
)
insert into timer_step (id, timer_id, generation, step, kind, roles, due_at, fired_at)
select r.step_id, r.id, r.generation, 'success' || case when s.n = 0 then '' else ':' || s.n + 1 end, 'success',
    r.roles::jsonb, $5, $6
from reached r, lateral (select count(*) as n from timer_step e where e.tenant_id = r.tenant_id and e.timer_id = r.id
    and e.kind = 'success') s
returning timer_id, step
"""
_COUNTS_BY = "coalesce(nullif(clock ->> 'own_calendar', ''), clock -> 'terms' ->> 'calendar')"


def _not_running(subject_id: UUID, milestone: str) -> NotFound:
    return NotFound(f"No deadline {milestone} runs for {subject_id}")


async def _open_timer(subject_id: UUID, milestone: str, *, now: datetime) -> asyncpg.Record:
    timer = await fetch_one(_RUNNING, subject_id, milestone)
    if timer is None:
        raise _not_running(subject_id, milestone)
    return await _settled(timer, now=now)


async def _settled(timer: asyncpg.Record, *, now: datetime) -> asyncpg.Record:
    """The timer once everything it owed up to now has happened."""
    if timer["next_at"] is None or timer["next_at"] > now:
        return timer
    await fire_one(timer["id"], until=now, now=now)
    return await fetch_one("select * from timer where id = $1", timer["id"]) or timer


async def _count_by(calendar: CalendarInForce, timer: asyncpg.Record, reason: str, act: Signature) -> bool:
    """Count by this calendar from now on; whether the deadline moved."""
    timer = await _settled(timer, now=act.now)
    change = await _move(timer, _counted_by(calendar, _record(timer)), reason, act)
    return change.due_before != change.due_after


async def _move(
    timer: asyncpg.Record, record: ClockRecord, reason: str, act: Signature, *, anew: bool = False
) -> Moved:
    """Write the clock and what follows from it. `anew` begins a generation, whose steps may happen once more."""
    calendar = await calendars.in_force(record.counts_by)
    plan = without_burst(planned(record, calendar.calendar), now=act.now, breached=timer["breached_at"] is not None)
    stands = any(span.until is None for span in record.pauses)
    generation = timer["generation"] + anew
    next_at = None if stands or not plan.steps else await _first_unfired(timer["id"], generation, plan)
    await execute(
        "update timer set clock = $2::jsonb, steps = $3::jsonb, started_at = $4, warn_at = $5, due_at = $6,"
        " next_at = $7, paused_at = $8, generation = $9, provisional = $10, version = version + 1 where id = $1",
        timer["id"],
        _json(record),
        _json(plan.steps),
        record.started_at,
        plan.warn_at,
        plan.due_at,
        next_at,
        timer["paused_at"] if stands else None,
        generation,
        plan.provisional,
    )
    await _log(timer, reason, plan.due_at, generation, act)
    return Moved(timer["due_at"], plan.due_at)


def _recurs(timer: asyncpg.Record) -> bool:
    return _record(timer).terms.recurrence == "sequential"


def _following(timer: asyncpg.Record, *, at: datetime, now: datetime) -> NewTimer:
    """The next of a sequence counts from the target before; from the end of one that was late."""
    return NewTimer(
        Case(timer["subject"], timer["subject_id"], timer["customer_id"]),
        timer["milestone"],
        _record(timer).terms,
        max(at, timer["due_at"]),
        occurrence=timer["occurrence"] + 1,
        late_at=now,
    )


def _ended(timer: asyncpg.Record, step: str, roles: tuple[str, ...], *, at: datetime, met: bool) -> Ended:
    reached = MilestoneReached(
        timer_id=timer["id"],
        subject=timer["subject"],
        subject_id=timer["subject_id"],
        milestone=timer["milestone"],
        generation=timer["generation"],
        step=step,
        roles=roles,
        reached_at=at,
        in_time=met,
    )
    return Ended(met, timer["due_at"], reached)


async def _first_unfired(timer_id: UUID, generation: int, plan: Plan) -> datetime | None:
    fired = set(
        await fetch_column("select step from timer_step where timer_id = $1 and generation = $2", timer_id, generation)
    )
    return min((step.at for step in plan.steps if step.name not in fired), default=None)


async def _log(timer: asyncpg.Record, reason: str, due_after: datetime, generation: int, act: Signature) -> None:
    await execute(
        "insert into timer_change (id, timer_id, reason, generation, due_before, due_after, clock_before, changed_by,"
        " changed_by_name, changed_at) values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10)",
        new_id(),
        timer["id"],
        reason,
        generation,
        timer["due_at"],
        due_after,
        timer["clock"],
        act.by.id,
        act.by.name,
        act.now,
    )


def _begun(new: NewTimer, calendar: CalendarInForce) -> tuple[ClockRecord, Plan]:
    record = _counted_by(
        calendar, ClockRecord(terms=new.terms, calendar_version=calendar.version, started_at=new.started_at)
    )
    plan = planned(record, calendar.calendar)
    return record, plan if new.late_at is None else without_burst(plan, now=new.late_at, breached=False)


def _counted_by(calendar: CalendarInForce, record: ClockRecord) -> ClockRecord:
    name = calendar.calendar.name
    own = name if name != record.terms.calendar else ""
    return msgspec.structs.replace(record, calendar_version=calendar.version, own_calendar=own)


def _record(timer: asyncpg.Record) -> ClockRecord:
    return msgspec.json.decode(timer["clock"], type=ClockRecord)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
