"""Writing to the ledger, in the transaction of whatever business calls for it."""

from datetime import datetime
from uuid import UUID

import msgspec

from guibin.tracing import traceparent
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import execute, fetch
from guibin_tenants.tables import new_id

from .kinds import Job, kind_of
from .refusals import AlreadyEnded, NotWaiting
from .tables import LedgerJob

KEY_CHARS_MAX = 300
# The lock lets whoever takes the pause away wait for us, so that no job is held by a pause that is no more.
_HELD = "case when exists (select from job_pause where kind in ('', $2) for key share) then $6::timestamptz end"


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
    return await write(
        kind_of(type(job)),
        msgspec.json.encode(job),
        now=now,
        run_at=run_at,
        unique_key=unique_key,
        while_pending=while_pending,
        priority=priority,
    )


async def write(
    kind: str,
    payload: bytes,
    *,
    now: datetime,
    run_at: datetime | None = None,
    unique_key: str | None = None,
    while_pending: bool = False,
    priority: int = 0,
) -> UUID | None:
    """As `enqueue`, for a payload that is JSON already."""
    if unique_key is not None and len(unique_key) > KEY_CHARS_MAX:
        raise ValueError(f"a unique key has at most {KEY_CHARS_MAX} characters: {kind}")
    job_id = new_id()
    written = await execute(
        "insert into job (id, kind, payload, priority, run_at, due_at, enqueued_at, unique_key, key_until_end,"
        f" attempt, failures, traceparent, held_at) values ($1, $2, $3, $4, $5, $5, $6, $7, $8, 0, 0, $9, {_HELD})"
        " on conflict (tenant_id, unique_key) where unique_key is not null do nothing",
        job_id,
        kind,
        payload.decode(),
        priority,
        run_at or now,
        now,
        unique_key,
        while_pending,
        traceparent(),
    )
    return job_id if written else None


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
