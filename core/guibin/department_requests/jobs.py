"""Deadlines of department requests, told to those who must hear of them."""

from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned
from guibin.jobs.kinds import Run
from guibin.notices.actions import Notice
from guibin.notices.deadlines import KIND, Passed, tells
from guibin_tenants.scope import fetch_one

from .actions import SUBJECT


async def concerned(event: Passed, run: Run) -> list[Notice]:
    """Its owner and whoever asked; the roles of the step nearest to the department asked (S01-8)."""
    request = await fetch_one(
        "select number, to_unit_id, owner_id, asked_by from department_request where id = $1", event.subject_id
    )
    if request is None:
        return []
    notice = Notice(
        kind=KIND[type(event)],
        subject=SUBJECT,
        subject_id=event.subject_id,
        org_unit_id=request["to_unit_id"],
        roles=event.roles,
        staff_ids=(request["owner_id"], request["asked_by"]),
        details={"number": request["number"]},
    )
    return [notice]


tells(
    SUBJECT,
    concerned,
    jobs={
        DeadlineWarned: "department_requests.tell_department_due",
        DeadlineBreached: "department_requests.tell_department_late",
        DeadlineEscalated: "department_requests.tell_department_escalated",
    },
)
