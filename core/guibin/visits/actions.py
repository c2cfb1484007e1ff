"""A visit from its plan to the filed record (S07-12). Its day is a deadline like any other: the clock warns and tells."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin import events
from guibin.audit.actions import done
from guibin.cases import Case
from guibin.cases.requests import Because, NewDisclosure
from guibin.context import Act
from guibin.events import ArchiveEnds, VisitCarriedOut, at_once
from guibin.notices.actions import Notice, notify
from guibin.policy.deadlines import Days
from guibin.policy.terms import Escalation, Terms
from guibin.profiles import disclosures
from guibin.profiles.queries import customer_of, standing
from guibin.profiles.refusals import ArchiveErased
from guibin.profiles.subjects import Actor, actor, refuse_blind, refuse_unless_kept
from guibin.records.actions import refuse_wrong, write_interaction
from guibin.records.requests import NewInteraction, channels_of
from guibin.signatures import actions as signing
from guibin.signatures.refusals import AlreadySigned
from guibin.signatures.requests import NewSignature
from guibin.signatures.sealing import checked_type, opened_signature, sealed_signature
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin_tenants.refusals import Invalid, NotFound
from guibin_tenants.rows import add, change, given, locked
from guibin_tenants.scope import fetch, fetch_one, fetch_value
from guibin_tenants.tables import new_id

from . import queries
from .queries import VisitForm, VisitView
from .refusals import NotCarriedOut, NotPlanned
from .requests import NewFiling, NewVisit, NewVisitRecord, NewVisitTime
from .tables import Visit, VisitChange, VisitFiling, VisitRecord, VisitSignature

SUBJECT = "visit"
MILESTONE = "carried_out"
AHEAD_DAYS_MAX = 730


class DisclosedSignature(Struct, frozen=True):
    """The signature in clear, this once: a file in base64."""

    visit_id: UUID
    purpose: str
    media_type: str
    content: bytes


async def plan(new: NewVisit, act: Act) -> VisitForm:
    """Plan a visit; it is due until the end of its day. Raises Invalid, NotFound, ArchiveErased."""
    _refuse_past(new.planned_at, act.now)
    await refuse_unless_kept(new.customer_id)
    goes = await actor(new.staff_id, act.by)
    await refuse_blind(new.customer_id, staff_id=None if goes.id == act.by.id else goes.id)
    visit_id = new_id()
    timer = await sla.start(
        NewTimer(
            Case(SUBJECT, visit_id, new.customer_id),
            MILESTONE,
            Terms(limit=Days(0), escalations=(Escalation("manager"),), clause=act.policy.visits.clause),
            new.planned_at,
        )
    )
    await add(
        Visit,
        act,
        id=visit_id,
        customer_id=new.customer_id,
        staff_id=goes.id,
        staff_name=goes.name,
        planned_at=new.planned_at,
        due_at=timer.due_at,
        purpose=new.purpose,
        place=new.place,
        recorded_at=act.now,
    )
    await done("plan", _case(visit_id, new.customer_id), act)
    return await queries.visit(visit_id, now=act.now)


async def move(visit_id: UUID, new: NewVisitTime, act: Act) -> VisitForm:
    """Give it another time; the plan before and the reason stay. Raises Invalid, NotFound, NotPlanned."""
    _refuse_past(new.planned_at, act.now)
    visit = await _planned(visit_id)
    await _write_change(visit, new.planned_at, new.reason, act)
    moved = await sla.restart(visit_id, MILESTONE, act, started_at=new.planned_at)
    await change(Visit, visit_id, planned_at=new.planned_at, due_at=moved.due_after)
    await done("move", _case(visit_id, visit["customer_id"]), act)
    return await queries.visit(visit_id, now=act.now)


async def cancel(visit_id: UUID, new: Because, act: Act) -> VisitForm:
    """It does not take place. Raises NotFound, NotPlanned."""
    await _cancel(visit_id, new.reason, act)
    return await queries.visit(visit_id, now=act.now)


async def _cancel(visit_id: UUID, reason: str, act: Act) -> None:
    visit = await _planned(visit_id)
    await _write_change(visit, None, reason, act)
    await sla.cancel(visit_id, MILESTONE, now=act.now)
    await change(Visit, visit_id, state="cancelled")
    await done("cancel", _case(visit_id, visit["customer_id"]), act)


@at_once(ArchiveEnds)
async def cancel_with_archive(ends: ArchiveEnds, act: Act) -> None:
    """Nobody goes to see a customer who is served no more, or whom nobody knows any more (S07-35)."""
    rows = await fetch(
        "select id from visit where customer_id = $1 and state = 'planned' order by id", ends.customer_id
    )
    for row in rows:
        await _cancel(row["id"], ends.reason, act)


async def carry_out(visit_id: UUID, new: NewVisitRecord, act: Act) -> VisitForm:
    """Write its detailed record, a contact like any other (S07-25). Raises Invalid, NotFound, NotPlanned, ArchiveErased."""
    visit = await _planned(visit_id)
    await refuse_unless_kept(visit["customer_id"])
    happened_at = new.happened_at or act.now
    contact = NewInteraction(
        customer_id=visit["customer_id"],
        channel=new.method,
        direction="out",
        content=new.content,
        happened_at=happened_at,
        duration_minutes=new.duration_minutes,
        place=visit["place"] if new.place is None else new.place,
        number=new.number,
        need=new.need,
        handling=new.handling,
        handled=new.handled,
    )
    refuse_wrong(contact, channels_of(act.policy), now=act.now, renamed={"channel": "method"})
    went = Actor(visit["staff_id"], visit["staff_name"])
    manager_id = (await standing(visit["customer_id"])).account_manager_id
    if new.manager_rating is not None and manager_id in (None, went.id):
        raise Invalid.at("manager_rating", "a rating of an account manager by somebody else", "leave it out")
    interaction_id = await write_interaction(contact, act, had_by=went)
    ended = await sla.complete(visit_id, MILESTONE, at=happened_at, now=act.now)
    await add(
        VisitRecord,
        visit_id=visit_id,
        customer_id=visit["customer_id"],
        interaction_id=interaction_id,
        settles_problem=new.settles_problem or (new.handled and bool(new.need.strip())),
        in_time=ended.met,
        carried_out_at=happened_at,
        concerns=new.concerns,
        manager_rating=new.manager_rating,
        rated_id=manager_id if new.manager_rating is not None else None,
    )
    await change(Visit, visit_id, state="carried_out")
    await events.happen(VisitCarriedOut(visit_id, visit["customer_id"]), act)
    if manager_id is not None and manager_id != went.id:
        told = Notice(
            "leader_visited", _case(visit_id, visit["customer_id"]), staff_ids=(manager_id,), details={"who": went.name}
        )
        await notify(told, key=f"leader_visited/{visit_id}", now=act.now)
    await done("carry_out", _case(visit_id, visit["customer_id"]), act)
    return await queries.visit(visit_id, now=act.now)


async def sign(visit_id: UUID, new: NewSignature, act: Act) -> VisitForm:
    """Keep the customer's signature, sealed. Raises Invalid, NotFound, NotCarriedOut, AlreadySigned, ArchiveErased."""
    media_type = checked_type(new.content)
    visit = await _carried_out(visit_id)
    await refuse_unless_kept(visit["customer_id"])
    if await fetch_value("select id from visit_signature where visit_id = $1", visit_id) is not None:
        raise AlreadySigned("What the customer signed is not exchanged; record another visit for another signature")
    row = new_id()
    await add(
        VisitSignature,
        act,
        id=row,
        visit_id=visit_id,
        customer_id=visit["customer_id"],
        signed_by=new.signed_by,
        media_type=media_type,
        bytes_count=len(new.content),
        sealed=await sealed_signature(new.content, customer_id=visit["customer_id"], row=row),
    )
    await done("sign", _case(visit_id, visit["customer_id"]), act)
    return await queries.visit(visit_id, now=act.now)


async def disclose_signature(visit_id: UUID, new: NewDisclosure, act: Act) -> DisclosedSignature:
    """Show the signature, with the purpose on record (S07-8). Raises NotFound, ArchiveErased."""
    signature = await fetch_one(
        "select s.id, s.customer_id, s.media_type, s.sealed, c.erased_at from visit_signature s"
        f" {customer_of('c', 's')} where s.visit_id = $1",
        visit_id,
    )
    if signature is None:
        raise NotFound(f"There is no signature of a visit {visit_id}")
    customer_id = signature["customer_id"]
    if signature["erased_at"] is not None:
        raise ArchiveErased(f"The archive of customer {customer_id} was erased: its signatures open no more")
    content = await opened_signature(bytes(signature["sealed"]), customer_id=customer_id, row=signature["id"])
    await disclosures.keep(Case(SUBJECT, visit_id, customer_id), ("signature",), new, act)
    return DisclosedSignature(visit_id, new.purpose, signature["media_type"], content)


async def file_visit(visit_id: UUID, new: NewFiling, act: Act) -> VisitForm:
    """The material is complete. Raises NotFound, NotCarriedOut, Invalid for a reason where none is asked for, and
    SignatureMissing where policy asks for one and nothing says why it cannot be had (S07-12)."""
    visit = await _carried_out(visit_id)
    owed = owes_signature(await queries.visit(visit_id, now=act.now), act)
    signing.refuse_unsigned(new.unsigned_because, owed=owed)
    await add(VisitFiling, act, visit_id=visit_id, customer_id=visit["customer_id"], **given(new))
    await change(Visit, visit_id, state="filed")
    case = _case(visit_id, visit["customer_id"])
    await done("file", case, act)
    if owed:
        await signing.tell(signing.Occasion(case, "", "", visit["staff_name"]), act, kind="visit_unsigned")
    return await queries.visit(visit_id, now=act.now)


def owes_signature(visit: VisitView, act: Act) -> bool:
    """Whether the customer has still to sign for what the visit settled, by the company's policy (S07-12)."""
    return act.policy.visits.signature_when_settling and bool(visit.settles_problem) and visit.signed_at is None


def _refuse_past(planned_at: datetime, now: datetime) -> None:
    if planned_at < now:
        fix = "record what took place as an interaction on the channel visit"
        raise Invalid.at("planned_at", "not in the past", fix, planned_at.isoformat())
    if planned_at - now > timedelta(days=AHEAD_DAYS_MAX):
        raise Invalid.at("planned_at", f"at most {AHEAD_DAYS_MAX} days ahead", value=planned_at.isoformat())


async def _planned(visit_id: UUID) -> asyncpg.Record:
    visit = await locked(Visit, visit_id)
    if visit["state"] != "planned":
        raise NotPlanned(f"Its state is {visit['state']}; plan another visit")
    return visit


async def _carried_out(visit_id: UUID) -> asyncpg.Record:
    visit = await locked(Visit, visit_id)
    if visit["state"] != "carried_out":
        raise NotCarriedOut(f"Its state is {visit['state']}")
    return visit


async def _write_change(visit: asyncpg.Record, to_at: datetime | None, reason: str, act: Act) -> None:
    await add(
        VisitChange,
        act,
        visit_id=visit["id"],
        customer_id=visit["customer_id"],
        from_at=visit["planned_at"],
        to_at=to_at,
        reason=reason,
    )


def _case(visit_id: UUID, customer_id: UUID) -> Case:
    return Case(SUBJECT, visit_id, customer_id)
