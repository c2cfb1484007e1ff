"""Telling of needs that nobody has followed up by their day (S01-12)."""

from datetime import timedelta

from guibin.cases import Case
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice, notify
from guibin.periods.days import local_day

from . import queries
from .actions import SUBJECT

LOOK_BACK_DAYS = 31


class TellOverdueNeeds(Job, frozen=True):
    """Which needs were not followed up in time."""


@handles(TellOverdueNeeds)
async def tell_overdue_needs(job: TellOverdueNeeds, run: Run) -> None:
    """Whoever should have, and who leads them, once."""
    today = local_day(run.due_at or run.now, run.company.time_zone)
    for late in await queries.overdue(today - timedelta(days=LOOK_BACK_DAYS), today):
        notice = Notice(
            "needs_overdue",
            Case(SUBJECT, late.id, late.customer_id),
            roles=("manager",),
            staff_ids=(late.owner_id,),
            details={"on": late.follow_up_on.isoformat()},
        )
        await notify(notice, key=f"needs-overdue/{late.id}", now=run.now)
