"""Keeping what people have learned on record, and refusing customers to whoever has not (S10-9)."""

from datetime import date
from uuid import UUID

from guibin.audit.actions import noted
from guibin.cases import Case
from guibin.cases.requests import Because
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.periods.quotas import add_months
from guibin.profiles.subjects import QUALIFIED
from guibin_tenants.receivers import colleague
from guibin_tenants.refusals import FieldError, Invalid, refuse
from guibin_tenants.rows import add, change, locked
from guibin_tenants.staff import by_id

from . import queries
from .queries import RECORDS, RecordView
from .refusals import NotYourTeam, RecordWithdrawn
from .requests import NewQualification
from .tables import QualificationRecord

SUBJECT = "qualification_record"


async def record(new: NewQualification, act: Act) -> RecordView:
    """Somebody obtained it; they are told. Raises Invalid with every wrong field, NotYourTeam."""
    known = queries.qualification_of(act.policy, new.qualification)
    problems = []
    if known is None:
        names = ", ".join(each.name for each in act.policy.qualifications) or "none: the policy wants none"
        problems.append(
            FieldError("qualification", "a qualification of the policy", f"one of: {names}", new.qualification)
        )
    if new.obtained_on > act.today:
        problems.append(FieldError("obtained_on", "not a day to come", value=new.obtained_on.isoformat()))
    if new.valid_until is not None and new.valid_until < new.obtained_on:
        problems.append(FieldError("valid_until", "not before it was obtained", value=new.valid_until.isoformat()))
    refuse(problems, "The qualification was not recorded")
    assert known is not None  # refused above
    who = await colleague(new.staff_id)
    await _refuse_strange(new.staff_id, act)
    months = known.valid_months
    longest = None if months is None else add_months(new.obtained_on, months)
    record_id = await add(
        QualificationRecord,
        act,
        staff_id=new.staff_id,
        staff_name=who.name,
        qualification=new.qualification,
        obtained_on=new.obtained_on,
        valid_until=_earlier(new.valid_until, longest),
        certificate=new.certificate,
        note=new.note,
    )
    told = Notice(
        "qualification_recorded",
        Case(SUBJECT, record_id),
        staff_ids=(new.staff_id,),
        details={"qualification": new.qualification},
    )
    await notify(told, key=f"qualification_recorded/{record_id}", now=act.now)
    return await _done("record", record_id, act)


async def withdraw(record_id: UUID, new: Because, act: Act) -> RecordView:
    """It was recorded wrongly, or is taken away. Raises NotFound, NotYourTeam, RecordWithdrawn."""
    row = await locked(QualificationRecord, record_id)
    await _refuse_strange(row["staff_id"], act)
    if row["withdrawn_at"] is not None:
        raise RecordWithdrawn(f"It was withdrawn: {row['withdrawn_because']}")
    await change(QualificationRecord, record_id, act, withdrawn_because=new.reason)
    return await _done("withdraw", record_id, act)


async def refuse_unqualified(staff_id: UUID, act: Act) -> None:
    """Raises Invalid where the policy gives new customers only to whoever has what their post needs, and this one has not."""
    binding = {each.name for each in act.policy.qualifications if each.for_new_customers}
    if not binding:
        return
    lacking = [
        each.qualification
        for each in await queries.standings(act, staff_ids=(staff_id,))
        if each.qualification in binding and each.state in ("lapsed", "missing")
    ]
    if lacking:
        titles = ", ".join(act.policy.title(f"staff_qualification.{name}", act.language) for name in lacking)
        rule, fix = "somebody who has the qualifications of their post", f"record or renew first: {titles}"
        raise Invalid.at("account_manager_id", rule, fix, str(staff_id))


QUALIFIED.give(refuse_unqualified)


async def _refuse_strange(staff_id: UUID, act: Act) -> None:
    """Nobody keeps their own, nor those of whom they do not lead."""
    if not queries.kept_by(await by_id(staff_id), act.by):
        raise NotYourTeam("Qualifications are kept by whoever leads the member of staff")


def _earlier(one: date | None, other: date | None) -> date | None:
    return min((day for day in (one, other) if day is not None), default=None)


async def _done(verb: str, record_id: UUID, act: Act) -> RecordView:
    await noted(f"qualification_record.{verb}", act, subject=SUBJECT, subject_id=record_id, shown=0)
    return await RECORDS.one(record_id, **queries.looking(act))
