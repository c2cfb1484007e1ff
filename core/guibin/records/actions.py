"""Recording contacts and what was done about them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin import events
from guibin.audit.actions import recorded
from guibin.cases import Case
from guibin.cases.requests import NewDisclosure
from guibin.context import Act
from guibin.duties import calls as duties
from guibin.events import ContactRecorded, MessageTried, at_once
from guibin.notation.spelling import line, paragraph
from guibin.notation.telephones import is_telephone
from guibin.notices.actions import Notice, notify
from guibin.profiles import disclosures
from guibin.profiles.queries import customer_of, hold
from guibin.profiles.refusals import ArchiveErased
from guibin.profiles.subjects import Actor, actor, refuse_unless_kept
from guibin_tenants import keyring, rows
from guibin_tenants.refusals import FieldError, refuse
from guibin_tenants.scope import execute, fetch_one
from guibin_tenants.tables import new_id

from . import deadlines, queries
from .queries import InteractionForm
from .refusals import NothingOpen
from .requests import NewHandling, NewInteraction, channels_of
from .sealing import SealedNumber, opened_number, sealed_number
from .tables import Interaction, InteractionHandling

SUBJECT = "interaction"
# Clocks of telephones and tills run ahead a little; an appointment next week is a plan, not a contact.
AHEAD_MAX = timedelta(minutes=5)


class DisclosedNumber(Struct, frozen=True):
    """The number in clear, this once; empty when none was recorded."""

    interaction_id: UUID
    purpose: str
    number: str


async def record_interaction(new: NewInteraction, act: Act) -> InteractionForm:
    """Record a contact. An open need of theirs and a call nobody took are told to those who answer for the customer.

    Raises Invalid naming each wrong field, NotFound, ArchiveErased.
    """
    new = as_kept(new)
    refuse_wrong(new, channels_of(act.policy), now=act.now)
    await refuse_unless_kept(new.customer_id)
    had_by = await actor(new.staff_id, act.by)
    case = Case(SUBJECT, await write_interaction(new, act, had_by=had_by), new.customer_id)
    await begin(case, new, act)
    return await recorded("record", case, queries.FORM, act)


async def begin(case: Case, new: NewInteraction, act: Act) -> None:
    """What a contact that was written brings about: a question's clock, and who is told."""
    if _is_question(new):
        await deadlines.start_clock(case.id, new, act)
    await tell(case.id, new, now=act.now)
    # Whoever spoke with the customer is there; what came through a system waits for somebody.
    if _is_question(new) and not act.by.is_person:
        await duties.call(case, act)


async def write_interaction(new: NewInteraction, act: Act, *, had_by: Actor, where: Case | None = None) -> UUID:
    """Write the rows of a contact that has been checked; its id. `where` is what the customer wrote it in, if not here."""
    interaction_id = new_id()
    number = SealedNumber()
    if new.number.strip():
        number = sealed_number(new.number, key=await keyring.subject_key(new.customer_id), row=interaction_id)
    await rows.add(
        Interaction,
        act,
        id=interaction_id,
        customer_id=new.customer_id,
        channel=new.channel,
        direction=new.direction,
        outcome=new.outcome,
        happened_at=new.happened_at or act.now,
        duration_minutes=new.duration_minutes,
        place=new.place,
        number_sealed=number.sealed,
        number_masked=number.masked,
        content=new.content,
        need=new.need,
        wants=new.wants,
        handling_state=handling_state(new.need, new.handling, new.handled),
        staff_id=had_by.id,
        staff_name=had_by.name,
        source=where.subject if where else None,
        source_number=str(where.id) if where else None,
    )
    told = ContactRecorded(
        interaction_id, new.customer_id, new.channel, new.direction, new.outcome or "", bool(new.need.strip())
    )
    await events.happen(told, act)
    if new.handling.strip():
        await _write_handling(interaction_id, new.customer_id, NewHandling(text=new.handling, done=new.handled), act)
    return interaction_id


async def handle(interaction_id: UUID, new: NewHandling, act: Act) -> InteractionForm:
    """Say what was done about the open need. Raises NotFound, NothingOpen."""
    contact = await rows.locked(Interaction, interaction_id)
    if contact["handling_state"] != "open":
        raise NothingOpen(f"Its handling state is {contact['handling_state']}: record a new interaction for a new need")
    await _write_handling(interaction_id, contact["customer_id"], new, act)
    await duties.settle(interaction_id, act)
    if new.done:
        await rows.change(Interaction, interaction_id, handling_state="done")
        await deadlines.stop_clock(interaction_id, now=act.now)
    return await recorded("handle", Case(SUBJECT, interaction_id, contact["customer_id"]), queries.FORM, act)


async def disclose_number(interaction_id: UUID, new: NewDisclosure, act: Act) -> DisclosedNumber:
    """Show the number in clear, with the purpose on record. Raises NotFound, ArchiveErased."""
    contact = await fetch_one(
        f"select i.customer_id, i.number_sealed, c.erased_at from interaction i {customer_of('c', 'i')} where i.id = $1",
        interaction_id,
    )
    if contact is None:
        raise rows.missing(Interaction, interaction_id)
    customer_id = contact["customer_id"]
    if contact["erased_at"] is not None:
        raise ArchiveErased(f"The archive of customer {customer_id} was erased: its numbers open no more")
    number = ""
    if contact["number_sealed"] is not None:
        number = await opened_number(bytes(contact["number_sealed"]), customer_id=customer_id, row=interaction_id)
    await disclosures.keep(Case(SUBJECT, interaction_id, customer_id), ("number",), new, act)
    return DisclosedNumber(interaction_id, new.purpose, number)


def handling_state(need: str, handling: str, handled: bool) -> str:
    """`none` without a need, `open` until what was done about it met it, then `done`."""
    if handled:
        return "done"
    return "open" if need.strip() or handling.strip() else "none"


def as_kept(new: NewInteraction) -> NewInteraction:
    """The contact in the spelling that is kept, whoever sends it."""
    return msgspec.structs.replace(
        new,
        content=paragraph(new.content),
        need=paragraph(new.need),
        handling=paragraph(new.handling),
        place=line(new.place),
    )


def wrong_interaction(new: NewInteraction, channels: tuple[str, ...], *, now: datetime) -> list[FieldError]:
    """Everything wrong with a contact beyond its shape; imports use it row by row."""
    problems = []
    if new.channel not in channels:
        problems.append(FieldError("channel", "a channel of contact", f"one of: {', '.join(channels)}", new.channel))
    if new.happened_at is not None and new.happened_at > now + AHEAD_MAX:
        fix = "plan a visit for what is still to come"
        problems.append(FieldError("happened_at", "not in the future", fix, new.happened_at.isoformat()))
    if new.outcome == "missed" and new.direction != "in":
        fix = "not_reached is an attempt of ours"
        problems.append(FieldError("outcome", "missed only of a customer's call", fix, new.outcome))
    if new.outcome == "not_reached" and new.direction != "out":
        fix = "missed is a customer's call nobody took"
        problems.append(FieldError("outcome", "not_reached only of an attempt of ours", fix, new.outcome))
    if not new.content.strip():
        problems.append(FieldError("content", "what was said or done"))
    problems += wrong_number(new.number)
    if new.handled and not new.handling.strip():
        problems.append(FieldError("handling", "what was done, when handled is true", "say it, or leave handled out"))
    return problems


def wrong_number(number: str) -> list[FieldError]:
    """What is wrong with the telephone number of a contact; the number itself stays out of the answer."""
    if not number.strip() or is_telephone(number, digits_min=3):
        return []
    return [FieldError("number", "a telephone number of 3 to 17 digits, perhaps with an extension")]


def refuse_wrong(
    new: NewInteraction, channels: tuple[str, ...], *, now: datetime, renamed: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Raises Invalid for what is wrong beyond the shape; `renamed` says how the caller's request calls a field."""
    problems = [
        msgspec.structs.replace(problem, field=renamed.get(problem.field, problem.field))
        for problem in wrong_interaction(new, channels, now=now)
    ]
    refuse(problems, "The interaction was not recorded")


async def _write_handling(interaction_id: UUID, customer_id: UUID, new: NewHandling, act: Act) -> None:
    await rows.add(InteractionHandling, act, interaction_id=interaction_id, customer_id=customer_id, **rows.given(new))


def _is_question(new: NewInteraction) -> bool:
    return new.direction == "in" and handling_state(new.need, new.handling, new.handled) == "open"


async def tell(interaction_id: UUID, new: NewInteraction, *, now: datetime) -> None:
    """A call nobody took, and what the customer asks, to those who answer for them."""
    roles: tuple[str, ...]
    if new.outcome == "missed":
        kind, roles = "call_missed", ("account_manager", "manager")  # S05-5
    elif _is_question(new):
        kind, roles = "need_open", ("account_manager",)  # S13-5
    else:
        return
    notice = Notice(kind, Case(SUBJECT, interaction_id, new.customer_id), roles=roles, details={"channel": new.channel})
    await notify(notice, key=f"{kind}/{interaction_id}", now=now)


# The `source` of what the product sent itself. Such an entry meets no cadence: nobody spoke with the customer.
SOURCE = "message"


@at_once(MessageTried)
async def record_message(sent: MessageTried, act: Act) -> None:
    """Once per message, with its last outcome: a failed one that is sent later becomes reached.

    Of a customer who was erased while the message was under way the history keeps nothing.
    """
    if not await hold(sent.customer_id):
        return
    interaction_id, number = new_id(), SealedNumber()
    if sent.number:
        number = sealed_number(sent.number, key=await keyring.subject_key(sent.customer_id), row=interaction_id)
    await execute(
        "insert into interaction (id, customer_id, channel, direction, outcome, happened_at, place, number_sealed,"
        " number_masked, content, need, wants, handling_state, staff_id, staff_name, recorded_by, recorded_by_name,"
        " recorded_at, source, source_number) values ($1, $2, $3, 'out', $4, $5, '', $6, $7, $8, '', '', 'none', $9, $10,"
        " $9, $10, $5, $11, $12) on conflict (tenant_id, source, source_number, customer_id) where source is not null"
        " do update set outcome = excluded.outcome, happened_at = excluded.happened_at",
        interaction_id,
        sent.customer_id,
        sent.channel,
        "reached" if sent.reached else "not_reached",
        act.now,
        number.sealed,
        number.masked,
        sent.content,
        act.by.id,
        act.by.name,
        SOURCE,
        str(sent.message_id),
    )
