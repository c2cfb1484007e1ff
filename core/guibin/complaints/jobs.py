"""Background work of complaints: the week's sample, late measures, and deadlines told to people."""

from datetime import timedelta

import msgspec

from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned, MilestoneReached, reacts_to
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice, notify
from guibin.notices.escalations import escalate
from guibin.periods.days import local_day
from guibin.periods.names import parse_period, week_of
from guibin_tenants.scope import fetch_one

from . import measures, sampling


class DrawSample(Job, frozen=True):
    """Draw from the complaints settled in the week before (S07-29)."""


class TellOverdueMeasures(Job, frozen=True):
    """Improvement measures that are late (S07-28)."""


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


@reacts_to(DeadlineWarned, about="complaint", kind="insight.tell_warning")
async def tell_warning(event: DeadlineWarned, run: Run) -> None:
    """Whoever is responsible for a complaint hears before it is late (S07-16)."""
    await _tell("deadline_warned", event, run)


@reacts_to(DeadlineBreached, about="complaint", kind="insight.tell_breach")
async def tell_breach(event: DeadlineBreached, run: Run) -> None:
    """And that it is late."""
    await _tell("deadline_breached", event, run)


@reacts_to(DeadlineEscalated, about="complaint", kind="insight.tell_escalation")
async def tell_escalation(event: DeadlineEscalated, run: Run) -> None:
    """The next role along the chain hears of it (S07-22)."""
    await _tell("deadline_escalated", event, run)


@reacts_to(MilestoneReached, about="complaint", kind="insight.tell_success")
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
