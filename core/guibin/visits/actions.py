"""A visit from its plan to the filed record (S07-12). Its day is a deadline like any other: the clock warns and tells."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.policy.deadlines import Days
from guibin.policy.terms import Escalation, Terms
from guibin.profiles.refusals import ArchiveErased
from guibin.records.actions import refuse_wrong, write_disclosure, write_interaction
from guibin.records.requests import NewDisclosure, NewInteraction
from guibin.records.subjects import Actor, actor, refuse_unless_kept
from guibin.records.words import channels_of
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin_tenants.refusals import FieldError, Invalid, NotFound
from guibin_tenants.scope import execute, fetch_one, fetch_value
from guibin_tenants.tables import new_id

from . import queries
from .queries import VisitForm
from .refusals import AlreadySigned, NotCarriedOut, NotPlanned, SignatureMissing
from .requests import NewCancellation, NewFiling, NewSignature, NewVisit, NewVisitRecord, NewVisitTime
from .sealing import checked_type, opened_signature, sealed_signature

SUBJECT, MILESTONE = "visit", "carried_out"
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
    visit_id = new_id()
    timer = await sla.start(
        NewTimer(
            subject=SUBJECT,
            subject_id=visit_id,
            customer_id=new.customer_id,
            milestone=MILESTONE,
            terms=Terms(limit=Days(0), escalations=(Escalation("manager"),), clause=act.policy.visits.clause),
            started_at=new.planned_at,
        )
    )
    await execute(
        "insert into visit (id, customer_id, staff_id, staff_name, planned_at, due_at, purpose, place, state,"
        " planned_by, planned_by_name, recorded_at, version)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, 'planned', $9, $10, $11, 1)",
        visit_id,
        new.customer_id,
        goes.id,
        goes.name,
        new.planned_at,
        timer.due_at,
        new.purpose,
        new.place,
        act.by.id,
        act.by.name,
        act.now,
    )
    await record(_note("visit.plan", visit_id, new.customer_id), act)
    return await queries.visit(visit_id, now=act.now)


async def move(visit_id: UUID, new: NewVisitTime, act: Act) -> VisitForm:
    """Give it another time; the plan before and the reason stay. Raises Invalid, NotFound, NotPlanned."""
    _refuse_past(new.planned_at, act.now)
    visit = await _planned(visit_id)
    await _write_change(visit, new.planned_at, new.reason, act)
    moved = await sla.restart(visit_id, MILESTONE, act, started_at=new.planned_at)
    await execute(
        "update visit set planned_at = $2, due_at = $3, version = version + 1 where id = $1",
        visit_id,
        new.planned_at,
        moved.due_after,
    )
    await record(_note("visit.move", visit_id, visit["customer_id"]), act)
    return await queries.visit(visit_id, now=act.now)


async def cancel(visit_id: UUID, new: NewCancellation, act: Act) -> VisitForm:
    """It does not take place. Raises NotFound, NotPlanned."""
    visit = await _planned(visit_id)
    await _write_change(visit, None, new.reason, act)
    await sla.cancel(visit_id, MILESTONE, now=act.now)
    await _set_state(visit_id, "cancelled")
    await record(_note("visit.cancel", visit_id, visit["customer_id"]), act)
    return await queries.visit(visit_id, now=act.now)


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
    interaction_id = await write_interaction(contact, act, had_by=went)
    ended = await sla.complete(visit_id, MILESTONE, at=happened_at, now=act.now)
    await execute(
        "insert into visit_record (id, visit_id, customer_id, interaction_id, settles_problem, in_time, carried_out_at)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        new_id(),
        visit_id,
        visit["customer_id"],
        interaction_id,
        new.settles_problem,
        ended.met,
        happened_at,
    )
    await _set_state(visit_id, "carried_out")
    await record(_note("visit.carry_out", visit_id, visit["customer_id"]), act)
    return await queries.visit(visit_id, now=act.now)


async def sign(visit_id: UUID, new: NewSignature, act: Act) -> VisitForm:
    """Keep the customer's signature, sealed. Raises Invalid, NotFound, NotCarriedOut, AlreadySigned, ArchiveErased."""
    media_type = checked_type(new.content)
    visit = await _carried_out(visit_id)
    await refuse_unless_kept(visit["customer_id"])
    if await fetch_value("select id from visit_signature where visit_id = $1", visit_id) is not None:
        raise AlreadySigned("What the customer signed is not exchanged; record another visit for another signature")
    row = new_id()
    await execute(
        "insert into visit_signature (id, visit_id, customer_id, signed_by, media_type, bytes_count, sealed, taken_by,"
        " taken_by_name, taken_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        row,
        visit_id,
        visit["customer_id"],
        new.signed_by,
        media_type,
        len(new.content),
        await sealed_signature(new.content, customer_id=visit["customer_id"], row=row),
        act.by.id,
        act.by.name,
        act.now,
    )
    await record(_note("visit.sign", visit_id, visit["customer_id"]), act)
    return await queries.visit(visit_id, now=act.now)


async def disclose_signature(visit_id: UUID, new: NewDisclosure, act: Act) -> DisclosedSignature:
    """Show the signature, with the purpose on record (S07-8). Raises NotFound, ArchiveErased."""
    row = await fetch_one(
        "select s.id, s.customer_id, s.media_type, s.sealed, c.erased_at from visit_signature s"
        " join customer c on c.tenant_id = s.tenant_id and c.id = s.customer_id where s.visit_id = $1",
        visit_id,
    )
    if row is None:
        raise NotFound(f"There is no signature of a visit {visit_id}")
    if row["erased_at"] is not None:
        raise ArchiveErased(f"The archive of customer {row['customer_id']} was erased: its signatures open no more")
    content = await opened_signature(bytes(row["sealed"]), customer_id=row["customer_id"], row=row["id"])
    note = AuditNote(
        action="visit.disclose",
        subject=SUBJECT,
        subject_id=visit_id,
        customer_id=row["customer_id"],
        fields=("signature",),
        purpose=new.purpose,
    )
    await write_disclosure(row["customer_id"], note, act)
    return DisclosedSignature(visit_id, new.purpose, row["media_type"], content)


async def file_visit(visit_id: UUID, new: NewFiling, act: Act) -> VisitForm:
    """The material is complete. Raises NotFound, NotCarriedOut, and SignatureMissing where policy asks for one (S07-12)."""
    visit = await _carried_out(visit_id)
    done = await fetch_one(
        "select r.settles_problem, s.id as signature from visit_record r"
        " left join visit_signature s on s.tenant_id = r.tenant_id and s.visit_id = r.visit_id where r.visit_id = $1",
        visit_id,
    )
    if act.policy.visits.signature_when_settling and done and done["settles_problem"] and done["signature"] is None:
        raise SignatureMissing("The visit settled a concrete problem: let the customer sign, then file it")
    await execute(
        "insert into visit_filing (id, visit_id, customer_id, note, filed_by, filed_by_name, filed_at)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        new_id(),
        visit_id,
        visit["customer_id"],
        new.note,
        act.by.id,
        act.by.name,
        act.now,
    )
    await _set_state(visit_id, "filed")
    await record(_note("visit.file", visit_id, visit["customer_id"]), act)
    return await queries.visit(visit_id, now=act.now)


def _refuse_past(planned_at: datetime, now: datetime) -> None:
    if planned_at < now:
        fix = "record what took place as an interaction on the channel visit"
        raise Invalid(fields=(FieldError("planned_at", "not in the past", fix, planned_at.isoformat()),))
    if planned_at - now > timedelta(days=AHEAD_DAYS_MAX):
        raise Invalid(
            fields=(FieldError("planned_at", f"at most {AHEAD_DAYS_MAX} days ahead", value=planned_at.isoformat()),)
        )


async def _locked(visit_id: UUID) -> asyncpg.Record:
    visit = await fetch_one("select * from visit where id = $1 for update", visit_id)
    if visit is None:
        raise NotFound(f"There is no visit {visit_id}")
    return visit


async def _planned(visit_id: UUID) -> asyncpg.Record:
    visit = await _locked(visit_id)
    if visit["state"] != "planned":
        raise NotPlanned(f"Its state is {visit['state']}; plan another visit")
    return visit


async def _carried_out(visit_id: UUID) -> asyncpg.Record:
    visit = await _locked(visit_id)
    if visit["state"] != "carried_out":
        raise NotCarriedOut(f"Its state is {visit['state']}")
    return visit


async def _set_state(visit_id: UUID, state: str) -> None:
    await execute("update visit set state = $2, version = version + 1 where id = $1", visit_id, state)


async def _write_change(visit: asyncpg.Record, to_at: datetime | None, reason: str, act: Act) -> None:
    await execute(
        "insert into visit_change (id, visit_id, customer_id, from_at, to_at, reason, changed_by, changed_by_name,"
        " changed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new_id(),
        visit["id"],
        visit["customer_id"],
        visit["planned_at"],
        to_at,
        reason,
        act.by.id,
        act.by.name,
        act.now,
    )


def _note(action: str, visit_id: UUID, customer_id: UUID) -> AuditNote:
    return AuditNote(action=action, subject=SUBJECT, subject_id=visit_id, customer_id=customer_id)
