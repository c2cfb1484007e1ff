"""Background work of complaints: the week's sample, late measures, and deadlines told to people."""

from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned, MilestoneReached
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice
from guibin.notices.deadlines import Passed, of_case, tells
from guibin.periods.names import parse_period, week_of
from guibin.policy_changes.effects import COMPLAINTS

from . import improvements, recusals, sampling
from .levels import FOLLOW_UP, RECTIFICATION, RESOLUTION, RESULT, SUBJECT
from .replays import replayed
from .tables import Complaint


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
    await improvements.tell_overdue(run.today, now=run.now)


# What is said of the clocks beside the resolution: of the plan against repetition, and of what a reply meets.
_PLAN: dict[type, str] = {
    DeadlineWarned: "plan_due",
    DeadlineBreached: "plan_late",
    DeadlineEscalated: "plan_escalated",
    MilestoneReached: "milestone_reached",
}
_REPLY: dict[type, str] = {
    DeadlineWarned: "reply_due",
    DeadlineBreached: "reply_late",
    DeadlineEscalated: "reply_escalated",
    MilestoneReached: "milestone_reached",
}
_OF_CASE = of_case(Complaint, and_serving=True)


async def concerned(event: Passed, run: Run) -> Sequence[Notice]:
    """As of any case, in words of its own for each clock; a reply that is owed goes up without telling once more who owes it."""
    told = [await _without_recused(notice) for notice in await _OF_CASE(event, run)]
    if event.milestone in (RESOLUTION, RESULT, FOLLOW_UP):
        return told
    if event.milestone == RECTIFICATION:
        return [replace(notice, kind=_PLAN[type(event)]) for notice in told]
    quiet = isinstance(event, DeadlineEscalated)
    return [replace(notice, kind=_REPLY[type(event)], staff_ids=() if quiet else notice.staff_ids) for notice in told]


async def _without_recused(notice: Notice) -> Notice:
    """Nobody whom the complaint is against hears of it, whatever post they hold."""
    return replace(notice, but=tuple(await recusals.of(notice.about.id)))


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


COMPLAINTS.give(replayed)
