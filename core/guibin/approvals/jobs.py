"""Decisions that are due or late, told to those who may decide and to whom they escalate."""

import asyncpg
import msgspec

from guibin.cases import Case
from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned
from guibin.jobs.kinds import Run
from guibin.notices.actions import Notice
from guibin.notices.deadlines import Passed, of_row, tells
from guibin.policy.approvals import ApprovalFlow

from .deadlines import SUBJECT, milestone_of

_KIND: dict[type, str] = {
    DeadlineWarned: "decision_due",
    DeadlineBreached: "decision_late",
    DeadlineEscalated: "decision_escalated",
}


@of_row(
    "select flow, step, customer_id, org_unit_id, applicant_id, awaits, deputies, awaited_id from approval_request"
    " where id = $1 and closed_at is null"
)
async def concerned(request: asyncpg.Record, event: Passed, run: Run) -> Notice | None:
    """Whoever may decide hears before it is late, a deputy while they are away; that it is late, with the applicant. Then it
    goes up from where the matter belongs. Nobody hears of a step that was decided between the deadline and this job.
    """
    if event.milestone != milestone_of(request["step"]):
        return None
    flow = msgspec.json.decode(request["flow"], type=ApprovalFlow)
    late, up = type(event) is DeadlineBreached, type(event) is DeadlineEscalated
    named = not up and request["awaited_id"] is not None
    roles = event.roles if up else () if named else tuple(request["awaits"])
    return Notice(
        _KIND[type(event)],
        Case(SUBJECT, event.subject_id, request["customer_id"]),
        org_unit_id=request["org_unit_id"],
        roles=roles,
        otherwise=(tuple(request["deputies"]),) if roles and request["deputies"] else (),
        staff_ids=(*((request["applicant_id"],) if late else ()), *((request["awaited_id"],) if named else ())),
        details={"flow": flow.name},
    )


tells(
    SUBJECT,
    concerned,
    jobs={
        DeadlineWarned: "approvals.tell_decision_due",
        DeadlineBreached: "approvals.tell_decision_late",
        DeadlineEscalated: "approvals.tell_decision_escalated",
    },
)
