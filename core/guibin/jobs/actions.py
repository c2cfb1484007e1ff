"""Writing to the ledger, in the transaction of whatever business calls for it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.watch.tracing import traceparent
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import execute, fetch, fetch_column
from guibin_tenants.tables import new_id

from .kinds import Job, kind_of
from .refusals import AlreadyEnded, NotWaiting
from .tables import LedgerJob

KEY_CHARS_MAX = 300
# All of them in one statement. The lock lets whoever takes a pause away wait for us, so that no job is held by a pause
# that is no more.
_WRITE = """
insert into job (id, kind, payload, priority, run_at, due_at, enqueued_at, unique_key, key_until_end, attempt, failures,
    traceparent, held_at)
select n.id, n.kind, n.payload::jsonb, n.priority, n.run_at, n.run_at, $1::timestamptz, n.unique_key, n.key_until_end,
    0, 0, $2, case when exists (select from job_pause where kind in ('', n.kind) for key share) then $1 end
from unnest($3::uuid[], $4::text[], $5::text[], $6::int[], $7::timestamptz[], $8::text[], $9::boolean[])
    as n (id, kind, payload, priority, run_at, unique_key, key_until_end)
on conflict (tenant_id, unique_key) where unique_key is not null do nothing
returning id
"""


class NewJob(Struct, frozen=True, kw_only=True):
    """A job to write down: its `payload` is JSON already. The rest is as in `enqueue`."""

    kind: str
    payload: bytes
    run_at: datetime | None = None
    unique_key: str | None = None
    while_pending: bool = False
    priority: int = 0


async def enqueue(
    job: Job,
    *,
    now: datetime,
    run_at: datetime | None = None,
    unique_key: str | None = None,
    while_pending: bool = False,
    priority: int = 0,
) -> UUID | None:
    """Have `job` done after this transaction commits, not before `run_at` (the tenant's clock); its id.

    With `unique_key`, None and nothing written when the tenant has a job with this key: ever, or with `while_pending`
    one that has not ended. Higher `priority` goes first among a tenant's own.
    """
    new = new_job(job, run_at=run_at, unique_key=unique_key, while_pending=while_pending, priority=priority)
    return next(iter(await write([new], now=now)), None)


def new_job(
    job: Job,
    *,
    run_at: datetime | None = None,
    unique_key: str | None = None,
    while_pending: bool = False,
    priority: int = 0,
) -> NewJob:
    """A payload and how it is to be done, for `write`."""
    return NewJob(
        kind=kind_of(type(job)),
        payload=msgspec.json.encode(job),
        run_at=run_at,
        unique_key=unique_key,
        while_pending=while_pending,
        priority=priority,
    )


async def write(jobs: Sequence[NewJob], *, now: datetime) -> tuple[UUID, ...]:
    """As `enqueue`, for many at once: the ids of those written, in order."""
    for job in jobs:
        if job.unique_key is not None and len(job.unique_key) > KEY_CHARS_MAX:
            raise ValueError(f"a unique key has at most {KEY_CHARS_MAX} characters: {job.kind}")
    if not jobs:
        return ()
    return tuple(
        await fetch_column(
            _WRITE,
            now,
            traceparent(),
            [new_id() for _ in jobs],
            [job.kind for job in jobs],
            [job.payload.decode() for job in jobs],
            [job.priority for job in jobs],
            [job.run_at or now for job in jobs],
            [job.unique_key for job in jobs],
            [job.while_pending for job in jobs],
        )
    )


async def retry(job_id: UUID, *, now: datetime) -> None:
    """Have a dead, cancelled or waiting job done now, with all its attempts before it. Raises NotFound, NotWaiting."""
    changed = await execute(
        "update job set ended_at = null, outcome = null, failures = 0, run_at = $2, handed_at = null, handed_by = null,"
        " held_at = case when exists (select from job_pause p where p.tenant_id = job.tenant_id"
        " and p.kind in ('', job.kind) for key share) then $2::timestamptz end"
        " where id = $1 and lease_token is null and (outcome is null or outcome <> 'completed')",
        job_id,
        now,
    )
    if not changed:
        await _refuse_missing(job_id)
        raise NotWaiting(f"Job {job_id} is running or completed: only one that waits, failed or was cancelled")


async def retry_dead(*, kind: str | None, limit: int, now: datetime) -> int:
    """Have dead letters done now, the oldest first, at most `limit`; how many."""
    rows = await fetch(
        "select id from job where outcome = 'dead' and ($1::text is null or kind = $1) order by ended_at, id limit $2",
        kind,
        limit,
    )
    for row in rows:
        await retry(row["id"], now=now)
    return len(rows)


async def cancel(job_id: UUID, *, now: datetime) -> None:
    """End a job without its effect, also one that is running: its attempt can no longer commit.

    Raises NotFound, AlreadyEnded.
    """
    changed = await execute(
        "update job set ended_at = $2, outcome = 'cancelled', lease_token = null, lease_until = null, held_at = null,"
        " unique_key = case when key_until_end then null else unique_key end where id = $1 and ended_at is null",
        job_id,
        now,
    )
    if not changed:
        await _refuse_missing(job_id)
        raise AlreadyEnded(f"Job {job_id} has ended")


async def _refuse_missing(job_id: UUID) -> None:
    if not await LedgerJob.exists().where(LedgerJob.id == job_id):
        raise NotFound(f"There is no job {job_id}")
