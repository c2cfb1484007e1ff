"""Leadership hears at once of every complaint of a level that asks for a plan, and of the plan within the level's time (S14-7, S14-11)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct, structs

from guibin.audit.actions import recorded
from guibin.cases import Case
from guibin.context import Act
from guibin.notices.actions import Notice, Telling, notify_all
from guibin.policy.complaints import ComplaintPolicy, Level
from guibin.policy.terms import Terms
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin_tenants.rows import add, given, locked
from guibin_tenants.scope import fetch_value

from . import recusals
from .levels import LEADERSHIP_TOLD, RECTIFICATION, SUBJECT, case_of
from .queries import LISTED, ComplaintView
from .refusals import AlreadyRectified, MergedElsewhere
from .requests import NewRectification
from .tables import Complaint, ComplaintRectification


class Report(Struct, frozen=True):
    """A complaint of which something is told `at` a moment, to nobody of `but`, since it is against them. `planned` is one of a
    level that asks for a plan."""

    case: Case
    number: str
    at: datetime
    but: tuple[UUID, ...] = ()
    planned: bool = True


async def rectify(complaint_id: UUID, new: NewRectification, act: Act) -> ComplaintView:
    """Report to leadership how it is kept from happening again; leadership is told. Raises NotFound, Recused, AlreadyRectified."""
    complaint = await locked(Complaint, complaint_id)
    await recusals.refuse_recused(complaint_id, act.by.person)
    if complaint["merged_into_id"] is not None:
        raise MergedElsewhere(f"Complaint {complaint['number']} goes on as {complaint['merged_into_id']}")
    if await _plan_of(complaint_id):
        raise AlreadyRectified(f"Complaint {complaint['number']} has its rectification plan")
    await add(ComplaintRectification, act, complaint_id=complaint_id, **given(new))
    await sla.complete_if_any(complaint_id, RECTIFICATION, at=act.now, now=act.now)
    leaders = act.policy.complaints.leadership
    case, but = case_of(complaint), tuple(await recusals.of(complaint_id))
    told = Report(case, complaint["number"], act.now, but)
    await notify_all([_telling(told, "complaint_rectified", leaders, at_head_office=True)])
    return await recorded("rectify", case, LISTED, act)


async def report(several: Sequence[Report], policy: ComplaintPolicy, *, also: Sequence[Telling] = ()) -> None:
    """At once the posts of the policy's complaint centre hear of each that was taken in, nobody where the policy has no
    centre; and leadership of each whose level asks for a plan, which follows in its own time (S14-11). `also` is told with it."""
    to_centre = [_telling(one, "complaint_reported", policy.centre) for one in several if policy.centre]
    await notify_all([*to_centre, *_to_leadership(several, policy), *also])


def _to_leadership(several: Sequence[Report], policy: ComplaintPolicy) -> list[Telling]:
    leaders = policy.leadership
    return [_telling(one, LEADERSHIP_TOLD, leaders, at_head_office=True) for one in several if one.planned and leaders]


def first(case: Case, level: Level, policy: ComplaintPolicy, *, at: datetime) -> list[NewTimer]:
    """The time for the plan, where the level asks for one: to be started, from the receipt at `at`."""
    return [_timer(case, level, policy, at=at)] if level.rectify_within is not None else []


async def follow_level(complaint: asyncpg.Record, level: Level, act: Act) -> None:
    """Another level may ask for a plan, in another time, or for none; the time still counts from the receipt. Leadership that
    was not told before hears now."""
    if await _plan_of(complaint["id"]):
        return
    if level.rectify_within is not None:
        but = tuple(await recusals.of(complaint["id"]))
        judged = Report(case_of(complaint), complaint["number"], act.now, but)
        await notify_all(_to_leadership([judged], act.policy.complaints))
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


def _telling(told: Report, kind: str, roles: tuple[str, ...], *, at_head_office: bool = False) -> Telling:
    """To those with the roles once, at the head office or where the case belongs."""
    case = Case(SUBJECT, told.case.id, told.case.customer_id)
    notice = Notice(
        kind, case, at_head_office=at_head_office, roles=roles, but=told.but, details={"number": told.number}
    )
    return Telling(notice, key=f"{kind}/{case.id}", now=told.at)
