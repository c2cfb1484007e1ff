"""Background work of visits: telling of those that come close or did not take place."""

import asyncpg

from guibin.cases import Case
from guibin.events import DeadlineEscalated, DeadlineWarned
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice
from guibin.notices.deadlines import Passed, of_row, tells
from guibin.periods.days import local_day

from . import coverage
from .actions import SUBJECT


class TellVisitGaps(Job, frozen=True):
    """Whom leaders of every level have still to visit, and whom they did not (S09-6)."""


@handles(TellVisitGaps)
async def tell_visit_gaps(job: TellVisitGaps, run: Run) -> None:
    """Each level, by org unit."""
    await coverage.tell(run)


@of_row("select customer_id, staff_id, planned_at from visit where id = $1 and state = 'planned'")
async def concerned(visit: asyncpg.Record, event: Passed, run: Run) -> Notice:
    """Whoever goes is reminded when most of the visit's day is gone; once it is over without the visit, the manager hears
    of it, too (S07-12)."""
    overdue = isinstance(event, DeadlineEscalated)
    return Notice(
        "visit_overdue" if overdue else "visit_due",
        Case(SUBJECT, event.subject_id, visit["customer_id"]),
        roles=event.roles if overdue else (),
        staff_ids=(visit["staff_id"],),
        details={"on": local_day(visit["planned_at"], run.company.time_zone).isoformat()},
    )


tells(
    SUBJECT,
    concerned,
    jobs={DeadlineWarned: "records.remind_of_visit", DeadlineEscalated: "records.tell_overdue_visit"},
    ladder=False,
)
