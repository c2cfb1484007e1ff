"""The end of an emergency access, and the deadline of its review told to those who must hear of it."""

import asyncpg

from guibin.cases import Case
from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned
from guibin.jobs.kinds import Run, handles
from guibin.notices.actions import Notice
from guibin.notices.deadlines import Passed, of_row, tells

from . import actions
from .actions import EndEmergencyAccess, auditors
from .queries import SUBJECT

KIND: dict[type, str] = {
    DeadlineWarned: "emergency_review_due",
    DeadlineBreached: "emergency_review_late",
    DeadlineEscalated: "emergency_review_escalated",
}


@handles(EndEmergencyAccess)
async def run_out(job: EndEmergencyAccess, run: Run) -> None:
    """Its end by time stands in the record like any other."""
    await actions.run_out(job.access_id, run)


@of_row("select staff_id from emergency_access where id = $1")
async def concerned(access: asyncpg.Record, event: Passed, run: Run) -> Notice:
    """Every auditor but whoever looked; the roles of the step at the head office."""
    return Notice(
        KIND[type(event)],
        Case(SUBJECT, event.subject_id),
        at_head_office=True,
        roles=event.roles,
        staff_ids=await auditors(),
        but=(access["staff_id"],),
    )


tells(
    SUBJECT,
    concerned,
    jobs={
        DeadlineWarned: "emergencies.tell_review_due",
        DeadlineBreached: "emergencies.tell_review_late",
        DeadlineEscalated: "emergencies.tell_review_escalated",
    },
    ladder=False,
)
