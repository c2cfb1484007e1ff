"""The notice goes out, the guest's time changes, the visit is called off (S14-3); the visit itself and what follows.

Arrival, stages, etiquette, feedback, filing (S10-7, S14-4 to S14-6, S11-6).
"""

from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import structs

from guibin.cases import Case
from guibin.cases.requests import Because, NewWord
from guibin.context import Act
from guibin.policy.terms import Terms
from guibin.profiles.subjects import is_erased
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin_tenants import rows
from guibin_tenants.refusals import FieldError, Invalid, NotFound, refuse
from guibin_tenants.rows import add, given
from guibin_tenants.scope import fetch_one, fetch_value

from . import applications, editions
from .editions import Issue
from .queries import ReceptionForm, form
from .refusals import AlreadyDone, NobodyAssigned, NotComplete, NotThisFar
from .requests import (
    NewArrival,
    NewEtiquetteCheck,
    NewFeedbackAnswer,
    NewReceptionChange,
    NewReceptionFeedback,
    NewReceptionFiling,
    NewStage,
)
from .standing import (
    BEFORE_ARRIVAL,
    SUBJECT,
    Event,
    Told,
    audit,
    centre_on_duty,
    guests_tiers,
    happened,
    locked,
    protocol_of,
    reception_policy,
    refuse_outside_centre,
    refuse_wrong_times,
    tell,
    tell_stage,
    terms_of,
    write_event,
)
from .tables import Reception, ReceptionArrival, ReceptionChange, ReceptionFeedback, ReceptionFeedbackAnswer


async def send(reception_id: UUID, new: NewWord, act: Act) -> ReceptionForm:
    """Tell every department; their tasks begin. Raises NotFound, NotTheCentre, NotThisFar, NobodyAssigned."""
    row = await locked(reception_id, "planned")
    refuse_outside_centre(act.policy, act.by)
    if row["host_id"] is None:
        raise NobodyAssigned(f"{row['number']}: assign somebody to the guest first")
    await rows.change(Reception, reception_id, state="noticed")
    await editions.issue(row, Issue("notice", new.text), act)
    await audit("notice", row, act)
    return await form(reception_id)


async def change(reception_id: UUID, new: NewReceptionChange, act: Act) -> ReceptionForm:
    """The guest's time or party changed: departments that have a notice get a new edition and the tasks move.

    Raises NotFound, NotTheCentre, NotThisFar, Invalid.
    """
    row = await locked(reception_id, *BEFORE_ARRIVAL)
    refuse_outside_centre(act.policy, act.by)
    arrives_at, leaves_at = new.arrives_at or row["arrives_at"], new.leaves_at or row["leaves_at"]
    party = new.party_size or row["party_size"]
    if new.arrives_at is not None or new.leaves_at is not None:
        refuse_wrong_times(arrives_at, leaves_at, now=act.now)
    if (arrives_at, leaves_at, party) == (row["arrives_at"], row["leaves_at"], row["party_size"]):
        raise Invalid.at("arrives_at", "another time or party than before", value=arrives_at.isoformat())
    await add(
        ReceptionChange,
        act,
        reception_id=reception_id,
        customer_id=row["customer_id"],
        arrives_from=row["arrives_at"],
        arrives_to=arrives_at,
        leaves_from=row["leaves_at"],
        leaves_to=leaves_at,
        party_from=row["party_size"],
        party_to=party,
        reason=new.reason,
    )
    await rows.change(Reception, reception_id, arrives_at=arrives_at, leaves_at=leaves_at, party_size=party)
    await editions.issue_change(await locked(reception_id), act, reason=new.reason)
    await audit("change", row, act)
    return await form(reception_id)


async def cancel(reception_id: UUID, new: Because, act: Act) -> ReceptionForm:
    """The guest does not come: everybody who was told is told, and nothing is due any more.

    Raises NotFound, NotTheCentre, NotThisFar once the guest is here.
    """
    refuse_outside_centre(act.policy, act.by)
    # Deciding locks the request before the reception: so does this, or the two could wait for each other.
    await applications.lapse_open(reception_id, act, reason=new.reason)
    row = await locked(reception_id, "collected", *BEFORE_ARRIVAL, erased_too=True)
    if row["edition"] and await is_erased(row["customer_id"]):
        await editions.call_off(row, act)
    elif row["edition"]:
        await editions.issue(row, Issue("cancellation", new.reason), act)
    await write_event(row, Event(kind="cancellation", text=new.reason), act)
    await rows.change(Reception, reception_id, state="cancelled")
    people = Told(row, staff_ids=(row["host_id"], row["received_by"]))
    await tell(people, "reception_cancelled", act, key="people")
    if row["edition"]:
        leadership = Told(row, roles=reception_policy(act.policy).report_to, leadership=True)
        await tell(leadership, "reception_cancelled", act, key="leadership")
    await audit("cancel", row, act)
    return await form(reception_id)


FEEDBACK = "feedback"
HERE = ("arrived", "seen_off")


async def arrive(reception_id: UUID, new: NewArrival, act: Act) -> ReceptionForm:
    """The guest is here and goes first through the passage kept free (S10-7). Raises NotFound, NotThisFar, Invalid."""
    row = await locked(reception_id, "noticed")
    channel = new.channel or protocol_of(row).channel
    problems = _not_in_future(new.arrived_at, "arrived_at", act.now)
    if channel != protocol_of(row).channel and not new.text.strip():
        fix = "say why the guest came another way"
        problems.append(
            FieldError("text", f"not empty unless the passage is that of the protocol: {protocol_of(row).channel}", fix)
        )
    refuse(problems, "The arrival was not recorded")
    values = given(new) | {"channel": channel, "arrived_at": new.arrived_at or act.now}
    await add(ReceptionArrival, act, reception_id=reception_id, customer_id=row["customer_id"], **values)
    await rows.change(Reception, reception_id, state="arrived")
    await tell(Told(row, staff_ids=(row["host_id"],)), "reception_arrived", act)
    await audit("arrive", row, act)
    return await form(reception_id)


async def take_stage(reception_id: UUID, new: NewStage, act: Act) -> ReceptionForm:
    """The next stage took place; after the last the guest's opinion is due (S14-5, S14-6).

    Raises NotFound, NotThisFar for a stage out of order, Invalid.
    """
    row = await locked(reception_id, "arrived")
    terms = terms_of(row)
    stages = terms.protocols[0].stages
    problems = _not_in_future(new.happened_at, "happened_at", act.now)
    refuse(problems, "The stage was not recorded")
    taken = len(await happened(reception_id, "stage"))
    if new.stage != stages[taken]:
        raise NotThisFar(f"{new.stage} is not next: {stages[taken]} is")
    at = new.happened_at or act.now
    await write_event(row, Event(kind="stage", name=new.stage, text=new.text, happened_at=at), act)
    if taken + 1 == len(stages):
        await rows.change(Reception, reception_id, state="seen_off")
        if not await fetch_value("select true from reception_feedback where reception_id = $1 limit 1", reception_id):
            await _start(row, FEEDBACK, terms.feedback_terms(await guests_tiers(row, act)), at)
    await audit("stage", row, act)
    await tell_stage(row, new.stage, act)
    return await form(reception_id)


async def check_etiquette(reception_id: UUID, new: NewEtiquetteCheck, act: Act) -> ReceptionForm:
    """An item of etiquette was kept or not (S14-4). Raises NotFound, NotThisFar, AlreadyDone, Invalid."""
    row = await locked(reception_id, *HERE)
    items = protocol_of(row).etiquette
    if new.item not in items:
        raise Invalid.at("item", "an item of the protocol's etiquette", f"one of: {', '.join(items)}", new.item)
    if not new.kept and not new.text.strip():
        raise Invalid.at("text", "not empty for what was not kept", "say what was amiss")
    if new.item in await happened(reception_id, "etiquette"):
        raise AlreadyDone(f"{new.item} was checked already")
    await write_event(row, Event(kind="etiquette", name=new.item, kept=new.kept, text=new.text), act)
    await audit("etiquette", row, act)
    return await form(reception_id)


async def collect_feedback(reception_id: UUID, new: NewReceptionFeedback, act: Act) -> ReceptionForm:
    """What the guest said; it is answered in time (S14-6). Raises NotFound, NotThisFar, Invalid."""
    row = await locked(reception_id, *HERE)
    said = bool(new.text.strip()) or new.score is not None
    if new.given != said:
        raise Invalid.at("text", "what the guest said, or `given` is false and nothing else")
    feedback_id = await add(
        ReceptionFeedback, act, reception_id=reception_id, customer_id=row["customer_id"], **given(new)
    )
    await sla.complete_if_any(reception_id, FEEDBACK, at=act.now, now=act.now)
    if new.given:
        await _owe_answer(row, feedback_id, act)
        told = await centre_on_duty(row, act)
        told = structs.replace(told, staff_ids=(*told.staff_ids, row["host_id"]))
        await tell(told, "reception_feedback", act, key=str(feedback_id))
    await audit("feedback", row, act)
    return await form(reception_id)


async def answer_feedback(reception_id: UUID, feedback_id: UUID, new: NewFeedbackAnswer, act: Act) -> ReceptionForm:
    """It was handled, and the guest told (S14-6); whoever is not satisfied is heard again, and leadership hears of it (S14-10).

    Raises NotFound, AlreadyDone, ReceptionEnded, and Invalid where it is not said what remains.
    """
    row = await locked(reception_id, *HERE)
    feedback = await fetch_one(
        "select given from reception_feedback where id = $1 and reception_id = $2", feedback_id, reception_id
    )
    if feedback is None or not feedback["given"]:
        raise NotFound(f"There is no feedback {feedback_id} to answer")
    if await fetch_value("select true from reception_feedback_answer where feedback_id = $1", feedback_id):
        raise AlreadyDone("The feedback was answered already")
    if not new.satisfied and not new.remains.strip():
        raise Invalid.at("remains", "what the guest still misses", "say it, or that they are satisfied")
    await add(
        ReceptionFeedbackAnswer,
        act,
        feedback_id=feedback_id,
        customer_id=row["customer_id"],
        handling=new.handling,
        reply=new.reply,
        satisfied=new.satisfied,
    )
    await sla.complete_if_any(reception_id, answer_milestone(feedback_id), at=act.now, now=act.now)
    if not new.satisfied:
        await _hear_again(row, new.remains, act)
    await audit("answer_feedback", row, act)
    return await form(reception_id)


async def _hear_again(row: asyncpg.Record, remains: str, act: Act) -> None:
    """What remains is feedback of its own: with its own time, known one level up."""
    feedback_id = await add(
        ReceptionFeedback, act, reception_id=row["id"], customer_id=row["customer_id"], given=True, text=remains
    )
    await _owe_answer(row, feedback_id, act)
    leadership = Told(row, roles=reception_policy(act.policy).report_to, leadership=True)
    await tell(leadership, "feedback_unsatisfied", act, key=str(feedback_id))
    centre = Told(row, roles=terms_of(row).centre[:1], staff_ids=(row["host_id"],))
    await tell(centre, "reception_feedback", act, key=str(feedback_id))


async def file_away(reception_id: UUID, new: NewReceptionFiling, act: Act) -> ReceptionForm:
    """The material is complete and read-only from now on (S11-6). Raises NotFound, NotThisFar, NotComplete."""
    row = await locked(reception_id, "seen_off")
    missing = await _missing(row)
    if missing:
        raise NotComplete(f"{row['number']} lacks: {'; '.join(missing)}")
    await write_event(row, Event(kind="filing", text=new.summary), act)
    await rows.change(Reception, reception_id, state="filed")
    await audit("file", row, act)
    return await form(reception_id)


def answer_milestone(feedback_id: UUID) -> str:
    """The clock of an answer."""
    return f"answer:{feedback_id}"


async def _missing(row: asyncpg.Record) -> list[str]:
    checked = await happened(row["id"], "etiquette")
    missing = [f"etiquette {item}" for item in protocol_of(row).etiquette if item not in checked]
    left = await fetch_one(
        "select (select string_agg(department || ' ' || name, ', ' order by department, name) from reception_task"
        " where reception_id = $1 and state = 'open') as tasks,"
        " (select count(*) from reception_feedback where reception_id = $1) as feedback,"
        " (select count(*) from reception_feedback f where f.reception_id = $1 and f.given and not exists (select from"
        " reception_feedback_answer a where a.tenant_id = f.tenant_id and a.feedback_id = f.id)) as unanswered",
        row["id"],
    )
    assert left is not None
    if left["tasks"]:
        missing.append(f"reports of {left['tasks']}")
    if not left["feedback"]:
        missing.append("the guest's feedback")
    if left["unanswered"]:
        missing.append("an answer to the guest's feedback")
    return missing


async def _owe_answer(row: asyncpg.Record, feedback_id: UUID, act: Act) -> None:
    terms = terms_of(row).answer_terms(await guests_tiers(row, act))
    await _start(row, answer_milestone(feedback_id), terms, act.now)


async def _start(row: asyncpg.Record, milestone: str, terms: Terms, at: datetime) -> None:
    await sla.start(NewTimer(Case(SUBJECT, row["id"], row["customer_id"]), milestone, terms, at))


def _not_in_future(moment: datetime | None, field: str, now: datetime) -> list[FieldError]:
    if moment is None or moment <= now:
        return []
    return [FieldError(field, "not in the future", value=moment.isoformat())]
