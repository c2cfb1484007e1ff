"""Jobs for tests: an effect that can be counted, failures, and jobs that end their process."""

import asyncio
import os
import signal
from uuid import UUID

from guibin.audit.actions import AuditNote, record
from guibin.jobs.kinds import Job, Run, handles
from guibin_tenants.scope import current_tenant, execute, fetch, fetch_value

ACTION = "test.effect"


class Effect(Job, frozen=True):
    """Leaves one audit entry. Takes `takes_s`; fails until attempt `fails_until`."""

    label: str = ""
    takes_s: float = 0.0
    fails_until: int = 0


class Patient(Job, frozen=True):
    """As Effect, with as many attempts as usual."""

    label: str
    fails_until: int = 0


class Poison(Job, frozen=True):
    """Kills the process that works on it."""


class Endless(Job, frozen=True):
    """Never ends by itself."""


class Renames(Job, frozen=True):
    """Changes a row of the company's."""


class KillOnce(Job, frozen=True):
    """Kills its process at the first attempt, `when` before or after its effect; then does it."""

    when: str


@handles(Effect, attempts_max=3)
async def effect(job: Effect, run: Run) -> None:
    assert current_tenant() == run.company.id
    await note(run, job.label)
    if job.takes_s:
        await asyncio.sleep(job.takes_s)
    if run.attempt <= job.fails_until:
        raise LookupError("a sentence that quotes 13800138000")


@handles(Patient)
async def patient(job: Patient, run: Run) -> None:
    await effect(Effect(label=job.label, fails_until=job.fails_until), run)


@handles(Poison, attempts_max=2)
async def poison(job: Poison, run: Run) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@handles(Endless, attempts_max=1, timeout_s=0.2)
async def endless(job: Endless, run: Run) -> None:
    await note(run, "endless")
    await asyncio.Event().wait()


@handles(Renames)
async def renames(job: Renames, run: Run) -> None:
    await execute("update org_unit set name = name || '.'")


@handles(KillOnce)
async def kill_once(job: KillOnce, run: Run) -> None:
    if job.when == "before effect" and run.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    await note(run, job.when)
    if job.when == "after effect" and run.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)


async def note(run: Run, label: str) -> None:
    """The effect: a row in the job's own transaction."""
    await record(AuditNote(action=ACTION, subject="job", subject_id=run.job_id, purpose=label), run)


async def effects() -> dict[UUID, int]:
    """How often each job had its effect. Inside the scope."""
    rows = await fetch("select subject_id, count(*) as n from audit_entry where action = $1 group by 1", ACTION)
    return {row["subject_id"]: row["n"] for row in rows}


async def labels() -> list[str]:
    """The effects in the order they were committed for. Inside the scope."""
    rows = await fetch("select purpose from audit_entry where action = $1 order by id", ACTION)
    return [row["purpose"] for row in rows]


async def unfinished(kind: str = "") -> int:
    """Jobs that have not ended, of this kind if one is given. Inside the scope."""
    found: int = await fetch_value(
        "select count(*) from job where ended_at is null and ($1::text = '' or kind = $1)", kind
    )
    return found
