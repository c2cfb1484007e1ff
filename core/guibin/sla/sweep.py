"""Firing what is due: one statement per sweep, which reads and locks the due timers and nothing else.

A step's row and the timer's next moment are written together, so a crash leaves either both or neither, and the key
(timer, generation, step) makes a second sweep at the same moment find nothing to do.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin import events
from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned
from guibin.jobs.relay import Relay
from guibin.watch import failpoints
from guibin_tenants.scope import fetch, fetch_value

SWEEP_LIMIT_MAX = 1_000


class Fired(Struct, frozen=True):
    """One step that has now happened. `due_at` is the moment it belongs to."""

    timer_id: UUID
    generation: int
    step: str
    kind: str
    roles: tuple[str, ...]
    due_at: datetime
    subject: str
    subject_id: UUID
    customer_id: UUID | None
    milestone: str


# The array keeps the update on the key: a join alone may read the whole table when much is due.
# $1 is the moment up to which steps fire, $2 the moment they are found, $3 the sweep's limit or one timer's id.
_FIRE = """
with due as (
    select tenant_id, id, generation, steps from timer {chosen}
), fired as (
    insert into timer_step (id, timer_id, generation, step, kind, roles, due_at, fired_at)
    select gen_random_uuid(), due.id, due.generation, s.name, s.kind, s.roles, s.at, $2
    from due, jsonb_to_recordset(due.steps) as s (name text, kind text, at timestamptz, roles jsonb)
    where s.at <= $1
    on conflict (tenant_id, timer_id, generation, step) do nothing
    returning timer_id, generation, step, kind, roles, due_at
), ahead as (
    select due.tenant_id, due.id,
        min(s.at) filter (where s.at > $1) as next_at,
        min(s.at) filter (where s.at <= $1 and s.kind = 'warning') as warned_at,
        min(s.at) filter (where s.at <= $1 and s.kind = 'breach') as breached_at
    from due left join lateral jsonb_to_recordset(due.steps) as s (kind text, at timestamptz) on true
    group by due.tenant_id, due.id
), moved as (
    update timer t set next_at = ahead.next_at,
        warned_at = coalesce(t.warned_at, ahead.warned_at),
        breached_at = coalesce(t.breached_at, ahead.breached_at)
    from ahead where t.tenant_id = ahead.tenant_id and t.id = ahead.id and t.id = any (array(select id from due))
    returning t.id, t.subject, t.subject_id, t.customer_id, t.milestone
)
select fired.timer_id, fired.generation, fired.step, fired.kind, fired.roles, fired.due_at,
    moved.subject, moved.subject_id, moved.customer_id, moved.milestone
from fired join moved on moved.id = fired.timer_id
order by fired.due_at, fired.timer_id, fired.step
"""
_SWEEP = _FIRE.format(chosen="where next_at <= $1 order by next_at limit $3 for update skip locked")
_ONE = _FIRE.format(chosen="where id = $3 and next_at <= $1 for update")


async def fire_due(now: datetime, *, limit: int = 200) -> list[Fired]:
    """Warn, breach and escalate what is due by `now`, at most `limit` timers; each step exactly once.

    Timers that another sweep is firing are skipped, not waited for. Call again until nothing comes back.
    """
    rows = await fetch(_SWEEP, now, now, min(limit, SWEEP_LIMIT_MAX))
    return await _announced(rows, now)


async def fire_one(timer_id: UUID, *, until: datetime, now: datetime) -> list[Fired]:
    """Fire what one timer owes up to `until`: whoever ends or moves a clock first settles what it had already done."""
    return await _announced(await fetch(_ONE, until, now, timer_id), now)


async def next_moment() -> datetime | None:
    """When the next timer falls due; None when none runs."""
    found: datetime | None = await fetch_value(
        "select next_at from timer where next_at is not null order by next_at limit 1"
    )
    return found


async def _announced(rows: Sequence[asyncpg.Record], now: datetime) -> list[Fired]:
    found = [_fired(row) for row in rows]
    if found:
        failpoints.reach("timers.fired")
        await events.record_all([_event(step) for step in found], now=now)
    return found


def _fired(row: asyncpg.Record) -> Fired:
    roles = msgspec.json.decode(row["roles"], type=tuple[str, ...])
    return Fired(
        row["timer_id"],
        row["generation"],
        row["step"],
        row["kind"],
        roles,
        row["due_at"],
        row["subject"],
        row["subject_id"],
        row["customer_id"],
        row["milestone"],
    )


def _event(step: Fired) -> DeadlineWarned | DeadlineBreached | DeadlineEscalated:
    kind = {"warning": DeadlineWarned, "breach": DeadlineBreached}.get(step.kind, DeadlineEscalated)
    return kind(
        timer_id=step.timer_id,
        subject=step.subject,
        subject_id=step.subject_id,
        milestone=step.milestone,
        generation=step.generation,
        step=step.step,
        roles=step.roles,
        due_at=step.due_at,
    )


async def companies_due(relay: Relay, now: datetime) -> list[UUID]:
    """Those that have a deadline step to fire."""
    whose = await relay.due_of("timer where next_at is not null", "next_at", now)
    if whose == []:
        return []
    rows = await relay.pool.fetch(
        "select t.id from tenant t where t.suspended_at is null and t.frozen_at is null and t.moving_to is null and not t.simulated and ($2::uuid[] is null or t.id = any ($2))"
        " and exists (select from timer where timer.tenant_id = t.id and next_at is not null and next_at <= $1)",
        now,
        whose,
    )
    return [row["id"] for row in rows]


async def overdue(relay: Relay, now: datetime) -> tuple[int, float]:
    """Over all companies that run on real time: how many timers have a step due and not fired, and for how many seconds the oldest has been."""
    row = await relay.pool.fetchrow(
        "select count(*) as n, coalesce(extract(epoch from $1 - min(next_at)), 0)::float8 as seconds"
        " from timer join tenant t on t.id = timer.tenant_id and not t.simulated and t.suspended_at is null and t.frozen_at is null and t.moving_to is null"
        " where next_at <= $1",
        now,
    )
    return row["n"], row["seconds"]
