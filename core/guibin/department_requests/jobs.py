"""Deadlines of department requests, told to those who must hear of them."""

import asyncpg

from guibin.cases import Case
from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice
from guibin.notices.deadlines import KIND, Passed, of_row, tells

from . import contacts
from .actions import SUBJECT


class TellMissingContacts(Job, frozen=True):
    """Which departments have nobody for key-account business (S07-30)."""


@handles(TellMissingContacts)
async def tell_missing_contacts(job: TellMissingContacts, run: Run) -> None:
    """The leader nearest to each hears once in the policy's span."""
    await contacts.remind(run)


@of_row("select number, to_unit_id, owner_id, asked_by from department_request where id = $1")
async def concerned(request: asyncpg.Record, event: Passed, run: Run) -> Notice:
    """Its owner and whoever asked; the roles of the step nearest to the department asked (S01-8)."""
    return Notice(
        KIND[type(event)],
        Case(SUBJECT, event.subject_id),
        org_unit_id=request["to_unit_id"],
        roles=event.roles,
        staff_ids=(request["owner_id"], request["asked_by"]),
        details={"number": request["number"]},
    )


tells(
    SUBJECT,
    concerned,
    jobs={
        DeadlineWarned: "department_requests.tell_department_due",
        DeadlineBreached: "department_requests.tell_department_late",
        DeadlineEscalated: "department_requests.tell_department_escalated",
    },
)
