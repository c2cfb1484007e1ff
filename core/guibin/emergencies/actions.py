"""Opening and ending an emergency access (S02-6)."""

from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace

from guibin.audit.actions import AuditNote, noted, record
from guibin.audit.attempts import attempt
from guibin.cases import Case
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.periods.spans import window_of
from guibin.policy.emergencies import EmergencyPolicy
from guibin.profiles.finding import known_by
from guibin.profiles.queries import kept
from guibin_tenants.principals import require
from guibin_tenants.refusals import FieldError, NotFound, refuse
from guibin_tenants.rows import add, change, locked
from guibin_tenants.scope import fetch_column, fetch_value, whole_company
from guibin_tenants.staff import Staff

from .queries import OPENS, SUBJECT, WATCHES, EmergencyAccessView, one, running_of
from .refusals import AlreadyInSight, AlreadyLent, AlreadyOver, MonthUsedUp, NotYours, SeveralAreKnownBy
from .requests import NewEmergencyAccess
from .tables import EmergencyAccess

AUDITOR = "auditor"
# Whose it is nearest to the customer's own org unit: the account manager's superior, or who leads the outlet.
LEADER = "manager"


async def open_access(new: NewEmergencyAccess, act: Act) -> EmergencyAccessView:
    """Let the person who asks read one customer's file behind the wall, for a time. Every auditor and the leader of the customer's
    org unit are told at once; what was tried and refused stays on record, too.

    Raises Forbidden, Invalid, NotFound, SeveralAreKnownBy, AlreadyInSight, AlreadyLent and MonthUsedUp; TooManyLookUps where too many
    were named by a value.
    """
    require(act.by, OPENS)
    policy = act.policy.emergency
    refuse(_problems(new, policy), "No emergency access was opened")
    note = AuditNote(
        action="emergency.open", subject=SUBJECT, purpose=new.reason, shown=0, asked=bool(new.known_by.strip())
    )
    async with attempt(note, act):
        await _refuse_beyond_the_month(policy, act)
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
    await noted("emergency.end", act, subject=SUBJECT, subject_id=access_id, customer_id=access.customer_id, shown=0)
    return await one(access_id, act)


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


async def _refuse_beyond_the_month(policy: EmergencyPolicy, act: Act) -> None:
    """Counted while nobody else of the same person's requests counts."""
    await locked(Staff, act.by.id)
    month = window_of("month", act.today, act.company.time_zone)
    opened = await fetch_value(
        "select count(*) from emergency_access where staff_id = $1 and opened_at >= $2 and opened_at < $3",
        act.by.id,
        month.starts_at,
        month.ends_at,
    )
    if opened >= policy.a_month:
        raise MonthUsedUp(f"{opened} of {policy.a_month} in this month")


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
    return await add(
        EmergencyAccess,
        staff_id=act.by.id,
        staff_name=act.by.name,
        customer_id=customer_id,
        reason=new.reason.strip(),
        case_number=new.case_number.strip(),
        opened_at=act.now,
        until_at=act.now + timedelta(minutes=new.minutes or policy.minutes),
        policy_version=act.policy.version,
    )


async def _tell(kind: str, case: Case, act: Act) -> None:
    auditors = await fetch_column("select id from staff where left_at is null and $1 = any (roles)", AUDITOR)
    notice = Notice(
        kind, case, roles=(LEADER,), staff_ids=tuple(auditors), but=(act.by.id,), details={"who": act.by.name}
    )
    await notify(notice, key=f"{kind}/{case.id}", now=act.now)
