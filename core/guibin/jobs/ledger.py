"""One attempt at a job, as rows: taken under a lease, kept alive, and ended exactly once.

Every statement names the lease's token: whoever lost the lease changes nothing. Leases are measured by PostgreSQL's
own clock, so that machines whose clocks differ agree about them.
"""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.context import Company
from guibin_tenants.rows import read
from guibin_tenants.scope import execute, fetch_one
from guibin_tenants.settings import SIMULATED_CLOCK
from guibin_tenants.tables import new_id

AttemptOutcome = Literal["completed", "failed", "lost", "interrupted"]

# SQL: no lease holds any longer, and how many are being done now.
LET_GO = "update job set lease_until = null where lease_until is not null"
RUNNING = "select count(*) from job where lease_until > clock_timestamp()"


class LeaseLost(Exception):
    """The attempt no longer holds the job: it was cancelled, or taken for dead and given to another worker."""


class Taken(Struct, frozen=True):
    """An attempt that holds the job's lease, begun at the company's `started_at`."""

    company: Company
    job_id: UUID
    token: UUID
    kind: str
    payload: str
    attempt: int
    failures: int
    run_at: datetime
    due_at: datetime
    started_at: datetime
    traceparent: str


class Failure(Struct, frozen=True):
    """How an attempt ended without its effect, and what follows: another after `pause`, or none (`dead`)."""

    outcome: AttemptOutcome
    pause: timedelta
    dead: bool = False
    error: str = ""
    error_at: str = ""


_PAUSE = "select from job_pause p where p.tenant_id = job.tenant_id and p.kind in ('', job.kind)"


# A simulated company's clock stands in its settings.
_TAKE = f"""
update job set lease_token = $3, lease_until = clock_timestamp() + $4 * interval '1 second', attempt = attempt + 1,
    started_at = coalesce(case when t.simulated then (select (s.value #>> '{{}}')::timestamptz from tenant_setting s
        where s.tenant_id = t.id and s.name = '{SIMULATED_CLOCK}') end, $5),
    handed_at = coalesce(handed_at, clock_timestamp()), handed_by = $6
from tenant t
where job.id = $1 and t.id = job.tenant_id and t.suspended_at is null and t.frozen_at is null and attempt = $2 and lease_token is null
    and ended_at is null and held_at is null and not exists ({_PAUSE})
returning kind, payload, attempt, failures, run_at, due_at, started_at, traceparent,
    t.id as company_id, t.slug, t.packs, t.time_zone, t.language, t.simulated
"""


async def take(job_id: UUID, *, attempt: int, worker: UUID, lease_s: float, now: datetime) -> Taken | None:
    """Begin the attempt after `attempt` others; None when somebody else did, the job has ended, its kind stands, or its
    company is suspended or frozen.
    """
    token = new_id()
    row = await fetch_one(_TAKE, job_id, attempt, token, lease_s, now, worker)
    if row is None:
        return None
    return Taken(
        company=Company(
            row["company_id"], row["slug"], tuple(row["packs"]), row["time_zone"], row["language"], row["simulated"]
        ),
        job_id=job_id,
        token=token,
        kind=row["kind"],
        payload=row["payload"],
        attempt=row["attempt"],
        failures=row["failures"],
        run_at=row["run_at"],
        due_at=row["due_at"],
        started_at=row["started_at"],
        traceparent=row["traceparent"],
    )


async def hold_if_paused(job_id: UUID, *, now: datetime) -> bool:
    """Let a job that was on its way when its kind was paused wait with the others; whether that was so."""
    return (
        await execute(
            "update job set held_at = $2, handed_at = null, handed_by = null"
            f" where id = $1 and lease_token is null and ended_at is null and held_at is null and exists ({_PAUSE})",
            job_id,
            now,
        )
        == 1
    )


async def extend(job_id: UUID, token: UUID, *, lease_s: float) -> bool:
    """Keep the lease for `lease_s` from now; False when it is lost."""
    return (
        await execute(
            "update job set lease_until = clock_timestamp() + $3 * interval '1 second'"
            " where id = $1 and lease_token = $2 and ended_at is null",
            job_id,
            token,
            lease_s,
        )
        == 1
    )


async def complete(taken: Taken, *, now: datetime) -> None:
    """End the job in the transaction that holds its effect. Raises LeaseLost, which undoes both."""
    ended = await execute(
        "with ended as (update job set ended_at = $3::timestamptz, outcome = 'completed',"
        " lease_token = null, lease_until = null,"
        " unique_key = case when key_until_end then null else unique_key end"
        " where id = $1 and lease_token = $2 and ended_at is null returning id, attempt, handed_by, started_at)"
        " insert into job_attempt (id, job_id, attempt, worker, started_at, ended_at, outcome, error, error_at)"
        " select gen_random_uuid(), id, attempt, handed_by, started_at, $3, 'completed', '', '' from ended",
        taken.job_id,
        taken.token,
        now,
    )
    if not ended:
        raise LeaseLost(f"job {taken.job_id}, attempt {taken.attempt}")


async def fail(job_id: UUID, token: UUID, failure: Failure, *, now: datetime) -> bool:
    """Record the attempt and let the job wait, or end it as a dead letter; False when the lease is lost.

    An interrupted attempt is not the job's fault and counts as no failure.
    """
    return (
        await execute(
            "with ended as (update job set lease_token = null, lease_until = null, handed_at = null, handed_by = null,"
            " failures = failures + case when $4::text = 'interrupted' then 0 else 1 end,"
            " run_at = $3::timestamptz + $5::interval,"
            " ended_at = case when $6::boolean then $3::timestamptz end, outcome = case when $6 then 'dead' end,"
            " unique_key = case when $6 and key_until_end then null else unique_key end"
            " from (select tenant_id as owner, handed_by as worker from job where id = $1) before"
            " where tenant_id = before.owner and id = $1 and lease_token = $2 and ended_at is null"
            " returning id, attempt, before.worker, started_at)"
            " insert into job_attempt (id, job_id, attempt, worker, started_at, ended_at, outcome, error, error_at)"
            " select gen_random_uuid(), id, attempt, worker, started_at, $3, $4::text, $7::text, $8::text from ended",
            job_id,
            token,
            now,
            failure.outcome,
            failure.pause,
            failure.dead,
            failure.error[:200],
            failure.error_at[:200],
        )
        == 1
    )


class Expired(Struct, frozen=True):
    """An attempt whose worker has not been heard of for the length of its lease."""

    job_id: UUID
    token: UUID
    kind: str
    failures: int


async def expired(job_ids: list[UUID]) -> list[Expired]:
    """Which of these have an expired lease; they stay locked, those that another process locked are left out."""
    return await read(
        Expired,
        "select id as job_id, lease_token as token, kind, failures from job"
        " where id = any ($1::uuid[]) and ended_at is null and lease_until < clock_timestamp()"
        " order by id for update skip locked",
        job_ids,
    )
