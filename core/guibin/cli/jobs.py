"""`guibin jobs`: a company's background work, seen and steered by the operator."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from guibin.audit.actions import noted
from guibin.jobs import actions, pauses, queries, retention
from guibin.jobs.pauses import NewPause
from guibin.jobs.queries import JobFilter, JobState, JobView
from guibin.jobs.retention import JobRetention
from guibin.web.listing import PageAsked
from guibin_tenants.refusals import Invalid

from . import environment
from .environment import Session
from .output import Json, Limit, answer_table, as_json, as_table, fields_of, out

app = App(name="jobs", help="List, show, retry, cancel, pause and resume a company's background jobs.")
Kind = Annotated[str, Parameter(help="Only this kind; every kind without it.")]


@app.command(name="list")
async def list_(
    slug: str, *, state: JobState | None = None, kind: Kind = "", limit: Limit = 50, json: Json = False
) -> None:
    """Jobs, the latest first; `--state dead` are those that were given up, each with its reason."""
    async with environment.inside(slug) as session:
        page = await queries.LISTED.page(JobFilter(state, kind or None), PageAsked(limit=limit), session.act)
    found = page.items
    rows = [(job.id, job.kind, job.state, job.attempt, job.failures, _short(job.due_at), _reason(job)) for job in found]
    heads = ("id", "kind", "state", "attempts", "failures", "due", "reason")
    answer_table(found, heads, rows, empty="No such job", json=json)


@app.command
async def show(slug: str, job: UUID, *, json: Json = False) -> None:
    """A job and how each attempt ended."""
    async with environment.inside(slug) as session:
        found = await queries.by_id(job, now=session.act.now)
    if json:
        as_json(found)
        return
    as_table(("", ""), fields_of(found.job), empty="")
    rows = [
        (a.attempt, _short(a.started_at), _short(a.ended_at), a.outcome, a.error, a.error_at) for a in found.attempts
    ]
    as_table(("attempt", "started", "ended", "outcome", "error", "where"), rows, empty="No attempt has ended")


@app.command
async def retry(
    slug: str, job: UUID | None = None, *, dead: bool = False, kind: Kind = "", limit: Limit = 1_000
) -> None:
    """Do a job again now; with `--dead` every dead letter, the oldest first, at most `--limit`."""
    if (job is None) != dead:
        raise Invalid.at("job", "a job's id, or --dead for all dead letters")
    async with environment.inside(slug) as session:
        now = session.act.now
        if job is not None:
            await actions.retry(job, now=now)
        count = 1 if job is not None else await actions.retry_dead(kind=kind or None, limit=limit, now=now)
        await _noted(session, "jobs.retry", kind or str(job or "dead"))
    out.print(f"{count} jobs will be tried again.")


@app.command
async def cancel(slug: str, job: UUID) -> None:
    """End a job without its effect, also one that is running."""
    async with environment.inside(slug) as session:
        await actions.cancel(job, now=session.act.now)
        await _noted(session, "jobs.cancel", str(job))
    out.print(f"Job {job} is cancelled.")


@app.command
async def pause(
    slug: str, *, because: Annotated[str, Parameter(help="Why, for whoever asks.")], kind: Kind = ""
) -> None:
    """Let the company's jobs of a kind wait, or all of them; what runs ends."""
    from guibin import timetable

    async with environment.inside(slug) as session:
        timetable.everything(session.packs)
        await pauses.pause(NewPause(reason=because, kind=kind), session.act)
        await _noted(session, "jobs.pause", because)
    out.print(f"{kind or 'Every kind'} of {slug} waits. `guibin jobs resume` lets it run again.")


@app.command
async def resume(slug: str, *, kind: Kind = "") -> None:
    """Take such a pause away."""
    async with environment.inside(slug) as session:
        found = next((one for one in await queries.pauses() if one.kind == kind), None)
        if found is None:
            raise Invalid.at("kind", "a kind that is paused", f"see guibin jobs pauses {slug}", kind)
        await _noted(session, "jobs.resume", kind)
        count = await pauses.resume(found.id)
    out.print(f"{count} jobs may run now.")


@app.command(name="pauses")
async def pauses_(slug: str, *, json: Json = False) -> None:
    """Which jobs wait, and why."""
    async with environment.inside(slug):
        found = await queries.pauses()
    rows = [(one.kind or "every kind", one.waiting, one.reason, one.paused_by_name, one.paused_at) for one in found]
    answer_table(found, ("kind", "waiting", "reason", "by", "since"), rows, empty="Nothing is paused", json=json)


@app.command
async def keep(
    slug: str,
    *,
    completed_days: int | None = None,
    dead_days: int | None = None,
    keyed_days: int | None = None,
    json: Json = False,
) -> None:
    """Show or change for how many days ended jobs are kept."""
    async with environment.inside(slug) as session:
        before = await retention.kept_for()
        kept = JobRetention(
            completed_days=before.completed_days if completed_days is None else completed_days,
            dead_days=before.dead_days if dead_days is None else dead_days,
            keyed_days=before.keyed_days if keyed_days is None else keyed_days,
        )
        if kept != before:
            await retention.keep_for(kept)
            await _noted(session, "jobs.retention", "")
    answer_table(kept, ("", "days"), fields_of(kept), json=json)


async def _noted(session: Session, action: str, purpose: str) -> None:
    await noted(action, session.act, subject="job", purpose=purpose, shown=0)


def _reason(job: JobView) -> str:
    return f"{job.error} at {job.error_at}" if job.error else ""


def _short(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ") if moment else ""
