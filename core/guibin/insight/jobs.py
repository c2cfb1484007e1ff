"""Background work of insight: closing periods."""

from typing import Literal
from uuid import UUID

from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles
from guibin.periods.names import last_ended, parse_period
from guibin_tenants import org_units

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
    """Once: a period that is closed stays as it is."""
    zone = run.company.time_zone
    period = parse_period(job.period, zone)
    unit = await unit_seen(job.org_unit_id, by=run.by)
    await close("complaints", period, unit.id, await complaint_statistics(period, now=run.now), now=run.now)
    names = counts_of(figures_of(run.policy))
    counts = await counted(names, period, policy=run.policy, time_zone=zone, as_of=run.now)
    await close("counts", period, unit.id, counts, now=run.now)
