"""How long the ledger keeps what has ended, and taking away what is older, a bounded batch at a time."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from guibin_tenants import settings
from guibin_tenants.refusals import FieldError, refuse
from guibin_tenants.scope import execute, fetch

from .actions import enqueue
from .kinds import Job, Run, handles

SETTING = "job_retention"
BATCH = 1_000


class JobRetention(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days for which ended jobs are kept. A job with a unique key is kept longer: as long as it is, its key is taken."""

    completed_days: int = 30
    dead_days: int = 180
    keyed_days: int = 400


class PruneLedger(Job, frozen=True):
    """Take away what has been kept long enough; what is more than a batch is the next job's."""


@handles(PruneLedger)
async def prune_ledger(job: PruneLedger, run: Run) -> None:
    """One batch in this transaction."""
    if await prune(await kept_for(), now=run.now) == BATCH:
        await enqueue(PruneLedger(), now=run.now)


async def kept_for() -> JobRetention:
    """The company's own figures, or the product's."""
    return await settings.read(SETTING, JobRetention, JobRetention())


async def keep_for(new: JobRetention) -> None:
    """Raises Invalid for less than a day, or a key kept shorter than its job."""
    problems = [
        FieldError(name, "1 to 3650 days", value=str(getattr(new, name)))
        for name in new.__struct_fields__
        if not 1 <= getattr(new, name) <= 3_650
    ]
    if new.keyed_days < new.completed_days:
        problems.append(FieldError("keyed_days", "not under completed_days", value=str(new.keyed_days)))
    refuse(problems)
    await settings.write(SETTING, new)


async def prune(kept: JobRetention, *, now: datetime, batch: int = BATCH) -> int:
    """Take away at most `batch` jobs with their attempts and ticks, and as many ticks without a job; how many jobs.

    The newest tick of each rhythm stays: the timetable counts from it.
    """
    job_ids = [row["id"] for row in await fetch(_OLD, *_horizons(kept, now), batch)]
    await _forget(job_ids)
    await execute(
        "delete from rhythm_tick where id in (select t.id from rhythm_tick t where t.job_id is null and t.tick_at < $1"
        f" and {_NOT_THE_NEWEST} limit $2)",
        now - timedelta(days=kept.completed_days),
        batch,
    )
    return len(job_ids)


_NOT_THE_NEWEST = (
    "exists (select from rhythm_tick n where n.tenant_id = t.tenant_id and n.name = t.name and n.tick_at > t.tick_at)"
)
_OLD = (
    "select id from job where ended_at < greatest($1::timestamptz, $2, $3)"
    " and ended_at < case when unique_key is not null and not key_until_end then least($3::timestamptz, $1)"
    " when outcome = 'dead' then $2::timestamptz else $1::timestamptz end"
    " and not exists (select from rhythm_tick t where t.tenant_id = job.tenant_id and t.job_id = job.id"
    f" and not {_NOT_THE_NEWEST}) order by ended_at, id limit $4 for update skip locked"
)


async def _forget(job_ids: list[UUID]) -> None:
    if not job_ids:
        return
    for statement in (
        "delete from job_attempt where job_id = any ($1::uuid[])",
        "delete from rhythm_tick where job_id = any ($1::uuid[])",
        "delete from job where id = any ($1::uuid[])",
    ):
        await execute(statement, job_ids)


def _horizons(kept: JobRetention, now: datetime) -> tuple[datetime, datetime, datetime]:
    completed, dead, keyed = (
        now - timedelta(days=days) for days in (kept.completed_days, kept.dead_days, kept.keyed_days)
    )
    return completed, dead, keyed
