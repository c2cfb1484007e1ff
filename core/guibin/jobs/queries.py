"""Reading a tenant's own jobs."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from guibin.web.listing import Listing, newest_first
from guibin_tenants.rows import many, read

from .ledger import AttemptOutcome

JobState = Literal["scheduled", "ready", "paused", "handed", "running", "retrying", "completed", "dead", "cancelled"]

# What a job is doing, told by what its row holds.
_STATE = """case
    when x.outcome is not null then x.outcome
    when x.lease_token is not null then 'running'
    when x.held_at is not null then 'paused'
    when x.handed_at is not null then 'handed'
    when x.run_at > $now::timestamptz and x.failures > 0 then 'retrying'
    when x.run_at > $now::timestamptz then 'scheduled'
    else 'ready' end"""


def waits(key: str) -> str:
    """SQL: whether the job of this unique key, an expression, has not ended yet."""
    return f"exists (select from job j where j.unique_key = {key} and j.ended_at is null)"


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
    outcome: AttemptOutcome
    error: str
    error_at: str


class JobWithAttempts(Struct, frozen=True):
    """A job and its attempts that have ended, first to last."""

    job: JobView
    attempts: list[AttemptView]


class JobFilter(Struct, frozen=True):
    """Which jobs."""

    state: Annotated[JobState | None, Meta(description="What it is doing.")] = None
    kind: Annotated[Annotated[str, Meta(max_length=120)] | None, Meta(description="Such as `sweep_timers`.")] = None


LISTED = Listing(
    view=JobView,
    source="job x left join lateral (select a.error, a.error_at from job_attempt a where a.tenant_id = x.tenant_id"
    " and a.job_id = x.id and a.outcome <> 'completed' order by a.attempt desc limit 1) last on true",
    columns={"state": _STATE, "error": "last.error", "error_at": "last.error_at"},
    filters={"state": f"{_STATE} = $value"},
    order=newest_first("x.enqueued_at"),
)


async def by_id(job_id: UUID, *, now: datetime) -> JobWithAttempts:
    """Raises NotFound."""
    job = await LISTED.one(job_id, now=now)
    return JobWithAttempts(job, await many(AttemptView, "from job_attempt where job_id = $1 order by attempt", job_id))


async def pauses() -> list[PauseView]:
    """What is paused, and how many jobs wait because of it."""
    return await read(
        PauseView,
        "select p.id, p.kind, p.reason, p.paused_by_name, p.paused_at, (select count(*) from job j"
        "   where j.tenant_id = p.tenant_id and j.ended_at is null and j.held_at is not null"
        "   and (p.kind = '' or j.kind = p.kind)) as waiting from job_pause p order by p.kind",
    )
