"""Reading a tenant's own jobs."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.web.paging import Cursor
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one

JobState = Literal["scheduled", "ready", "paused", "handed", "running", "retrying", "completed", "dead", "cancelled"]

# What a job is doing, told by what its row holds. $1 is the tenant's now.
_STATE = """case
    when outcome is not null then outcome
    when lease_token is not null then 'running'
    when held_at is not null then 'paused'
    when handed_at is not null then 'handed'
    when run_at > $1::timestamptz and failures > 0 then 'retrying'
    when run_at > $1::timestamptz then 'scheduled'
    else 'ready' end"""
_JOB = (
    f"select id, kind, {_STATE} as state, priority, run_at, due_at, enqueued_at, started_at, ended_at, attempt,"
    " failures, error, error_at from job left join lateral (select a.error, a.error_at from job_attempt a"
    " where a.tenant_id = job.tenant_id and a.job_id = job.id and a.outcome <> 'completed'"
    " order by a.attempt desc limit 1) last on true"
)


class JobView(Struct, frozen=True):
    """A job: `attempt` begun and `failures` among them. What it works on is not shown here.

    `error` is the class of what the last failed attempt raised and `error_at` the line that raised it.
    """

    id: UUID
    kind: str
    state: JobState
    priority: int
    run_at: datetime
    due_at: datetime
    enqueued_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    attempt: int
    failures: int
    error: str | None
    error_at: str | None


class PauseView(Struct, frozen=True):
    """Jobs of this kind wait; of every kind when it is empty."""

    id: UUID
    kind: str
    reason: str
    paused_by_name: str
    paused_at: datetime
    waiting: int


class AttemptView(Struct, frozen=True):
    """How an attempt ended: `error` is the class of what was raised, `error_at` the line that raised it."""

    attempt: int
    started_at: datetime | None
    ended_at: datetime
    outcome: str
    error: str
    error_at: str


class JobWithAttempts(Struct, frozen=True):
    """A job and its attempts that have ended, first to last."""

    job: JobView
    attempts: list[AttemptView]


async def listed(
    *, state: JobState | None, kind: str | None, after: Cursor | None, limit: int, now: datetime
) -> list[JobView]:
    """The latest first."""
    rows = await fetch(
        f"select * from ({_JOB}) j where ($2::text is null or state = $2) and ($3::text is null or kind = $3)"
        " and ($4::timestamptz is null or (enqueued_at, id) < ($4, $5::uuid))"
        " order by enqueued_at desc, id desc limit $6",
        now,
        state,
        kind,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), JobView) for row in rows]


async def by_id(job_id: UUID, *, now: datetime) -> JobWithAttempts:
    """Raises NotFound."""
    row = await fetch_one(f"{_JOB} where id = $2", now, job_id)
    if row is None:
        raise NotFound(f"There is no job {job_id}")
    attempts = await fetch(
        "select attempt, started_at, ended_at, outcome, error, error_at from job_attempt where job_id = $1"
        " order by attempt",
        job_id,
    )
    return JobWithAttempts(
        msgspec.convert(dict(row), JobView), [msgspec.convert(dict(found), AttemptView) for found in attempts]
    )


async def pauses() -> list[PauseView]:
    """What is paused, and how many jobs wait because of it."""
    rows = await fetch(
        "select p.id, p.kind, p.reason, p.paused_by_name, p.paused_at, (select count(*) from job j"
        "   where j.tenant_id = p.tenant_id and j.ended_at is null and j.held_at is not null"
        "   and (p.kind = '' or j.kind = p.kind)) as waiting from job_pause p order by p.kind"
    )
    return [PauseView(**row) for row in rows]
