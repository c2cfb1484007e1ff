"""Deadlines of receptions, told to those who must hear of them."""

from msgspec import structs

from guibin.cases import Case
from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned
from guibin.jobs.kinds import Run
from guibin.notices.actions import Notice
from guibin.notices.deadlines import KIND, Passed, tells
from guibin_tenants.scope import fetch_one

from .editions import ORDER, TASK, people_of
from .standing import SUBJECT

_RECEPTION = "select id, number, customer_id, venue_id, host_id from reception where id = $1"
_DEPARTMENTS = {
    ORDER: "select reception_id, org_unit_id from reception_order where id = $1",
    TASK: "select reception_id, org_unit_id from reception_task where id = $1",
}
SUBJECTS = (SUBJECT, *_DEPARTMENTS)


async def concerned(event: Passed, run: Run) -> list[Notice]:
    """The department and, apart from it, whoever is with the guest hear before it is late and that it is (S14-3); then the
    roles or posts of the step, nearest to the venue.
    """
    reception_id, unit_id = event.subject_id, None
    if event.subject in _DEPARTMENTS:
        department = await fetch_one(_DEPARTMENTS[event.subject], event.subject_id)
        if department is None:
            return []
        reception_id, unit_id = department["reception_id"], department["org_unit_id"]
    reception = await fetch_one(_RECEPTION, reception_id)
    if reception is None:
        return []
    notice = Notice(
        KIND[type(event)],
        Case(event.subject, event.subject_id),
        org_unit_id=reception["venue_id"],
        details={"number": reception["number"]},
    )
    if isinstance(event, DeadlineEscalated):
        return [structs.replace(notice, roles=event.roles)]
    host = structs.replace(notice, staff_ids=(reception["host_id"],) if reception["host_id"] else ())
    if unit_id is None:
        return [host]
    people = await people_of(unit_id)
    return [
        structs.replace(notice, org_unit_id=unit_id, to_department=True, roles=("manager",), staff_ids=people),
        host,
    ]


tells(
    SUBJECTS,
    concerned,
    jobs={
        DeadlineWarned: "receptions.tell_reception_due",
        DeadlineBreached: "receptions.tell_reception_late",
        DeadlineEscalated: "receptions.tell_reception_escalated",
    },
)
