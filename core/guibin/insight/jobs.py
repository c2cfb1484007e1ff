"""Background work of insight: closing periods, the week's sample, late measures, and deadlines told to people."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

import msgspec

from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned, MilestoneReached, reacts_to
from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice, notify
from guibin.notices.escalations import escalate
from guibin.tiers.days import local_day
from guibin_tenants import org_units
from guibin_tenants.scope import fetch_one

from . import measures, sampling
from .closes import close, unit_seen
from .complaints import complaint_statistics
from .counts import counted
from .figures import counts_of, figures_of
from .periods import last_ended, parse_period, week_of


class ClosePeriod(Job, frozen=True):
    """Freeze the figures of the week, month or year that has just ended (S07-28)."""

    span: Literal["week", "month", "year"]


class CloseUnit(Job, frozen=True):
    """Freeze one org unit's figures of a period."""

    period: str
    org_unit_id: UUID


class DrawSample(Job, frozen=True):
    """Draw from the complaints settled in the week before (S07-29)."""


class TellOverdueMeasures(Job, frozen=True):
    """Improvement measures that are late (S07-28)."""


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


@handles(DrawSample)
async def draw_sample(job: DrawSample, run: Run) -> None:
    """The week before the tick, in the company's zone."""
    zone = run.company.time_zone
    before = week_of((run.due_at or run.now) - timedelta(days=7), zone)
    await sampling.draw(run.policy.complaints, parse_period(before, zone), now=run.now)


@handles(TellOverdueMeasures)
async def tell_overdue_measures(job: TellOverdueMeasures, run: Run) -> None:
    """Once each."""
    await measures.tell_overdue(local_day(run.now, run.company.time_zone), now=run.now)


@reacts_to(DeadlineWarned, about="complaint")
async def tell_warning(event: DeadlineWarned, run: Run) -> None:
    """Whoever is responsible for a complaint hears before it is late (S07-16)."""
    await _tell("deadline_warned", event, run)


@reacts_to(DeadlineBreached, about="complaint")
async def tell_breach(event: DeadlineBreached, run: Run) -> None:
    """And that it is late."""
    await _tell("deadline_breached", event, run)


@reacts_to(DeadlineEscalated, about="complaint")
async def tell_escalation(event: DeadlineEscalated, run: Run) -> None:
    """The next role along the chain hears of it (S07-22)."""
    await _tell("deadline_escalated", event, run)


@reacts_to(MilestoneReached, about="complaint")
async def tell_success(event: MilestoneReached, run: Run) -> None:
    """Those whom policy wants to hear that a target was reached."""
    if event.roles:
        await _tell("milestone_reached", event, run)


async def _tell(kind: str, event: DeadlineWarned | MilestoneReached, run: Run) -> None:
    row = await fetch_one(
        "select number, customer_id, owner_id, handler_id, handler_unit_id from complaint where id = $1",
        event.subject_id,
    )
    if row is None:
        return
    notice = Notice(
        kind=kind,
        subject="complaint",
        subject_id=event.subject_id,
        customer_id=row["customer_id"],
        org_unit_id=row["handler_unit_id"],
        roles=event.roles,
        details={"number": row["number"]},
    )
    working = tuple({row["owner_id"], row["handler_id"] or row["owner_id"]})
    if isinstance(event, DeadlineEscalated):
        await escalate(notice, event, concerned=working, now=run.now)
        return
    if kind != "milestone_reached":
        notice = msgspec.structs.replace(notice, staff_ids=working)
    await notify(notice, key=f"{event.timer_id}/{event.generation}/{event.step}", now=run.now)
