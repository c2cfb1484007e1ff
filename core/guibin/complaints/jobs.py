"""Background work of complaints: the week's sample, late measures, and deadlines told to people."""

from datetime import timedelta

from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned, MilestoneReached
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice
from guibin.notices.deadlines import KIND, Passed, tells
from guibin.periods.days import local_day
from guibin.periods.names import parse_period, week_of
from guibin_tenants.scope import fetch_one

from . import measures, sampling
from .levels import SUBJECT


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


async def concerned(event: Passed, run: Run) -> list[Notice]:
    """The owner and whoever works on it hear before it is late and that it is (S07-16), the roles of the step with them; that
    a target was reached, only those whom policy wants to hear it.
    """
    complaint = await fetch_one(
        "select number, customer_id, owner_id, handler_id, handler_unit_id from complaint where id = $1",
        event.subject_id,
    )
    reached = isinstance(event, MilestoneReached)
    if complaint is None or (reached and not event.roles):
        return []
    working = tuple({complaint["owner_id"], complaint["handler_id"] or complaint["owner_id"]})
    notice = Notice(
        kind=KIND[type(event)],
        subject=SUBJECT,
        subject_id=event.subject_id,
        customer_id=complaint["customer_id"],
        org_unit_id=complaint["handler_unit_id"],
        roles=event.roles,
        staff_ids=() if reached else working,
        details={"number": complaint["number"]},
    )
    return [notice]


tells(
    SUBJECT,
    concerned,
    jobs={
        DeadlineWarned: "insight.tell_warning",
        DeadlineBreached: "insight.tell_breach",
        DeadlineEscalated: "insight.tell_escalation",
        MilestoneReached: "insight.tell_success",
    },
)
