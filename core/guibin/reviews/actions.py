"""Going through one's customers, span by span; what exceeds one's authority goes on in the same transaction (S07-9)."""

from datetime import date
from uuid import UUID

import asyncpg

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.department_requests import actions as department_requests
from guibin.department_requests.requests import NewDepartmentRequest
from guibin.periods.days import local_day
from guibin.periods.spans import window_of
from guibin.policy.cadence import ReviewRhythm
from guibin.policy.packs import Policy
from guibin.profiles.teams import refuse_unless_serving
from guibin.records.subjects import refuse_unless_kept
from guibin.upward_reports import actions as upward_reports
from guibin.upward_reports.actions import NewUpwardReport
from guibin_tenants.refusals import FieldError, Invalid, NotFound
from guibin_tenants.scope import execute, fetch_one, savepoint
from guibin_tenants.tables import new_id

from . import queries
from .queries import ReviewView
from .refusals import AlreadyReviewed, NothingToFollowUp
from .requests import NewEscalation, NewOutcome, NewReview

SUBJECT = "customer_review"


async def review(new: NewReview, act: Act) -> ReviewView:
    """Go through a customer, once a span.

    Raises Invalid with every wrong field, NotFound, NotInTheirTeam, ArchiveErased, AlreadyReviewed.
    """
    today = local_day(act.now, act.company.time_zone)
    rhythm = rhythm_of(act.policy, new.rhythm)
    _refuse_wrong(new, today)
    await refuse_unless_serving(new.customer_id, act.by)
    await refuse_unless_kept(new.customer_id)
    window = window_of(rhythm.span, today, act.company.time_zone)
    review_id = new_id()
    request_id = None
    try:
        async with savepoint():
            if new.escalation is not None:
                request_id = await _escalate(new.customer_id, new.escalation, act)
            await execute(
                "insert into customer_review (id, customer_id, duty, span, first_on, situation, needs, follow_up,"
                " follow_up_on, request_id, reviewed_by, reviewed_by_name, reviewed_at)"
                " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                review_id,
                new.customer_id,
                rhythm.name,
                window.name,
                window.first_on,
                new.situation,
                new.needs,
                new.follow_up,
                new.follow_up_on,
                request_id,
                act.by.id,
                act.by.name,
                act.now,
            )
    except asyncpg.UniqueViolationError:
        raise AlreadyReviewed(f"Customer {new.customer_id} was gone through in {window.name} already") from None
    await record(_note("review", review_id, new.customer_id), act)
    return await queries.review(review_id)


async def follow_up(review_id: UUID, new: NewOutcome, act: Act) -> ReviewView:
    """What was to follow is done. Raises NotFound, NotInTheirTeam, NothingToFollowUp."""
    row = await fetch_one(
        "select r.customer_id, r.follow_up, o.id as outcome from customer_review r left join review_outcome o"
        " on o.tenant_id = r.tenant_id and o.review_id = r.id where r.id = $1",
        review_id,
    )
    if row is None:
        raise NotFound(f"There is no review {review_id}")
    await refuse_unless_serving(row["customer_id"], act.by)
    if not row["follow_up"].strip():
        raise NothingToFollowUp("No follow-up was agreed in this review")
    try:
        async with savepoint():
            await execute(
                "insert into review_outcome (id, review_id, customer_id, text, done_by, done_by_name, done_at)"
                " values ($1, $2, $3, $4, $5, $6, $7)",
                new_id(),
                review_id,
                row["customer_id"],
                new.text,
                act.by.id,
                act.by.name,
                act.now,
            )
    except asyncpg.UniqueViolationError:
        raise NothingToFollowUp("The follow-up is done already") from None
    await record(_note("follow_up", review_id, row["customer_id"]), act)
    return await queries.review(review_id)


def rhythm_of(policy: Policy, name: str | None) -> ReviewRhythm:
    """The review of this name, the first one without a name. Raises Invalid, also where policy asks for none."""
    found = next((one for one in policy.reviews if name is None or one.name == name), None)
    if found is None:
        known = ", ".join(one.name for one in policy.reviews) or "none: the policy asks for no reviews"
        raise Invalid(fields=(FieldError("rhythm", "a review of the policy", f"one of: {known}", name or ""),))
    return found


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
        rule = "from today to a year ahead"
        problems.append(FieldError("follow_up_on", rule, value=new.follow_up_on.isoformat()))
    if problems:
        raise Invalid("The review was not recorded", fields=tuple(problems))


def _note(action: str, review_id: UUID, customer_id: UUID) -> AuditNote:
    return AuditNote(action=f"{SUBJECT}.{action}", subject=SUBJECT, subject_id=review_id, customer_id=customer_id)
