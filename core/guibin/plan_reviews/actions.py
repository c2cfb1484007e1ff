"""Putting a plan up for its review, and refusing to run one that was not."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from guibin.approvals import actions as approvals
from guibin.approvals.actions import Decided
from guibin.cases import Case
from guibin.context import Act
from guibin.events import at_once
from guibin.notices.actions import Notice, notify
from guibin.policy.plan_reviews import SUBJECT, PlanReview
from guibin_tenants.org_units import level_of
from guibin_tenants.refusals import Conflict, Invalid
from guibin_tenants.rows import add, change
from guibin_tenants.scope import fetch_one

from .tables import PlanReviewed


class NotReviewed(Conflict):
    """The plan may not run. It waits for its review, or was not approved."""


class Plan(Struct, frozen=True, kw_only=True):
    """A plan that may need a review: what it is, whom it is about, and what is known of it."""

    subject: str
    id: UUID
    title: str
    facts: dict[str, Any]
    customer_id: UUID | None = None
    org_unit_id: UUID | None = None


async def put_up(plan: Plan, act: Act) -> None:
    """Ask for the review that the policy wants of such a plan; nothing where it wants none. Whoever decides is told. Raises Invalid
    for a plan without the budget that its review wants."""
    facts = plan.facts | {"branch": await level_of(plan.org_unit_id or act.by.org_unit_id) > 0}
    review = review_of(plan.subject, facts, act)
    flow = act.policy.approval(review.approval) if review else None
    if review is None or flow is None:
        return
    if review.budgeted and facts.get("budget") is None:
        raise Invalid.at("budget", "what it will cost: its review goes by the amount", review.clause)
    review_id = await add(
        PlanReviewed,
        act,
        subject=plan.subject,
        subject_id=plan.id,
        customer_id=plan.customer_id,
        org_unit_id=plan.org_unit_id or act.by.org_unit_id,
        name=review.name,
        clause=review.clause,
    )
    case = Case(SUBJECT, review_id, plan.customer_id)
    flow = flow.under(facts)
    approval_id = await approvals.ask(case, act, flow=flow, note=plan.title, org_unit_id=plan.org_unit_id)
    await change(PlanReviewed, review_id, approval_id=approval_id)
    notice = Notice(
        "plan_to_review",
        Case("approval", approval_id, plan.customer_id),
        org_unit_id=plan.org_unit_id,
        roles=flow.steps[0].roles if flow.steps[0].together else flow.steps[0].roles[:1],
        details={"review": review.name},
    )
    await notify(notice, key=f"plan-to-review/{review_id}", now=act.now)


def review_of(subject: str, facts: dict[str, Any], act: Act) -> PlanReview | None:
    """The first that the policy wants of such a plan."""
    return next((one for one in act.policy.plan_reviews if one.fits(subject, facts)), None)


async def refuse_unreviewed(subject: str, subject_id: UUID) -> None:
    """Raises NotReviewed for a plan that waits for its review or was not approved."""
    row = await fetch_one("select outcome from plan_review where subject = $1 and subject_id = $2", subject, subject_id)
    if row is not None and row["outcome"] != "approved":
        raise NotReviewed(f"Its review was {row['outcome']}" if row["outcome"] else "It waits for its review")


@at_once(Decided, about=SUBJECT)
async def plan_decided(decided: Decided, act: Act) -> None:
    """It may run, or never will; whoever planned it is told."""
    row = await fetch_one("select * from plan_review where id = $1 for update", decided.subject_id)
    if row is None:
        return
    await change(PlanReviewed, row["id"], outcome=decided.outcome, decided_at=act.now)
    about = Case(row["subject"], row["subject_id"], row["customer_id"])
    notice = Notice("plan_reviewed", about, staff_ids=(row["asked_by"],), details={"outcome": decided.outcome})
    await notify(notice, key=f"plan-reviewed/{row['id']}", now=act.now)
