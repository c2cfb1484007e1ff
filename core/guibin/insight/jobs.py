"""Background work of insight: closing periods."""

from typing import Literal
from uuid import UUID

from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles
from guibin.periods.names import last_ended, parse_period
from guibin_tenants import org_units

from . import posting
from .actions import close, unit_seen
from .complaints import complaint_statistics
from .counts import counted
from .figures import counts_of, figures_of


class ClosePeriod(Job, frozen=True):
    """Freeze the figures of the week, month or year that has just ended (S07-28)."""

    span: Literal["week", "month", "year"]


class CloseUnit(Job, frozen=True):
    """Freeze one org unit's figures of a period."""

    period: str
    org_unit_id: UUID


class MailReport(Job, frozen=True):
    """Mail somebody the report of a period that they subscribed to."""

    subscription_id: UUID
    period: str


@handles(ClosePeriod)
async def close_period(job: ClosePeriod, run: Run) -> None:
    """A job for every org unit, each its own transaction behind its own wall. The year is closed with its December."""
    tick = run.due_at or run.now
    period = last_ended(job.span, tick, run.company.time_zone)
    names = [period.name]
    if job.span == "month" and period.name.endswith("-12"):
        names.append(period.name[:4])
    for unit in await org_units.all_units():
        for name in names:
            await enqueue(CloseUnit(name, unit.id), now=run.now, unique_key=f"close/{name}/{unit.id}")


@handles(CloseUnit)
async def close_unit(job: CloseUnit, run: Run) -> None:
    """Once: a period that is closed stays as it is. Who gets its reports by mail is sent them once that is written."""
    zone = run.company.time_zone
    period = parse_period(job.period, zone)
    # Who gets them may stand above the unit: before the scope is narrowed to it.
    for subscription_id in await posting.due(period, job.org_unit_id):
        key = f"mail-report/{period.name}/{subscription_id}"
        await enqueue(MailReport(subscription_id, period.name), now=run.now, unique_key=key)
    unit = await unit_seen(job.org_unit_id, by=run.by)
    await close("complaints", period, unit.id, await complaint_statistics(period, now=run.now), now=run.now)
    names = counts_of(figures_of(run.policy))
    counts = await counted(names, period, policy=run.policy, time_zone=zone, as_of=run.now)
    await close("counts", period, unit.id, counts, now=run.now)


@handles(MailReport)
async def mail_report(job: MailReport, run: Run) -> None:
    """Once for each period, whatever is repeated."""
    await posting.mail(job.subscription_id, parse_period(job.period, run.company.time_zone), run)
