"""Writing to the ledger, in the transaction of whatever business calls for it."""

from datetime import datetime
from uuid import UUID

import msgspec

from guibin_tenants.scope import execute
from guibin_tenants.tables import new_id

from .kinds import Job, kind_of

KEY_CHARS_MAX = 300


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
        " attempt, failures) values ($1, $2, $3, $4, $5, $5, $6, $7, $8, 0, 0)"
        " on conflict (tenant_id, unique_key) where unique_key is not null do nothing",
        job_id,
        kind,
        payload.decode(),
        priority,
        run_at or now,
        now,
        unique_key,
        while_pending,
    )
    return job_id if written else None
