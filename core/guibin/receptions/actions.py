"""The visit itself and what follows: arrival, stages, etiquette, feedback, filing (S10-7, S14-4 to S14-6, S11-6)."""

from datetime import datetime
from uuid import UUID

import asyncpg

from guibin.context import Act
from guibin.policy.deadlines import Deadline
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin_tenants.refusals import FieldError, Invalid, NotFound
from guibin_tenants.rows import add, change, given
from guibin_tenants.scope import fetch_one, fetch_value

from .queries import ReceptionForm, form
from .refusals import AlreadyDone, NotComplete, NotThisFar
from .requests import (
    NewArrival,
    NewEtiquetteCheck,
    NewFeedbackAnswer,
    NewReceptionFeedback,
    NewReceptionFiling,
    NewStage,
)
from .standing import (
    SUBJECT,
    Event,
    Told,
    audit,
    happened,
    locked,
    protocol_of,
    tell,
    terms_of,
    write_event,
)
from .tables import Reception, ReceptionArrival, ReceptionFeedback, ReceptionFeedbackAnswer

FEEDBACK = "feedback"
HERE = ("arrived", "seen_off")


async def arrive(reception_id: UUID, new: NewArrival, act: Act) -> ReceptionForm:
    """The guest is here and goes first through the passage kept free (S10-7). Raises NotFound, NotThisFar, Invalid."""
    row = await locked(reception_id, "noticed")
    channel = new.channel or protocol_of(row).channel
    problems = _not_in_future(new.arrived_at, "arrived_at", act.now)
    if channel != protocol_of(row).channel and not new.text.strip():
        fix = "say why the guest came another way"
        problems.append(FieldError("text", f"not empty unless the passage is {protocol_of(row).channel}", fix))
    if problems:
        raise Invalid("The arrival was not recorded", fields=tuple(problems))
    values = given(new) | {"channel": channel, "arrived_at": new.arrived_at or act.now}
    await add(ReceptionArrival, act, reception_id=reception_id, customer_id=row["customer_id"], **values)
    await change(Reception, reception_id, state="arrived")
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
    if problems:
        raise Invalid("The stage was not recorded", fields=tuple(problems))
    taken = len(await happened(reception_id, "stage"))
    if new.stage != stages[taken]:
        raise NotThisFar(f"{new.stage} is not next: {stages[taken]} is")
    at = new.happened_at or act.now
    await write_event(row, Event(kind="stage", name=new.stage, text=new.text, happened_at=at), act)
    if taken + 1 == len(stages):
        await change(Reception, reception_id, state="seen_off")
        if not await fetch_value("select true from reception_feedback where reception_id = $1 limit 1", reception_id):
            await _start(row, FEEDBACK, terms.feedback_within, at)
    await audit("stage", row, act)
    return await form(reception_id)


async def check_etiquette(reception_id: UUID, new: NewEtiquetteCheck, act: Act) -> ReceptionForm:
    """An item of etiquette was kept or not (S14-4). Raises NotFound, NotThisFar, AlreadyDone, Invalid."""
    row = await locked(reception_id, *HERE)
    items = protocol_of(row).etiquette
    if new.item not in items:
        fix = f"one of: {', '.join(items)}"
        raise Invalid(fields=(FieldError("item", "an item of the protocol's etiquette", fix, new.item),))
    if not new.kept and not new.text.strip():
        raise Invalid(fields=(FieldError("text", "not empty for what was not kept", "say what was amiss"),))
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
        raise Invalid(fields=(FieldError("text", "what the guest said, or `given` is false and nothing else"),))
    feedback_id = await add(
        ReceptionFeedback, act, reception_id=reception_id, customer_id=row["customer_id"], **given(new)
    )
    await sla.complete_if_any(reception_id, FEEDBACK, at=act.now, now=act.now)
    if new.given:
        terms = terms_of(row)
        await _start(row, answer_milestone(feedback_id), terms.answer_within, act.now)
        told = Told(row, roles=terms.centre[:1], staff_ids=(row["host_id"],))
        await tell(told, "reception_feedback", act, key=str(feedback_id))
    await audit("feedback", row, act)
    return await form(reception_id)


async def answer_feedback(reception_id: UUID, feedback_id: UUID, new: NewFeedbackAnswer, act: Act) -> ReceptionForm:
    """It was handled, and the guest told (S14-6). Raises NotFound, AlreadyDone, ReceptionEnded."""
    row = await locked(reception_id, *HERE)
    feedback = await fetch_one(
        "select given from reception_feedback where id = $1 and reception_id = $2", feedback_id, reception_id
    )
    if feedback is None or not feedback["given"]:
        raise NotFound(f"There is no feedback {feedback_id} to answer")
    if await fetch_value("select true from reception_feedback_answer where feedback_id = $1", feedback_id):
        raise AlreadyDone("The feedback was answered already")
    await add(ReceptionFeedbackAnswer, act, feedback_id=feedback_id, customer_id=row["customer_id"], **given(new))
    await sla.complete_if_any(reception_id, answer_milestone(feedback_id), at=act.now, now=act.now)
    await audit("answer_feedback", row, act)
    return await form(reception_id)


async def file_away(reception_id: UUID, new: NewReceptionFiling, act: Act) -> ReceptionForm:
    """The material is complete and read-only from now on (S11-6). Raises NotFound, NotThisFar, NotComplete."""
    row = await locked(reception_id, "seen_off")
    missing = await _missing(row)
    if missing:
        raise NotComplete(f"{row['number']} lacks: {'; '.join(missing)}")
    await write_event(row, Event(kind="filing", text=new.summary), act)
    await change(Reception, reception_id, state="filed")
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


async def _start(row: asyncpg.Record, milestone: str, limit: Deadline, at: datetime) -> None:
    terms = terms_of(row)
    await sla.start(
        NewTimer(
            subject=SUBJECT,
            subject_id=row["id"],
            customer_id=row["customer_id"],
            milestone=milestone,
            terms=terms.terms(limit, clause=terms.clause),
            started_at=at,
        )
    )


def _not_in_future(moment: datetime | None, field: str, now: datetime) -> list[FieldError]:
    if moment is None or moment <= now:
        return []
    return [FieldError(field, "not in the future", value=moment.isoformat())]
