"""Every complaint of a level that asks for it is reported to leadership with a plan, within the level's time (S14-7)."""

from datetime import datetime
from uuid import UUID

import asyncpg

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.policy.complaints import ComplaintPolicy, Level
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin.sla.plans import Terms
from guibin_tenants import org_units
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import execute, fetch_one, fetch_value
from guibin_tenants.tables import new_id

from .levels import RECTIFICATION, SUBJECT
from .queries import ComplaintView, by_id
from .refusals import AlreadyRectified, MergedElsewhere
from .requests import NewRectification


async def rectify(complaint_id: UUID, new: NewRectification, act: Act) -> ComplaintView:
    """Report to leadership how it is kept from happening again; leadership is told. Raises NotFound, AlreadyRectified."""
    complaint = await fetch_one(
        "select id, number, customer_id, merged_into_id from complaint where id = $1 for update", complaint_id
    )
    if complaint is None:
        raise NotFound(f"There is no complaint {complaint_id}")
    if complaint["merged_into_id"] is not None:
        raise MergedElsewhere(f"Complaint {complaint['number']} goes on as {complaint['merged_into_id']}")
    if await _plan_of(complaint_id):
        raise AlreadyRectified(f"Complaint {complaint['number']} has its rectification plan")
    await execute(
        "insert into complaint_rectification (id, complaint_id, plan, reported_to, reported_by, reported_by_name,"
        " reported_at) values ($1, $2, $3, $4, $5, $6, $7)",
        new_id(),
        complaint_id,
        new.plan,
        new.reported_to,
        act.by.id,
        act.by.name,
        act.now,
    )
    await sla.complete_if_any(complaint_id, RECTIFICATION, at=act.now, now=act.now)
    await _tell(complaint, "complaint_rectified", act.policy.complaints.leadership, at_head_office=True, now=act.now)
    note = AuditNote(
        action="complaint.rectify",
        subject=SUBJECT,
        subject_id=complaint_id,
        customer_id=complaint["customer_id"],
    )
    await record(note, act)
    return await by_id(complaint_id)


async def begin(complaint_id: UUID, level: Level, *, policy: ComplaintPolicy, at: datetime, now: datetime) -> None:
    """The centre hears of the complaint, and the plan's time runs from its receipt."""
    complaint = await fetch_one("select id, number, customer_id from complaint where id = $1", complaint_id)
    if complaint is None:
        raise NotFound(f"There is no complaint {complaint_id}")
    if policy.centre:
        await _tell(complaint, "complaint_reported", policy.centre, at_head_office=False, now=now)
    if level.rectify_within is not None:
        await _start(complaint, level, policy, at=at)


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
        await _start(complaint, level, act.policy.complaints, at=complaint["received_at"])


async def _plan_of(complaint_id: UUID) -> UUID | None:
    found: UUID | None = await fetch_value(
        "select id from complaint_rectification where complaint_id = $1", complaint_id
    )
    return found


async def _start(complaint: asyncpg.Record, level: Level, policy: ComplaintPolicy, *, at: datetime) -> None:
    earlier = await fetch_value(
        "select count(*)::int from timer where subject_id = $1 and milestone = $2", complaint["id"], RECTIFICATION
    )
    await sla.start(
        NewTimer(
            subject=SUBJECT,
            subject_id=complaint["id"],
            customer_id=complaint["customer_id"],
            milestone=RECTIFICATION,
            occurrence=earlier + 1,
            terms=_terms(level, policy),
            started_at=at,
        )
    )


def _terms(level: Level, policy: ComplaintPolicy) -> Terms:
    assert level.rectify_within is not None
    return Terms(
        limit=level.rectify_within,
        calendar=level.calendar,
        warn_at_percent=level.warn_at_percent,
        escalations=level.escalations,
        clause=level.clause or policy.clause,
    )


async def _tell(
    complaint: asyncpg.Record, kind: str, roles: tuple[str, ...], *, at_head_office: bool, now: datetime
) -> None:
    head = await org_units.head_office() if at_head_office else None
    notice = Notice(
        kind=kind,
        subject=SUBJECT,
        subject_id=complaint["id"],
        customer_id=complaint["customer_id"],
        org_unit_id=head.id if head else None,
        roles=roles,
        details={"number": complaint["number"]},
    )
    await notify(notice, key=f"{kind}/{complaint['id']}", now=now)
