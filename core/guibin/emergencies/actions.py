"""Opening, ending and judging an emergency access (S02-6)."""

from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace

from guibin.audit.actions import AuditNote, noted, record
from guibin.audit.attempts import attempt
from guibin.cases import Case
from guibin.context import Act
from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job
from guibin.notices.actions import Notice, notify
from guibin.policy.emergencies import EmergencyPolicy
from guibin.profiles.finding import known_by
from guibin.profiles.queries import kept
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin_tenants.keys import hands_of
from guibin_tenants.principals import require, sees_all
from guibin_tenants.refusals import FieldError, NotFound, refuse
from guibin_tenants.rows import add, change, locked
from guibin_tenants.scope import fetch_column, fetch_value, whole_company
from guibin_tenants.staff import Staff

from .queries import OPENS, REVIEW, REVIEWS, SUBJECT, WATCHES, EmergencyAccessView, one, opened_this_month, running_of
from .refusals import (
    AlreadyInSight,
    AlreadyJudged,
    AlreadyLent,
    AlreadyOver,
    CustomerOutOfSight,
    MonthUsedUp,
    NotYours,
    OwnAccess,
    SeveralAreKnownBy,
    StillRuns,
    StoppedForNow,
)
from .requests import NewEmergencyAccess, NewReview
from .tables import EmergencyAccess, EmergencyReview

AUDITOR = "auditor"
# Whose it is nearest to the customer's own org unit: the account manager's superior, or who leads the outlet.
LEADER = "manager"


class EndEmergencyAccess(Job, frozen=True):
    """An emergency access comes to the end of its time."""

    access_id: UUID


async def open_access(new: NewEmergencyAccess, act: Act) -> EmergencyAccessView:
    """Let the person who asks read one customer's file behind the wall, for a time. Every auditor and the leader of the customer's
    org unit are told at once; what was tried and refused stays on record, too.

    Raises Forbidden, Invalid, NotFound, SeveralAreKnownBy, AlreadyInSight, AlreadyLent, MonthUsedUp and StoppedForNow; TooManyLookUps
    where too many were named by a value.
    """
    require(act.by, OPENS)
    policy = act.policy.emergency
    refuse(_problems(new, policy), "No emergency access was opened")
    note = AuditNote(
        action="emergency.open", subject=SUBJECT, purpose=new.reason, shown=0, asked=bool(new.known_by.strip())
    )
    async with attempt(note, act):
        # Counted while nobody else of the same person's requests counts.
        await locked(Staff, act.by.id)
        await refuse_for_now(act)
        customer_id = await _whom(new, act)
        if await kept((customer_id,)):
            raise AlreadyInSight()
        if await running_of(act.by, customer_id, now=act.now):
            raise AlreadyLent()
        async with whole_company():
            access_id = await _write(customer_id, new, act)
            await record(replace(note, subject_id=access_id, customer_id=customer_id), act)
            await _tell("emergency_opened", Case(SUBJECT, access_id, customer_id), act)
    return await one(access_id, act)


async def end(access_id: UUID, act: Act) -> EmergencyAccessView:
    """End it before its time: whoever opened it, an auditor or an admin. Raises NotFound, NotYours, AlreadyOver."""
    access = await one(access_id, act)
    if access.staff_id != act.by.id and not WATCHES(act.by):
        raise NotYours()
    row = await locked(EmergencyAccess, access_id)
    if row["ended_at"] is not None or row["until_at"] <= act.now:
        raise AlreadyOver()
    await change(EmergencyAccess, access_id, act)
    if access.review_due_at is not None:
        await sla.restart(access_id, REVIEW, act, started_at=act.now)
    await noted("emergency.end", act, subject=SUBJECT, subject_id=access_id, customer_id=access.customer_id, shown=0)
    return await one(access_id, act)


async def review(access_id: UUID, new: NewReview, act: Act) -> EmergencyAccessView:
    """Judge it, once, when it is over. Whoever looked is told, and whoever leads them where it was not justified.

    Raises NotFound, Forbidden, OwnAccess, CustomerOutOfSight, StillRuns, AlreadyJudged.
    """
    require(act.by, REVIEWS)
    access = await one(access_id, act)
    if access.staff_id in await hands_of(act.by, now=act.now):
        raise OwnAccess()
    if not await sees(access.customer_id, act):
        raise CustomerOutOfSight()
    row = await locked(EmergencyAccess, access_id)
    if row["ended_at"] is None and row["until_at"] > act.now:
        raise StillRuns()
    if await fetch_value("select true from emergency_review where access_id = $1", access_id):
        raise AlreadyJudged()
    await add(EmergencyReview, act, access_id=access_id, verdict=new.verdict, reason=new.reason.strip())
    await sla.complete_if_any(access_id, REVIEW, at=act.now, now=act.now)
    await noted("emergency.review", act, subject=SUBJECT, subject_id=access_id, customer_id=access.customer_id, shown=0)
    await _tell_verdict(access, new, act)
    return await one(access_id, act)


async def run_out(access_id: UUID, act: Act) -> None:
    """Write down that its time is over, where nobody ended it before."""
    row = await locked(EmergencyAccess, access_id)
    if row["ended_at"] is None:
        note = AuditNote(action="emergency.run_out", subject=SUBJECT, subject_id=access_id, shown=0)
        await record(replace(note, customer_id=row["customer_id"]), act)


def _problems(new: NewEmergencyAccess, policy: EmergencyPolicy) -> list[FieldError]:
    problems = []
    if (new.customer_id is None) == (not new.known_by.strip()):
        problems.append(FieldError("customer_id", "either this or `known_by`", "name the customer in one way"))
    if len(new.reason.strip()) < policy.reason_chars_min:
        rule = f"at least {policy.reason_chars_min} characters that say why"
        problems.append(FieldError("reason", rule, value=new.reason[:60]))
    if new.minutes is not None and new.minutes > policy.minutes_max:
        problems.append(FieldError("minutes", f"at most {policy.minutes_max}", value=str(new.minutes)))
    if policy.case_number_asked and not new.case_number.strip():
        problems.append(FieldError("case_number", "required", "give the number of the case it is for"))
    return problems


async def refuse_for_now(act: Act) -> None:
    """Whatever the customer. Raises MonthUsedUp where no more are opened this month, StoppedForNow after one that was not justified."""
    policy = act.policy.emergency
    opened = await opened_this_month(act.by, act)
    if opened >= policy.a_month:
        raise MonthUsedUp(f"{opened} of {policy.a_month} in this month")
    if policy.review.stops_days:
        judged_at = await fetch_value(
            "select max(r.reviewed_at) from emergency_review r join emergency_access x on x.tenant_id = r.tenant_id"
            " and x.id = r.access_id where x.staff_id = $1 and r.verdict = 'not_justified'",
            act.by.id,
        )
        if judged_at is not None and judged_at + timedelta(days=policy.review.stops_days) > act.now:
            raise StoppedForNow()


async def sees(customer_id: UUID, act: Act) -> bool:
    """Also of a customer who is erased: whoever sees the whole company, or the org unit they belonged to."""
    if sees_all(act.by):
        return True
    return bool(await fetch_value("select true from customer where id = $1", customer_id))


async def _whom(new: NewEmergencyAccess, act: Act) -> UUID:
    async with whole_company():
        found = await known_by(new.known_by, act) if new.customer_id is None else await kept((new.customer_id,))
    if not found:
        raise NotFound(f"There is no customer {new.customer_id}" if new.customer_id else "Nobody is known by this")
    if len(found) > 1:
        raise SeveralAreKnownBy()
    return found.pop()


async def _write(customer_id: UUID, new: NewEmergencyAccess, act: Act) -> UUID:
    policy = act.policy.emergency
    until_at = act.now + timedelta(minutes=new.minutes or policy.minutes)
    access_id = await add(
        EmergencyAccess,
        staff_id=act.by.id,
        staff_name=act.by.name,
        customer_id=customer_id,
        reason=new.reason.strip(),
        case_number=new.case_number.strip(),
        opened_at=act.now,
        until_at=until_at,
        policy_version=act.policy.version,
    )
    # Of no customer: that a review is owed stays when they are erased.
    await sla.start(NewTimer(Case(SUBJECT, access_id), REVIEW, policy.review_terms(), until_at))
    await enqueue(EndEmergencyAccess(access_id), now=act.now, run_at=until_at)
    return access_id


async def _tell(kind: str, case: Case, act: Act) -> None:
    notice = Notice(
        kind, case, roles=(LEADER,), staff_ids=await auditors(), but=(act.by.id,), details={"who": act.by.name}
    )
    await notify(notice, key=f"{kind}/{case.id}", now=act.now)


async def auditors() -> tuple[UUID, ...]:
    """Every auditor who works here, wherever they belong."""
    return tuple(await fetch_column("select id from staff where left_at is null and $1 = any (roles)", AUDITOR))


async def _tell_verdict(access: EmergencyAccessView, new: NewReview, act: Act) -> None:
    """Of no customer: whoever looked, and who leads them, see nothing of the customer's unit."""
    unit_id = await fetch_value("select org_unit_id from staff where id = $1", access.staff_id)
    case, details = Case(SUBJECT, access.id), {"who": access.staff_name}
    kind = "emergency_justified" if new.verdict == "justified" else "emergency_not_justified"
    looked = Notice(kind, case, staff_ids=(access.staff_id,), but=(act.by.id,), details=details)
    await notify(looked, key=f"emergency_verdict/{access.id}", now=act.now)
    if new.verdict == "not_justified":
        leads = replace(looked, staff_ids=(), org_unit_id=unit_id, roles=(LEADER,), but=(access.staff_id, act.by.id))
        await notify(leads, key=f"emergency_verdict_leader/{access.id}", now=act.now)
