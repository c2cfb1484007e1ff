"""Decisions that are due or late, told to those who may decide and to whom they escalate."""

import msgspec

from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned
from guibin.jobs.kinds import Run
from guibin.notices.actions import Notice
from guibin.notices.deadlines import Passed, tells
from guibin.policy.approvals import ApprovalFlow
from guibin_tenants.scope import fetch_one

from .deadlines import SUBJECT, milestone_of

_KIND: dict[type, str] = {
    DeadlineWarned: "decision_due",
    DeadlineBreached: "decision_late",
    DeadlineEscalated: "decision_escalated",
}


async def concerned(event: Passed, run: Run) -> list[Notice]:
    """Whoever may decide hears before it is late; that it is late, with the applicant. Then it goes up from where the matter
    belongs. Nobody hears of a step that was decided between the deadline and this job.
    """
    request = await fetch_one(
        "select flow, step, customer_id, org_unit_id, applicant_id, asked_at from approval_request"
        " where id = $1 and closed_at is null",
        event.subject_id,
    )
    if request is None or event.milestone != milestone_of(request["step"]):
        return []
    flow = msgspec.json.decode(request["flow"], type=ApprovalFlow)
    late = type(event) is DeadlineBreached
    notice = Notice(
        kind=_KIND[type(event)],
        subject=SUBJECT,
        subject_id=event.subject_id,
        customer_id=request["customer_id"],
        org_unit_id=request["org_unit_id"],
        roles=flow.steps[request["step"]].roles if late else event.roles,
        staff_ids=(request["applicant_id"],) if late else (),
        details={"flow": run.policy.title(f"approval.{flow.name}", run.language)},
    )
    return [notice]


tells(
    SUBJECT,
    concerned,
    jobs={
        DeadlineWarned: "approvals.tell_decision_due",
        DeadlineBreached: "approvals.tell_decision_late",
        DeadlineEscalated: "approvals.tell_decision_escalated",
    },
)
