"""`guibin jobs`: a company's background work, seen and steered by the operator."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from guibin import timetable
from guibin.audit.actions import AuditNote, record
from guibin.jobs import actions, pauses, queries, retention
from guibin.jobs.pauses import NewPause
from guibin.jobs.queries import JobFilter, JobState, JobView, JobWithAttempts, PauseView
from guibin.jobs.retention import JobRetention
from guibin.web.listing import PageAsked
from guibin_tenants.refusals import FieldError, Invalid

from . import environment
from .environment import Session
from .output import Limit, as_json, as_table, out
from .tenants import Json

app = App(name="jobs", help="List, show, retry, cancel, pause and resume a company's background jobs.")
Kind = Annotated[str, Parameter(help="Only this kind; every kind without it.")]


@app.command(name="list")
def list_(slug: str, *, state: JobState | None = None, kind: Kind = "", limit: Limit = 50, json: Json = False) -> None:
    """Jobs, the latest first; `--state dead` are those that were given up, each with its reason."""
    found = asyncio.run(_listed(slug, state, kind, limit))
    if json:
        as_json(found)
        return
    rows = [(job.id, job.kind, job.state, job.attempt, job.failures, _short(job.due_at), _reason(job)) for job in found]
    as_table(("id", "kind", "state", "attempts", "failures", "due", "reason"), rows, empty="No such job")


@app.command
def show(slug: str, job: UUID, *, json: Json = False) -> None:
    """A job and how each attempt ended."""
    found = asyncio.run(_shown(slug, job))
    if json:
        as_json(found)
        return
    as_table(("", ""), [(name, getattr(found.job, name)) for name in found.job.__struct_fields__], empty="")
    rows = [
        (a.attempt, _short(a.started_at), _short(a.ended_at), a.outcome, a.error, a.error_at) for a in found.attempts
    ]
    as_table(("attempt", "started", "ended", "outcome", "error", "where"), rows, empty="No attempt has ended")


@app.command
def retry(slug: str, job: UUID | None = None, *, dead: bool = False, kind: Kind = "", limit: Limit = 1_000) -> None:
    """Do a job again now; with `--dead` every dead letter, the oldest first, at most `--limit`."""
    if (job is None) != dead:
        raise Invalid(fields=(FieldError("job", "a job's id, or --dead for all dead letters"),))
    out.print(f"{asyncio.run(_retried(slug, job, kind, limit))} jobs will be tried again.")


@app.command
def cancel(slug: str, job: UUID) -> None:
    """End a job without its effect, also one that is running."""
    asyncio.run(_cancelled(slug, job))
    out.print(f"Job {job} is cancelled.")


@app.command
def pause(slug: str, *, because: Annotated[str, Parameter(help="Why, for whoever asks.")], kind: Kind = "") -> None:
    """Let the company's jobs of a kind wait, or all of them; what runs ends."""
    asyncio.run(_paused(slug, NewPause(reason=because, kind=kind)))
    out.print(f"{kind or 'Every kind'} of {slug} waits. `guibin jobs resume` lets it run again.")


@app.command
def resume(slug: str, *, kind: Kind = "") -> None:
    """Take such a pause away."""
    out.print(f"{asyncio.run(_resumed(slug, kind))} jobs may run now.")


@app.command(name="pauses")
def pauses_(slug: str, *, json: Json = False) -> None:
    """Which jobs wait, and why."""
    found = asyncio.run(_pauses(slug))
    if json:
        as_json(found)
        return
    rows = [(one.kind or "every kind", one.waiting, one.reason, one.paused_by_name, one.paused_at) for one in found]
    as_table(("kind", "waiting", "reason", "by", "since"), rows, empty="Nothing is paused")


@app.command
def keep(
    slug: str,
    *,
    completed_days: int | None = None,
    dead_days: int | None = None,
    keyed_days: int | None = None,
    json: Json = False,
) -> None:
    """Show or change for how many days ended jobs are kept."""
    kept = asyncio.run(_kept(slug, completed_days, dead_days, keyed_days))
    if json:
        as_json(kept)
    else:
        as_table(("", "days"), [(name, getattr(kept, name)) for name in kept.__struct_fields__], empty="")


async def _listed(slug: str, state: JobState | None, kind: str, limit: int) -> list[JobView]:
    async with environment.inside(slug) as session:
        page = await queries.LISTED.page(JobFilter(state, kind or None), PageAsked(limit=limit), session.act)
        return page.items


async def _shown(slug: str, job: UUID) -> JobWithAttempts:
    async with environment.inside(slug) as session:
        return await queries.by_id(job, now=session.act.now)


async def _retried(slug: str, job: UUID | None, kind: str, limit: int) -> int:
    async with environment.inside(slug) as session:
        now = session.act.now
        if job is not None:
            await actions.retry(job, now=now)
        count = 1 if job is not None else await actions.retry_dead(kind=kind or None, limit=limit, now=now)
        await _noted(session, "jobs.retry", kind or str(job or "dead"))
        return count


async def _cancelled(slug: str, job: UUID) -> None:
    async with environment.inside(slug) as session:
        await actions.cancel(job, now=session.act.now)
        await _noted(session, "jobs.cancel", str(job))


async def _paused(slug: str, new: NewPause) -> None:
    async with environment.inside(slug) as session:
        timetable.everything(session.packs)
        await pauses.pause(new, session.act)
        await _noted(session, "jobs.pause", new.reason)


async def _resumed(slug: str, kind: str) -> int:
    async with environment.inside(slug) as session:
        found = next((one for one in await queries.pauses() if one.kind == kind), None)
        if found is None:
            raise Invalid(fields=(FieldError("kind", "a kind that is paused", f"see guibin jobs pauses {slug}", kind),))
        await _noted(session, "jobs.resume", kind)
        return await pauses.resume(found.id)


async def _pauses(slug: str) -> list[PauseView]:
    async with environment.inside(slug):
        return await queries.pauses()


async def _kept(slug: str, completed: int | None, dead: int | None, keyed: int | None) -> JobRetention:
    async with environment.inside(slug) as session:
        before = await retention.kept_for()
        after = JobRetention(
            completed_days=before.completed_days if completed is None else completed,
            dead_days=before.dead_days if dead is None else dead,
            keyed_days=before.keyed_days if keyed is None else keyed,
        )
        if after != before:
            await retention.keep_for(after)
            await _noted(session, "jobs.retention", "")
        return after


async def _noted(session: Session, action: str, purpose: str) -> None:
    note = AuditNote(action=action, subject="job", purpose=purpose, shown=0)
    await record(note, session.act)


def _reason(job: JobView) -> str:
    return f"{job.error} at {job.error_at}" if job.error else ""


def _short(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ") if moment else ""
