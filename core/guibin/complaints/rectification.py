"""Every complaint of a level that asks for it is reported to leadership with a plan, within the level's time (S14-7)."""

from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import structs

from guibin.audit.actions import recorded
from guibin.cases import Case
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.policy.complaints import ComplaintPolicy, Level
from guibin.policy.terms import Terms
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin_tenants import org_units
from guibin_tenants.rows import add, given, locked
from guibin_tenants.scope import fetch_value

from .levels import RECTIFICATION, SUBJECT, case_of
from .queries import LISTED, ComplaintView
from .refusals import AlreadyRectified, MergedElsewhere
from .requests import NewRectification
from .tables import Complaint, ComplaintRectification


async def rectify(complaint_id: UUID, new: NewRectification, act: Act) -> ComplaintView:
    """Report to leadership how it is kept from happening again; leadership is told. Raises NotFound, AlreadyRectified."""
    complaint = await locked(Complaint, complaint_id)
    if complaint["merged_into_id"] is not None:
        raise MergedElsewhere(f"Complaint {complaint['number']} goes on as {complaint['merged_into_id']}")
    if await _plan_of(complaint_id):
        raise AlreadyRectified(f"Complaint {complaint['number']} has its rectification plan")
    await add(ComplaintRectification, act, complaint_id=complaint_id, **given(new))
    await sla.complete_if_any(complaint_id, RECTIFICATION, at=act.now, now=act.now)
    case = case_of(complaint)
    head = await org_units.head_office()
    leaders = act.policy.complaints.leadership
    await _tell(case, complaint["number"], "complaint_rectified", leaders, at=head.id if head else None, now=act.now)
    return await recorded("rectify", case, LISTED, act)


async def report(case: Case, number: str, policy: ComplaintPolicy, *, now: datetime) -> None:
    """Tell the posts of the policy's complaint centre at once that the complaint was taken in; nobody where the policy has no centre."""
    if policy.centre:
        await _tell(case, number, "complaint_reported", policy.centre, at=None, now=now)


def first(case: Case, level: Level, policy: ComplaintPolicy, *, at: datetime) -> list[NewTimer]:
    """The time for the plan, where the level asks for one: to be started, from the receipt at `at`."""
    return [_timer(case, level, policy, at=at)] if level.rectify_within is not None else []


async def follow_level(complaint: asyncpg.Record, level: Level, act: Act) -> None:
    """Another level may ask for a plan, in another time, or for none; the time still counts from the receipt."""
    if await _plan_of(complaint["id"]):
        return
    runs = await fetch_value(
        "select true from timer where subject_id = $1 and milestone = $2 and completed_at is null"
        " and cancelled_at is null",
        complaint["id"],
        RECTIFICATION,
    )
    if level.rectify_within is None:
        await sla.cancel(complaint["id"], RECTIFICATION, now=act.now)
    elif runs:
        await sla.relimit(complaint["id"], RECTIFICATION, act, terms=_terms(level, act.policy.complaints))
    else:
        earlier = await fetch_value(
            "select count(*)::int from timer where subject_id = $1 and milestone = $2", complaint["id"], RECTIFICATION
        )
        due = _timer(case_of(complaint), level, act.policy.complaints, at=complaint["received_at"])
        await sla.start(structs.replace(due, occurrence=earlier + 1))


async def _plan_of(complaint_id: UUID) -> UUID | None:
    found: UUID | None = await fetch_value(
        "select id from complaint_rectification where complaint_id = $1", complaint_id
    )
    return found


def _timer(case: Case, level: Level, policy: ComplaintPolicy, *, at: datetime) -> NewTimer:
    return NewTimer(Case(SUBJECT, case.id, case.customer_id), RECTIFICATION, _terms(level, policy), at)


def _terms(level: Level, policy: ComplaintPolicy) -> Terms:
    assert level.rectify_within is not None
    return level.terms(level.rectify_within, clause=level.clause or policy.clause)


async def _tell(case: Case, number: str, kind: str, roles: tuple[str, ...], *, at: UUID | None, now: datetime) -> None:
    """Tell those with the roles, in the org unit `at` or where the case belongs."""
    notice = Notice(
        kind, Case(SUBJECT, case.id, case.customer_id), org_unit_id=at, roles=roles, details={"number": number}
    )
    await notify(notice, key=f"{kind}/{case.id}", now=now)
