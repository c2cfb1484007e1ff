"""Going through one's customers, span by span; what exceeds one's authority goes on in the same transaction (S07-9)."""

from datetime import date
from typing import Final
from uuid import UUID

import asyncpg

from guibin.assignments.teams import refuse_unless_serving
from guibin.audit.actions import recorded
from guibin.cases import Case
from guibin.cases.requests import NewText
from guibin.context import Act
from guibin.department_requests import actions as department_requests
from guibin.department_requests.requests import NewDepartmentRequest
from guibin.periods.spans import window_of
from guibin.policy.cadence import ReviewRhythm
from guibin.policy.packs import Policy
from guibin.profiles.subjects import refuse_unless_kept
from guibin.upward_reports import actions as upward_reports
from guibin.upward_reports.actions import NewUpwardReport
from guibin_tenants.refusals import FieldError, Invalid, refuse
from guibin_tenants.rows import add, add_all
from guibin_tenants.scope import savepoint

from .queries import LISTED, ReviewView
from .refusals import AlreadyReviewed, NothingToFollowUp
from .requests import NewEscalation, NewReview
from .tables import CustomerReview, ReviewOutcome

SUBJECT: Final = "customer_review"


async def review(new: NewReview, act: Act) -> ReviewView:
    """Go through a customer, once a span.

    Raises Invalid with every wrong field, NotFound, NotInTheirTeam, ArchiveErased, AlreadyReviewed.
    """
    today = act.today
    rhythm = rhythm_of(act.policy, new.rhythm)
    _refuse_wrong(new, today)
    await refuse_unless_serving(new.customer_id, act.by)
    await refuse_unless_kept(new.customer_id)
    window = window_of(rhythm.span, today, act.company.time_zone)
    request_id = None
    try:
        async with savepoint():
            if new.escalation is not None:
                request_id = await _escalate(new.customer_id, new.escalation, act)
            review_id = await add(
                CustomerReview,
                act,
                customer_id=new.customer_id,
                duty=rhythm.name,
                span=window.name,
                first_on=window.first_on,
                situation=new.situation,
                needs=new.needs,
                follow_up=new.follow_up,
                follow_up_on=new.follow_up_on,
                request_id=request_id,
            )
    except asyncpg.UniqueViolationError:
        raise AlreadyReviewed(f"Customer {new.customer_id} was gone through in {window.name} already") from None
    return await recorded("review", _case(review_id, new.customer_id), LISTED, act)


async def follow_up(review_id: UUID, new: NewText, act: Act) -> ReviewView:
    """What was to follow is done. Raises NotFound, NotInTheirTeam, NothingToFollowUp."""
    reviewed = await LISTED.one(review_id)
    await refuse_unless_serving(reviewed.customer_id, act.by)
    if not reviewed.follow_up.strip():
        raise NothingToFollowUp("No follow-up was agreed in this review")
    outcome = {"review_id": review_id, "customer_id": reviewed.customer_id, "text": new.text}
    if not await add_all(ReviewOutcome, act, [outcome], unless=("review_id",)):
        raise NothingToFollowUp("The follow-up is done already")
    return await recorded("follow_up", _case(review_id, reviewed.customer_id), LISTED, act)


def rhythm_of(policy: Policy, name: str | None) -> ReviewRhythm:
    """The review of this name, the first one without a name. Raises Invalid, also where policy asks for none."""
    rhythm = next((each for each in policy.reviews if name is None or each.name == name), None)
    if rhythm is None:
        known = ", ".join(each.name for each in policy.reviews) or "none: the policy asks for no reviews"
        raise Invalid.at("rhythm", "a review of the policy", f"one of: {known}", name or "")
    return rhythm


async def _escalate(customer_id: UUID, new: NewEscalation, act: Act) -> UUID:
    if new.to_unit_id is None:
        report = NewUpwardReport(kind=new.task, text=new.text, customer_id=customer_id)
        return (await upward_reports.report(report, act)).id
    asked = NewDepartmentRequest(
        task=new.task, to_unit_id=new.to_unit_id, text=new.text, owner_id=new.owner_id, customer_id=customer_id
    )
    return (await department_requests.ask(asked, act)).id


def _refuse_wrong(new: NewReview, today: date) -> None:
    problems = []
    if new.needs.strip() and not new.follow_up.strip() and new.escalation is None:
        fix = "say what follows, or escalate it"
        problems.append(FieldError("follow_up", "required with a need, unless it is escalated", fix))
    if bool(new.follow_up.strip()) != (new.follow_up_on is not None):
        problems.append(FieldError("follow_up_on", "a day with a follow-up, none without", "give both or neither"))
    if new.follow_up_on is not None and not 0 <= (new.follow_up_on - today).days <= 366:
        problems.append(FieldError("follow_up_on", "from today to a year ahead", value=new.follow_up_on.isoformat()))
    refuse(problems, "The review was not recorded")


def _case(review_id: UUID, customer_id: UUID) -> Case:
    return Case(SUBJECT, review_id, customer_id)
