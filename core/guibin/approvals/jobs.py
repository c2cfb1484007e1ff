"""Decisions that are due or late, told to those who may decide and to whom they escalate."""

import msgspec

from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned, reacts_to
from guibin.jobs.kinds import Run
from guibin.notices.actions import Notice, notify
from guibin.notices.escalations import escalate
from guibin.policy.approvals import ApprovalFlow
from guibin_tenants.scope import fetch_one

from .deadlines import SUBJECT, milestone_of


@reacts_to(DeadlineWarned, about=SUBJECT)
async def tell_decision_due(event: DeadlineWarned, run: Run) -> None:
    """Whoever may decide hears before it is late."""
    await _tell("decision_due", event, run)


@reacts_to(DeadlineBreached, about=SUBJECT)
async def tell_decision_late(event: DeadlineBreached, run: Run) -> None:
    """And, with the applicant, that it is late."""
    await _tell("decision_late", event, run)


@reacts_to(DeadlineEscalated, about=SUBJECT)
async def tell_decision_escalated(event: DeadlineEscalated, run: Run) -> None:
    """The next role along the chain, nearest to where the matter belongs, hears of it."""
    await _tell("decision_escalated", event, run)


async def _tell(kind: str, event: DeadlineWarned, run: Run) -> None:
    row = await fetch_one(
        "select flow, step, customer_id, org_unit_id, applicant_id, asked_at from approval_request"
        " where id = $1 and closed_at is null",
        event.subject_id,
    )
    if row is None or event.milestone != milestone_of(row["step"]):
        return  # It was decided between the deadline and this job.
    flow = msgspec.json.decode(row["flow"], type=ApprovalFlow)
    late = kind == "decision_late"
    notice = Notice(
        kind=kind,
        subject=SUBJECT,
        subject_id=event.subject_id,
        customer_id=row["customer_id"],
        org_unit_id=row["org_unit_id"],
        roles=flow.steps[row["step"]].roles if late else event.roles,
        staff_ids=(row["applicant_id"],) if late else (),
        details={"flow": run.policy.title(f"approval.{flow.name}", run.company.language)},
    )
    if isinstance(event, DeadlineEscalated):
        await escalate(notice, event, now=run.now)
        return
    await notify(notice, key=f"{event.timer_id}/{event.generation}/{event.step}", now=run.now)
