"""A call from the moment it is answered, or nobody took it, to its place in the history of whoever called (S01-7, S05-5)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import recorded
from guibin.cases import Case
from guibin.cases.requests import Because, NewDisclosure
from guibin.context import Act
from guibin.duties import calls as duties
from guibin.events import ErasureBegins, at_once
from guibin.notation.spelling import paragraph
from guibin.notices.actions import Notice, notify
from guibin.profiles import disclosures
from guibin.profiles.subjects import Actor, refuse_unless_kept
from guibin.recognitions.actions import recognise
from guibin.recognitions.requests import NewRecognition, number_in
from guibin.records.actions import AHEAD_MAX, record_interaction
from guibin.records.requests import NewInteraction
from guibin.tiers.queries import tiers_of
from guibin_tenants.receivers import at_work, colleague
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.rows import add_all, change, locked
from guibin_tenants.scope import fetch, fetch_value
from guibin_tenants.tables import BLANK, new_id

from . import deadlines, sealing
from .deadlines import SUBJECT
from .queries import LISTED, CallView
from .refusals import AlreadyMatched, CallEnded, CallRuns, OpenedElsewhere
from .requests import NewCall, NewEnding, NewMatch, NewUnmatched
from .tables import HotlineCall

CHANNEL = "phone"


class DisclosedCaller(Struct, frozen=True):
    """The caller's number in clear, this once; empty when it was withheld or blanked."""

    call_id: UUID
    purpose: str
    number: str


async def open_call(new: NewCall, act: Act) -> CallView:
    """Open the contact at once, whoever calls. A call of a known customer's that nobody took is told to those who answer for
    the customer, and is to be called back.

    Raises Invalid, NotFound, ArchiveErased, OpenedElsewhere, and TooManyLookUps where the number is looked up.
    """
    _refuse_ahead(new, act.now)
    number = number_in(NewRecognition(phone=new.phone))
    answers, unit_id = (None, act.by.org_unit_id) if new.missed else await _answerer(new.staff_id, act)
    customer_id = new.customer_id or await _caller(number, act)
    if customer_id is not None:
        await refuse_unless_kept(customer_id)
    call_id, rang_at = new_id(), new.rang_at or act.now
    opened = {
        "id": call_id,
        "reference": new.reference,
        "customer_id": customer_id,
        "org_unit_id": unit_id,
        "number_sealed": await sealing.sealed(number, call_id=call_id, customer_id=customer_id) if number else None,
        "number_masked": sealing.shown(number) if number else "",
        "state": "missed" if new.missed else "open",
        "rang_at": rang_at,
        "answered_at": None if new.missed else act.now,
        "staff_id": answers.id if answers else None,
        "staff_name": answers.name if answers else "",
        **(_matched(act) if customer_id else {}),
    }
    if not await add_all(HotlineCall, act, [opened], unless=("opened_by", "reference")):
        return await _opened_before(new.reference or "", act)
    if new.missed:
        await _missed(call_id, opened, act)
    return await recorded("open", Case(SUBJECT, call_id, customer_id), LISTED, act)


async def match(call_id: UUID, new: NewMatch, act: Act) -> CallView:
    """Say whose call it was. One that is over goes into the customer's history.

    Raises NotFound, ArchiveErased, AlreadyMatched.
    """
    call = await locked(HotlineCall, call_id)
    if call["customer_id"] is not None and call["state"] != "open":
        raise AlreadyMatched("It stands in a customer's history: correct it there")
    await refuse_unless_kept(new.customer_id)
    number = await _number(call) if call["number_sealed"] is not None else ""
    await change(
        HotlineCall,
        call_id,
        customer_id=new.customer_id,
        number_sealed=await sealing.sealed(number, call_id=call_id, customer_id=new.customer_id) if number else None,
        unmatched_because="",
        **_matched(act),
    )
    known = {**call, "customer_id": new.customer_id}
    if call["state"] == "missed":
        await _tell_missed(known, act)
        await deadlines.retier(call_id, await tiers_of(new.customer_id, on=act.today), act)
    elif call["ended_at"] is not None:
        await _keep(known, _ending(call), act)
    return await recorded("match", Case(SUBJECT, call_id, new.customer_id), LISTED, act)


async def end(call_id: UUID, new: NewEnding, act: Act) -> CallView:
    """The call is over, or the one that nobody took was called back, and what came of it. Whose nobody knows yet waits to be
    matched; one that was not ours waits for nothing.

    Raises Invalid, NotFound, CallEnded, ArchiveErased.
    """
    call = await locked(HotlineCall, call_id)
    if call["state"] not in ("open", "missed"):
        raise CallEnded(f"It ended at {call['ended_at']}")
    new = _as_kept(new)
    if new.handled and not new.handling:
        rule, fix = "what was done, when handled is true", "say it, or leave handled out"
        raise Invalid(fields=(FieldError("handling", rule, fix),))
    unknown = call["customer_id"] is None and new.outcome != "not_ours"
    await deadlines.met(call_id, now=act.now)
    await duties.settle(call_id, act)
    await change(
        HotlineCall,
        call_id,
        act,
        state="unmatched" if unknown else "done",
        outcome=new.outcome,
        content=new.content,
        need=new.need,
        wants=new.wants,
        handling=new.handling,
        handled=new.handled,
        **({} if call["staff_id"] else {"staff_id": act.by.id, "staff_name": act.by.name}),
    )
    if unknown:
        await deadlines.owe_match(Case(SUBJECT, call_id), policy=act.policy.hotline, since=act.now)
    elif new.outcome != "not_ours":
        await _keep(call, new, act)
    return await recorded("end", Case(SUBJECT, call_id, call["customer_id"]), LISTED, act)


async def leave_unmatched(call_id: UUID, new: NewUnmatched, act: Act) -> CallView:
    """Nobody can say whose call it was: it waits no longer. It can be matched still. Raises NotFound, CallRuns, AlreadyMatched."""
    call = await locked(HotlineCall, call_id)
    if call["customer_id"] is not None:
        raise AlreadyMatched("It is known whose call it was")
    if call["state"] != "unmatched":
        raise CallRuns(f"Its state is {call['state']}: say first how it ended")
    await deadlines.met(call_id, now=act.now)
    await change(HotlineCall, call_id, state="done", unmatched_because=new.reason)
    return await recorded("leave_unmatched", Case(SUBJECT, call_id), LISTED, act)


async def disclose(call_id: UUID, new: NewDisclosure, act: Act) -> DisclosedCaller:
    """Show the caller's number in clear, with the purpose on record. Raises Invalid, NotFound, ArchiveErased."""
    return await _shown(await locked(HotlineCall, call_id), new, act)


async def number_to_call(call_id: UUID, new: NewDisclosure, act: Act) -> DisclosedCaller:
    """A stranger's number for whoever is to call back, with the purpose on record: it stands in nobody's archive.

    Raises Invalid, NotFound, and AlreadyMatched for a customer's, which asks for the right to disclose.
    """
    call = await locked(HotlineCall, call_id)
    if call["customer_id"] is not None:
        raise AlreadyMatched("It is a customer's: disclose it")
    return await _shown(call, new, act)


@at_once(ErasureBegins)
async def end_with_archive(erased: ErasureBegins, act: Act) -> None:
    """Nobody calls back a customer who is erased."""
    rows = await fetch(
        "select id from hotline_call where customer_id = $1 and state = 'missed' order by id", erased.customer_id
    )
    for row in rows:
        await deadlines.met(row["id"], now=act.now)
        await change(HotlineCall, row["id"], state="done")


async def blank(call_id: UUID, new: Because, act: Act) -> CallView:
    """Take away what is known of a caller who is nobody's customer: the number and every word; that somebody called stays.

    A customer's goes with the archive. Raises NotFound, CallRuns, AlreadyMatched.
    """
    call = await locked(HotlineCall, call_id)
    if call["customer_id"] is not None:
        raise AlreadyMatched("It is a customer's: it goes when their archive is erased")
    if call["state"] != "done":
        raise CallRuns(f"Its state is {call['state']}: end it, and say why nobody can say whose it was")
    words = {name: BLANK for name in ("content", "need", "handling", "unmatched_because") if call[name]}
    masked = BLANK if call["number_masked"] else ""
    await change(HotlineCall, call_id, number_sealed=None, number_masked=masked, reference=None, **words)
    return await recorded("blank", Case(SUBJECT, call_id), LISTED, act, purpose=new.reason)


async def _shown(call: Mapping[str, Any], new: NewDisclosure, act: Act) -> DisclosedCaller:
    number = await _number(call) if call["number_sealed"] is not None else ""
    await disclosures.keep(Case(SUBJECT, call["id"], call["customer_id"]), ("number",), new, act)
    return DisclosedCaller(call["id"], new.purpose, number)


def _refuse_ahead(new: NewCall, now: datetime) -> None:
    if new.rang_at is not None and new.rang_at > now + AHEAD_MAX:
        raise Invalid(fields=(FieldError("rang_at", "not in the future", value=new.rang_at.isoformat()),))


async def _answerer(staff_id: UUID | None, act: Act) -> tuple[Actor, UUID | None]:
    """Who answers, and the org unit whose call it is: theirs, as far as whoever opens it sees that one."""
    if staff_id is None or staff_id == act.by.id:
        return Actor(act.by.id, act.by.name), act.by.org_unit_id
    found = await colleague(staff_id)
    unit_id = found.org_unit_id if act.by.covers(found.org_unit_id) else act.by.org_unit_id
    return Actor(found.id, found.name), unit_id


async def _caller(number: str | None, act: Act) -> UUID | None:
    if number is None:
        return None
    found = await recognise(NewRecognition(phone=number), act)
    return found.customer.customer_id if found.customer else None


async def _opened_before(reference: str, act: Act) -> CallView:
    asked = "select id from hotline_call where opened_by = $1 and reference = $2"
    call_id = await fetch_value(asked, act.by.id, reference)
    if call_id is None:
        raise OpenedElsewhere(f"A call {reference} was opened before")
    return await recorded("read", Case(SUBJECT, call_id), LISTED, act)


def _matched(act: Act) -> dict[str, object]:
    return {"matched_by": act.by.id, "matched_by_name": act.by.name, "matched_at": act.now}


async def _missed(call_id: UUID, call: Mapping[str, Any], act: Act) -> None:
    case = Case(SUBJECT, call_id, call["customer_id"])
    await deadlines.owe_call_back(case, act, since=call["rang_at"])
    await duties.call(case, act, duties.Matter(unit_id=call["org_unit_id"]))
    if call["customer_id"] is not None:
        await _tell_missed(call, act)
        return
    notice = Notice(
        "call_missed",
        Case(SUBJECT, call_id),
        org_unit_id=call["org_unit_id"],
        roles=("agent",),
        details={"channel": CHANNEL},
    )
    await notify(notice, key=f"call_missed/{call_id}", now=act.now)


async def _tell_missed(call: Mapping[str, Any], act: Act) -> None:
    """A call that nobody took stands in the customer's history as one, and is told as any (S05-5)."""
    await record_interaction(
        NewInteraction(
            customer_id=call["customer_id"],
            channel=CHANNEL,
            direction="in",
            outcome="missed",
            content=act.policy.title("hotline.missed", act.company.language),
            happened_at=call["rang_at"],
        ),
        act,
    )


async def _keep(call: Mapping[str, Any], said: NewEnding, act: Act) -> None:
    """Its place in the customer's history: the call, or calling back one that nobody took."""
    customer_id, answered_at, call_id = call["customer_id"], call["answered_at"], call["id"]
    await refuse_unless_kept(customer_id)
    ended_at = call["ended_at"] or act.now
    now_kept = await locked(HotlineCall, call_id)
    number = await _number(now_kept) if now_kept["number_sealed"] is not None else ""
    had_by = await at_work(call["staff_id"]) if call["staff_id"] else None
    minutes = None if answered_at is None else round((ended_at - answered_at).total_seconds() / 60)
    kept = await record_interaction(
        NewInteraction(
            customer_id=customer_id,
            channel=CHANNEL,
            direction="out" if answered_at is None else "in",
            content=said.content,
            happened_at=ended_at if answered_at is None else call["rang_at"],
            duration_minutes=None if minutes is None else min(minutes, 1_440),
            number=number,
            need=said.need,
            wants=said.wants,
            handling=said.handling,
            handled=said.handled,
            staff_id=had_by.id if had_by else None,
        ),
        act,
    )
    await deadlines.met(call_id, now=act.now)
    await change(HotlineCall, call_id, state="done", interaction_id=kept.id)


def _ending(call: Mapping[str, Any]) -> NewEnding:
    return NewEnding(
        outcome=call["outcome"],
        content=call["content"],
        need=call["need"],
        wants=call["wants"],
        handling=call["handling"],
        handled=call["handled"],
    )


def _as_kept(new: NewEnding) -> NewEnding:
    return NewEnding(
        outcome=new.outcome,
        content=paragraph(new.content),
        need=paragraph(new.need),
        wants=new.wants,
        handling=paragraph(new.handling),
        handled=new.handled,
    )


async def _number(call: Mapping[str, Any]) -> str:
    return await sealing.opened(bytes(call["number_sealed"]), call_id=call["id"], customer_id=call["customer_id"])
