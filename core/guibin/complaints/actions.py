"""What is done to a complaint. The clock follows from the rows written here; nobody edits a deadline."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from guibin import events
from guibin.audit.actions import along, done, note_of, recorded
from guibin.cases.requests import Because
from guibin.context import Act
from guibin.duties import calls as duties
from guibin.events import (
    ComplaintHandedOver,
    ComplaintLevelChanged,
    ComplaintProgressed,
    ComplaintReopened,
    ComplaintResolved,
    CustomerAnswered,
)
from guibin.notices.actions import Notice, notify
from guibin.policy.milestones import Milestone
from guibin.profiles.subjects import is_erased, refuse_blind
from guibin.signatures.requests import NewSignature
from guibin.sla import actions as sla
from guibin.sla import milestones
from guibin.sla.actions import NewTimer
from guibin.tiers.queries import tiers_of
from guibin.web.beside import Beside
from guibin.web.listing import adding
from guibin_tenants import receivers, rows
from guibin_tenants.refusals import Invalid, NotFound
from guibin_tenants.rows import add, change, given
from guibin_tenants.scope import execute, fetch_value

from . import rectification, signed
from .analysing import analyse_first, leaves_the_desk, refuse_unknown_cause
from .inward import open_internal_flow, raised
from .levels import FOLLOW_UP, RECTIFICATION, RESOLUTION, RESULT, SUBJECT, case_of, level_named, terms_of
from .queries import LISTED, ComplaintForm, ComplaintView
from .recusals import refuse_recused
from .refusals import (
    AlreadyResolved,
    AlreadyWaiting,
    ComplaintClosed,
    MergedElsewhere,
    NotResolved,
    NotWaiting,
    SameLevel,
    TooLateToReopen,
)
from .requests import (
    UNSPECIFIED,
    NewCallback,
    NewComplaintHandOver,
    NewIntake,
    NewLevel,
    NewMessage,
    NewNote,
    NewResolution,
    NewWithdrawal,
)
from .tables import (
    Complaint,
    ComplaintCallback,
    ComplaintHandOver,
    ComplaintIntake,
    ComplaintLevelChange,
    ComplaintMessage,
    ComplaintNote,
    ComplaintPause,
    ComplaintResolution,
    ComplaintWithdrawal,
)
from .telling import tell_responsible

# What is told as an event of its own kind is none of these.
STAGES = ("pause", "resume", "callback", "withdraw")
_WITHDRAWN = "select true from complaint_withdrawal where complaint_id = $1"


async def hand_over(complaint_id: UUID, new: NewComplaintHandOver, act: Act) -> ComplaintView:
    """Give the work to a member of staff or a department; the owner stays responsible (S07-11, S07-21). Where policy says so
    its cause is analysed before (S07-33).
    """
    complaint = await workable(complaint_id, act)
    refuse_settled(complaint)
    await receivers.refuse_no_receiver(new.to_staff_id, new.to_unit_id)
    await refuse_blind(complaint["customer_id"], to_staff_id=new.to_staff_id, to_unit_id=new.to_unit_id)
    if new.to_staff_id is not None:
        await refuse_recused(complaint_id, new.to_staff_id)
    if new.cause or new.analysis or await leaves_the_desk(complaint, new, act):
        await analyse_first(complaint, new, act)
    handed = ComplaintHandedOver(complaint_id=complaint_id, to_staff_id=new.to_staff_id, to_unit_id=new.to_unit_id)
    await events.happen(handed, act)
    if new.to_staff_id is None or new.to_staff_id != act.by.person:
        await _tell_handed_over(complaint, new, act)
    to = {"to_staff_id": new.to_staff_id, "to_unit_id": new.to_unit_id, "reason": new.reason}
    kept = adding(ComplaintHandOver, act, complaint_id=complaint_id, **to)
    return await _changed("hand_over", complaint, act, kept, handler_id=new.to_staff_id, handler_unit_id=new.to_unit_id)


async def _tell_handed_over(complaint: asyncpg.Record, new: NewComplaintHandOver, act: Act) -> None:
    notice = Notice(
        "complaint_handed_over",
        case_of(complaint),
        org_unit_id=new.to_unit_id,
        to_department=new.to_staff_id is None,
        roles=() if new.to_staff_id else ("manager",),
        staff_ids=(new.to_staff_id,) if new.to_staff_id else (),
        details={"number": complaint["number"]},
    )
    await notify(notice, key=f"complaint-hand-over/{complaint['id']}/{complaint['version']}", now=act.now)


async def change_level(complaint_id: UUID, new: NewLevel, act: Act) -> ComplaintView:
    """Judge the level anew; the deadline is recomputed from the same start with the same pauses (S07-23)."""
    complaint = await workable(complaint_id, act)
    refuse_settled(complaint)
    before, after = complaint["level"], new.level
    if after == before:
        raise SameLevel(f"Complaint {complaint['number']} is at level {after} already")
    level = level_named(act.policy.complaints, after)
    if new.cause or new.analysis or (level.asks and raised(act.policy.complaints, before, after)):
        await analyse_first(complaint, new, act)
    tiers = await tiers_of(complaint["customer_id"], on=act.today)
    moved = await sla.relimit(complaint_id, RESOLUTION, act, terms=terms_of(act.policy.complaints, level, tiers))
    await milestones.relimit(case_of(complaint), level.targets(tiers), act, received_at=complaint["received_at"])
    await rectification.follow_level(complaint, level, act)
    await add(
        ComplaintLevelChange,
        act,
        complaint_id=complaint_id,
        from_level=before,
        to_level=after,
        reason=new.reason,
        **given(moved),
    )
    await events.happen(ComplaintLevelChanged(complaint_id=complaint_id, from_level=before, to_level=after), act)
    if raised(act.policy.complaints, before, after):
        await open_internal_flow(case_of(complaint), complaint["number"], level, act, because=new.reason)
    await tell_responsible("complaint_judged", case_of(complaint), act, number=complaint["number"], level=after)
    clause = level.clause or act.policy.complaints.clause
    return await _changed("level", complaint, act, level=after, clause=clause, because=new.reason)


async def pause(complaint_id: UUID, new: Because, act: Act) -> UUID:
    """Stop the clock while we wait for the customer; the pause's id."""
    complaint = await workable(complaint_id, act)
    refuse_settled(complaint)
    if complaint["state"] == "waiting":
        raise AlreadyWaiting(f"Complaint {complaint['number']} already waits for the customer: end that pause first")
    pause_id = await add(ComplaintPause, act, complaint_id=complaint_id, reason=new.reason)
    await sla.pause(complaint_id, RESOLUTION, act)
    await milestones.wait(complaint_id, act)
    await _changed("pause", complaint, act, state="waiting")
    return pause_id


async def end_pause(complaint_id: UUID, pause_id: UUID, act: Act) -> None:
    """Let the clock run again: what was left of its time is left now."""
    complaint = await workable(complaint_id, act)
    if not await fetch_value(
        "select true from complaint_pause where id = $1 and complaint_id = $2", pause_id, complaint_id
    ):
        raise NotFound(f"There is no pause {pause_id} of complaint {complaint_id}")
    await _go_on(complaint, pause_id, act)
    await _changed("resume", complaint, act, state="open")


async def resume(complaint_id: UUID, act: Act) -> ComplaintView:
    """Let the clock run again, whichever pause is open. Raises NotWaiting."""
    complaint = await workable(complaint_id, act)
    await _go_on(complaint, None, act)
    return await _changed("resume", complaint, act, state="open")


async def resolve(complaint_id: UUID, new: NewResolution, act: Act) -> ComplaintView:
    """S10-5: resolved means that a remedy was given; S07-16: and that its cause is known. From now on the customer is to be
    told, within a time of its own (S07-22). A cause is one of the policy's, where one is said. Raises Invalid.
    """
    complaint = await workable(complaint_id, act)
    if new.cause != UNSPECIFIED:
        refuse_unknown_cause(new.cause, act)
    refuse_settled(complaint)
    if complaint["state"] == "waiting":
        await _go_on(complaint, None, act)
    ended, happened = await milestones.settle(complaint_id, RESOLUTION, at=act.now, now=act.now)
    resolved = ComplaintResolved(complaint_id=complaint_id, in_time=ended.met)
    await events.tell_at_once(resolved, act)
    await events.record_all([*happened, resolved], now=act.now)
    await tell_responsible("complaint_settled", case_of(complaint), act, number=complaint["number"])
    await _owe_result(complaint, act)
    state = "resolved" if act.policy.complaints.callback_required else "closed"
    remedy = adding(ComplaintResolution, act, complaint_id=complaint_id, round=complaint["round"], **given(new))
    return await _changed("resolve", complaint, act, remedy, state=state)


async def call_back(complaint_id: UUID, new: NewCallback, act: Act) -> ComplaintView:
    """Tell the customer the result. Satisfied closes the complaint; not satisfied reopens it (S07-22).

    A revisit on site that satisfied is signed for (S07-12): raises SignatureMissing.
    The clock then goes on where it stood when the remedy was given: the time spent before is not forgotten, the time
    the customer thought about the remedy is not ours.
    """
    complaint = await workable(complaint_id, act)
    if complaint["state"] == "closed" and await fetch_value(_WITHDRAWN, complaint_id):
        raise ComplaintClosed(f"Complaint {complaint['number']} was withdrawn: a new one may follow it")
    if complaint["state"] in ("open", "waiting"):
        raise NotResolved(f"Complaint {complaint['number']} has no remedy to call back about: resolve it first")
    await signed.settle(complaint, new, act)
    await add(ComplaintCallback, act, complaint_id=complaint_id, round=complaint["round"], **given(new))
    if new.outcome != "not_reached":
        await sla.complete_if_any(complaint_id, RESULT, at=act.now, now=act.now)
    told = {"number": complaint["number"], "result": new.outcome}
    await tell_responsible("customer_called_back", case_of(complaint), act, **told)
    if new.outcome == "satisfied":
        return await _changed("callback", complaint, act, state="closed")
    if new.outcome == "not_satisfied":
        return await reopen(complaint, act)
    await _tell_stage("callback", complaint, act)
    return await recorded("callback", case_of(complaint), LISTED, act)


async def sign(complaint_id: UUID, new: NewSignature, act: Act) -> ComplaintForm:
    """The customer signs that it is settled (S07-12). Raises NotFound, MergedElsewhere, Recused, NotResolved, Invalid,
    AlreadySigned, ArchiveErased."""
    return await signed.keep(await workable(complaint_id, act), new, act)


async def reopen(complaint: asyncpg.Record, act: Act) -> ComplaintView:
    """The customer was not satisfied: that waits for a reply, and news is due again. Raises TooLateToReopen."""
    await _refuse_too_late(complaint, act)
    await sla.complete_if_any(complaint["id"], RESULT, at=act.now, now=act.now)
    await sla.reopen(complaint["id"], RESOLUTION, act)
    due, again = await _milestones(complaint, act), complaint["round"] + 1
    sequential = [milestone for milestone in due if milestone.recurrence == "sequential"]
    await milestones.begin(case_of(complaint), sequential, at=act.now, now=act.now)
    await milestones.ask(case_of(complaint), due, act, at=act.now)
    await events.happen(ComplaintReopened(complaint_id=complaint["id"], round=again), act)
    return await _changed("callback", complaint, act, state="open", round=again)


async def write(complaint_id: UUID, new: NewMessage, act: Act) -> UUID:
    """Keep a message of the customer or to the customer; its id.

    What the customer writes waits for a reply from then on. A person's message to the customer is a reply, unless the
    one who writes it is the complainant; a machine's, and a note of ours, is none.
    """
    complaint = await (workable(complaint_id, act) if new.direction == "out" else locked(complaint_id))
    sent_at = new.sent_at or act.now
    if sent_at > act.now:
        raise Invalid.at("sent_at", "not in the future", value=sent_at.isoformat())
    answers = new.direction == "out" and not new.automatic and act.by.id != complaint["complainant_id"]
    message_id = await add(
        ComplaintMessage,
        act,
        complaint_id=complaint_id,
        answers=answers,
        recorded_at=act.now,
        **given(new) | {"sent_at": sent_at},
    )
    if complaint["state"] in ("open", "waiting"):
        if answers:
            await milestones.reply(complaint_id, at=sent_at, now=act.now)
        elif new.direction == "in":
            await milestones.ask(case_of(complaint), await _milestones(complaint, act), act, at=sent_at)
    if answers:
        await events.tell_at_once(CustomerAnswered(SUBJECT, complaint_id, new.text), act)
    await done("message", case_of(complaint), act)
    if new.direction == "in":
        await tell_responsible("customer_wrote", case_of(complaint), act, number=complaint["number"])
    return message_id


async def withdraw(complaint_id: UUID, new: NewWithdrawal, act: Act) -> ComplaintView:
    """Every clock of it stops, and it counts as neither in time nor late. Raises NotFound, MergedElsewhere, Recused,
    ComplaintClosed.
    """
    complaint = await workable(complaint_id, act)
    if complaint["state"] == "closed":
        raise ComplaintClosed(f"Complaint {complaint['number']} is closed")
    await end_open_pause(complaint_id, act)
    for clock in (RESOLUTION, RESULT, FOLLOW_UP, RECTIFICATION):
        await sla.cancel(complaint_id, clock, now=act.now)
    await duties.settle(complaint_id, act, answered=False)
    await milestones.drop(complaint_id, now=act.now)
    case = case_of(complaint)
    await tell_responsible("complaint_withdrawn", case, act, number=complaint["number"])
    kept = adding(ComplaintWithdrawal, act, complaint_id=complaint_id, **given(new))
    return await _changed("withdraw", complaint, act, kept, state="closed")


async def note(complaint_id: UUID, new: NewNote, act: Act) -> UUID:
    """Add a line to the complaint's form, as its kind says; answers with the note's id (S07-27). Raises NotFound, MergedElsewhere."""
    complaint = await locked(complaint_id)
    note_id = await add(ComplaintNote, act, complaint_id=complaint_id, **given(new))
    await done("note", case_of(complaint), act)
    return note_id


async def take_in_again(complaint_id: UUID, new: NewIntake, act: Act) -> ComplaintView:
    """The same matter arrived through another channel: one complaint, whose clock counts from the earliest receipt."""
    complaint = await locked(complaint_id)
    refuse_settled(complaint)
    received_at = new.received_at or act.now
    await add(ComplaintIntake, act, complaint_id=complaint_id, **given(new) | {"received_at": received_at})
    await count_from(complaint, received_at, act)
    await milestones.ask(case_of(complaint), await _milestones(complaint, act), act, at=received_at)
    await tell_responsible("customer_wrote", case_of(complaint), act, number=complaint["number"])
    return await recorded("intake", case_of(complaint), LISTED, act)


async def count_from(complaint: asyncpg.Record, received_at: datetime, act: Act) -> None:
    """Every clock counts from the earliest receipt of the matter; a later one changes nothing."""
    if received_at >= complaint["received_at"]:
        return
    await sla.restart(complaint["id"], RESOLUTION, act, started_at=received_at)
    await milestones.restart(complaint["id"], await _milestones(complaint, act), act, at=received_at)
    await change(Complaint, complaint["id"], received_at=received_at)


async def locked(complaint_id: UUID) -> asyncpg.Record:
    """The row, locked. Raises NotFound, MergedElsewhere."""
    row = await rows.locked(Complaint, complaint_id)
    if row["merged_into_id"] is not None:
        raise MergedElsewhere(f"Complaint {row['number']} goes on as {row['merged_into_id']}")
    return row


async def workable(complaint_id: UUID, act: Act) -> asyncpg.Record:
    """The row, locked, for somebody who may work on it. Raises NotFound, MergedElsewhere, Recused."""
    row = await locked(complaint_id)
    await refuse_recused(complaint_id, act.by.person)
    return row


def refuse_settled(complaint: asyncpg.Record) -> None:
    """Raises AlreadyResolved, ComplaintClosed."""
    again = "a callback with `not_satisfied` reopens it"
    if complaint["state"] == "resolved":
        raise AlreadyResolved(f"Complaint {complaint['number']} is resolved; {again}")
    if complaint["state"] == "closed":
        raise ComplaintClosed(f"Complaint {complaint['number']} is closed; {again}")


async def end_open_pause(complaint_id: UUID, act: Act, *, pause_id: UUID | None = None) -> int:
    """End the open pause, if there is one and it is this one; how many ended."""
    return await execute(
        "update complaint_pause set ended_at = greatest($3, started_at), ended_by = $4, ended_by_name = $5"
        " where complaint_id = $1 and ended_at is null and ($2::uuid is null or id = $2)",
        complaint_id,
        pause_id,
        act.now,
        act.by.id,
        act.by.name,
    )


async def _go_on(complaint: asyncpg.Record, pause_id: UUID | None, act: Act) -> None:
    if not await end_open_pause(complaint["id"], act, pause_id=pause_id):
        raise NotWaiting(f"Complaint {complaint['number']} does not wait for the customer")
    await sla.resume(complaint["id"], RESOLUTION, act)
    await milestones.go_on(complaint["id"], act)


async def _owe_result(complaint: asyncpg.Record, act: Act) -> None:
    """Where there is somebody to tell, the time for it counts from the remedy (S07-22)."""
    policy = act.policy.complaints
    level = policy.level(complaint["level"])
    customer_id = complaint["customer_id"]
    somebody = complaint["complainant_id"] or (customer_id and not await is_erased(customer_id))
    if level is not None and policy.callback_required and somebody:
        terms = level.terms(policy.tell_within, clause=policy.clause)
        await sla.start(NewTimer(case_of(complaint), RESULT, terms, act.now, occurrence=complaint["round"] + 1))


async def _refuse_too_late(complaint: asyncpg.Record, act: Act) -> None:
    resolved_at = await fetch_value(
        "select max(resolved_at) from complaint_resolution where complaint_id = $1", complaint["id"]
    )
    days = act.policy.complaints.reopen_within_days
    if resolved_at is not None and act.now - resolved_at > timedelta(days=days):
        fix = f"take in a new one with follows_id {complaint['id']}"
        raise TooLateToReopen(f"Complaint {complaint['number']} was settled more than {days} days ago: {fix}")


async def _milestones(complaint: asyncpg.Record, act: Act) -> tuple[Milestone, ...]:
    level = act.policy.complaints.level(complaint["level"])
    return level.targets(await tiers_of(complaint["customer_id"], on=act.today)) if level else ()


async def _changed(verb: str, complaint: asyncpg.Record, act: Act, *kept: Beside, **values: Any) -> ComplaintView:
    """Write down what was done and what is kept of it, set these columns; what the complaint is then. Stages are told."""
    if verb in STAGES:
        await _tell_stage(verb, complaint, act, state=values["state"])
    with along(note_of(verb, case_of(complaint)), act) as entry:
        return await LISTED.changed(Complaint, complaint["id"], entry, *kept, **values)


async def _tell_stage(stage: str, complaint: asyncpg.Record, act: Act, *, state: str = "") -> None:
    whose, is_now = complaint["customer_id"], state or complaint["state"]
    told = ComplaintProgressed(complaint["id"], whose, complaint["level"], stage, is_now)
    await events.happen(told, act)
