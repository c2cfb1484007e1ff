"""What is done to a complaint. The clock follows from the rows written here; nobody edits a deadline."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from guibin import events
from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.events import ComplaintHandedOver, ComplaintLevelChanged, ComplaintReopened, ComplaintResolved
from guibin.policy.complaints import ComplaintPolicy
from guibin.policy.milestones import Milestone
from guibin.sla import actions as sla
from guibin.sla import milestones
from guibin_tenants import staff
from guibin_tenants.refusals import FieldError, Invalid, NotFound
from guibin_tenants.scope import execute, fetch_one, fetch_value
from guibin_tenants.tables import new_id

from . import rectification
from .levels import RESOLUTION, case_of, level_named, terms_of
from .queries import ComplaintView, by_id
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
    NewCallback,
    NewHandOver,
    NewIntake,
    NewLevel,
    NewMessage,
    NewNote,
    NewPause,
    NewResolution,
)


async def hand_over(complaint_id: UUID, new: NewHandOver, act: Act) -> ComplaintView:
    """Give the work to a member of staff or a department; the owner stays responsible (S07-11, S07-21)."""
    complaint = await locked(complaint_id)
    refuse_settled(complaint)
    await _refuse_unknown_receiver(new)
    await execute(
        "insert into complaint_hand_over (id, complaint_id, to_staff_id, to_unit_id, reason, handed_by,"
        " handed_by_name, handed_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new_id(),
        complaint_id,
        new.to_staff_id,
        new.to_unit_id,
        new.reason,
        act.by.id,
        act.by.name,
        act.now,
    )
    await execute(
        "update complaint set handler_id = $2, handler_unit_id = $3, version = version + 1 where id = $1",
        complaint_id,
        new.to_staff_id,
        new.to_unit_id,
    )
    await events.record(
        ComplaintHandedOver(complaint_id=complaint_id, to_staff_id=new.to_staff_id, to_unit_id=new.to_unit_id),
        now=act.now,
    )
    return await _done("complaint.hand_over", complaint, act)


async def change_level(complaint_id: UUID, new: NewLevel, act: Act) -> ComplaintView:
    """Judge the level anew; the deadline is recomputed from the same start with the same pauses (S07-23)."""
    complaint = await locked(complaint_id)
    refuse_settled(complaint)
    if new.level == complaint["level"]:
        raise SameLevel(f"Complaint {complaint['number']} is at level {new.level} already")
    level = level_named(act.policy.complaints, new.level)
    moved = await sla.relimit(complaint_id, RESOLUTION, act, terms=terms_of(act.policy.complaints, level))
    case = case_of(complaint_id, complaint["customer_id"])
    await milestones.relimit(case, level.milestones, act, received_at=complaint["received_at"])
    await rectification.follow_level(complaint, level, act)
    await execute(
        "insert into complaint_level_change (id, complaint_id, from_level, to_level, reason, due_before, due_after,"
        " changed_by, changed_by_name, changed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        new_id(),
        complaint_id,
        complaint["level"],
        new.level,
        new.reason,
        moved.due_before,
        moved.due_after,
        act.by.id,
        act.by.name,
        act.now,
    )
    await execute(
        "update complaint set level = $2, clause = $3, because = $4, version = version + 1 where id = $1",
        complaint_id,
        new.level,
        level.clause or act.policy.complaints.clause,
        new.reason,
    )
    await events.record(
        ComplaintLevelChanged(complaint_id=complaint_id, from_level=complaint["level"], to_level=new.level), now=act.now
    )
    return await _done("complaint.level", complaint, act)


async def pause(complaint_id: UUID, new: NewPause, act: Act) -> UUID:
    """Stop the clock while we wait for the customer; the pause's id."""
    complaint = await locked(complaint_id)
    refuse_settled(complaint)
    if complaint["state"] == "waiting":
        raise AlreadyWaiting(f"Complaint {complaint['number']} already waits for the customer: end that pause first")
    pause_id = new_id()
    await execute(
        "insert into complaint_pause (id, complaint_id, reason, started_at, started_by, started_by_name, ended_by_name)"
        " values ($1, $2, $3, $4, $5, $6, '')",
        pause_id,
        complaint_id,
        new.reason,
        act.now,
        act.by.id,
        act.by.name,
    )
    await sla.pause(complaint_id, RESOLUTION, act)
    await milestones.wait(complaint_id, act)
    await _state(complaint_id, "waiting")
    await _done("complaint.pause", complaint, act)
    return pause_id


async def end_pause(complaint_id: UUID, pause_id: UUID | None, act: Act) -> ComplaintView:
    """Let the clock run again: what was left of its time is left now. None ends whichever pause is open."""
    complaint = await locked(complaint_id)
    if pause_id is not None and not await fetch_value(
        "select true from complaint_pause where id = $1 and complaint_id = $2", pause_id, complaint_id
    ):
        raise NotFound(f"There is no pause {pause_id} of complaint {complaint_id}")
    await _end_open_pause(complaint, pause_id, act)
    await sla.resume(complaint_id, RESOLUTION, act)
    await milestones.go_on(complaint_id, act)
    await _state(complaint_id, "open")
    return await _done("complaint.resume", complaint, act)


async def resolve(complaint_id: UUID, new: NewResolution, act: Act) -> ComplaintView:
    """S10-5: resolved means that a remedy was given; S07-16: and that its cause is known."""
    complaint = await locked(complaint_id)
    refuse_settled(complaint)
    if complaint["state"] == "waiting":
        await _end_open_pause(complaint, None, act)
        await sla.resume(complaint_id, RESOLUTION, act)
        await milestones.go_on(complaint_id, act)
    await execute(
        "insert into complaint_resolution (id, complaint_id, round, remedy, cause, resolved_by, resolved_by_name,"
        " resolved_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new_id(),
        complaint_id,
        complaint["round"],
        new.remedy,
        new.cause,
        act.by.id,
        act.by.name,
        act.now,
    )
    ended = await sla.complete(complaint_id, RESOLUTION, at=act.now, now=act.now)
    await milestones.end(complaint_id, at=act.now, now=act.now)
    await _state(complaint_id, "resolved")
    await events.record(ComplaintResolved(complaint_id=complaint_id, in_time=ended.met), now=act.now)
    return await _done("complaint.resolve", complaint, act)


async def call_back(complaint_id: UUID, new: NewCallback, act: Act) -> ComplaintView:
    """Tell the customer the result. Satisfied closes the complaint; not satisfied reopens it (S07-22).

    The clock then goes on where it stood when the remedy was given: the time spent before is not forgotten, the time
    the customer thought about the remedy is not ours.
    """
    complaint = await locked(complaint_id)
    if complaint["state"] in ("open", "waiting"):
        raise NotResolved(f"Complaint {complaint['number']} has no remedy to call back about: resolve it first")
    await execute(
        "insert into complaint_callback (id, complaint_id, round, outcome, comment, called_by, called_by_name,"
        " called_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new_id(),
        complaint_id,
        complaint["round"],
        new.outcome,
        new.comment,
        act.by.id,
        act.by.name,
        act.now,
    )
    if new.outcome == "satisfied":
        await _state(complaint_id, "closed")
    elif new.outcome == "not_satisfied":
        await _refuse_too_late(complaint, act.policy.complaints, now=act.now)
        await sla.reopen(complaint_id, RESOLUTION, act)
        await execute(
            "update complaint set state = 'open', round = round + 1, version = version + 1 where id = $1", complaint_id
        )
        await _expect_again(complaint, act)
        await events.record(ComplaintReopened(complaint_id=complaint_id, round=complaint["round"] + 1), now=act.now)
    return await _done("complaint.callback", complaint, act)


async def write(complaint_id: UUID, new: NewMessage, act: Act) -> UUID:
    """Keep a message of the customer or to the customer; its id.

    What the customer writes waits for a reply from then on. A person's message to the customer is a reply, unless the
    one who writes it is the complainant; a machine's, and a note of ours, is none.
    """
    complaint = await locked(complaint_id)
    sent_at = new.sent_at or act.now
    if sent_at > act.now:
        raise Invalid(fields=(FieldError("sent_at", "not in the future", value=sent_at.isoformat()),))
    answers = new.direction == "out" and not new.automatic and act.by.id != complaint["complainant_id"]
    message_id = new_id()
    await execute(
        "insert into complaint_message (id, complaint_id, direction, automatic, answers, text, sent_at, recorded_at,"
        " written_by, written_by_name) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        message_id,
        complaint_id,
        new.direction,
        new.automatic,
        answers,
        new.text,
        sent_at,
        act.now,
        act.by.id,
        act.by.name,
    )
    if complaint["state"] in ("open", "waiting"):
        if answers:
            await milestones.reply(complaint_id, at=sent_at, now=act.now)
        elif new.direction == "in":
            case = case_of(complaint_id, complaint["customer_id"])
            await milestones.ask(case, _milestones(complaint, act.policy.complaints), act, at=sent_at)
    await _done("complaint.message", complaint, act)
    return message_id


async def note(complaint_id: UUID, new: NewNote, act: Act) -> UUID:
    """Add a line to the form; its id (S07-27)."""
    complaint = await locked(complaint_id)
    note_id = new_id()
    await execute(
        "insert into complaint_note (id, complaint_id, kind, text, written_by, written_by_name, written_at)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        note_id,
        complaint_id,
        new.kind,
        new.text,
        act.by.id,
        act.by.name,
        act.now,
    )
    await _done("complaint.note", complaint, act)
    return note_id


async def take_in_again(complaint_id: UUID, new: NewIntake, act: Act) -> ComplaintView:
    """The same matter arrived through another channel: one complaint, whose clock counts from the earliest receipt."""
    complaint = await locked(complaint_id)
    refuse_settled(complaint)
    received_at = new.received_at or act.now
    await execute(
        "insert into complaint_intake (id, complaint_id, channel, text, received_at, recorded_by, recorded_by_name)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        new_id(),
        complaint_id,
        new.channel,
        new.text,
        received_at,
        act.by.id,
        act.by.name,
    )
    await count_from(complaint, received_at, act)
    case = case_of(complaint_id, complaint["customer_id"])
    await milestones.ask(case, _milestones(complaint, act.policy.complaints), act, at=received_at)
    return await _done("complaint.intake", complaint, act)


async def count_from(complaint: asyncpg.Record, received_at: datetime, act: Act) -> None:
    """Every clock counts from the earliest receipt of the matter; a later one changes nothing."""
    if received_at >= complaint["received_at"]:
        return
    await sla.restart(complaint["id"], RESOLUTION, act, started_at=received_at)
    await milestones.restart(complaint["id"], _milestones(complaint, act.policy.complaints), act, at=received_at)
    await execute(
        "update complaint set received_at = $2, version = version + 1 where id = $1", complaint["id"], received_at
    )


async def locked(complaint_id: UUID) -> asyncpg.Record:
    """The row, locked. Raises NotFound, MergedElsewhere."""
    row = await fetch_one(
        "select id, number, customer_id, complainant_id, level, state, round, received_at, merged_into_id, channel, text,"
        " owner_id, owner_name, version from complaint where id = $1 for update",
        complaint_id,
    )
    if row is None:
        raise NotFound(f"There is no complaint {complaint_id}")
    if row["merged_into_id"] is not None:
        raise MergedElsewhere(f"Complaint {row['number']} goes on as {row['merged_into_id']}")
    return row


async def _refuse_too_late(complaint: asyncpg.Record, policy: ComplaintPolicy, *, now: datetime) -> None:
    resolved_at = await fetch_value(
        "select max(resolved_at) from complaint_resolution where complaint_id = $1", complaint["id"]
    )
    if resolved_at is not None and now - resolved_at > timedelta(days=policy.reopen_within_days):
        raise TooLateToReopen(
            f"Complaint {complaint['number']} was settled more than {policy.reopen_within_days} days ago:"
            f" take in a new one with follows_id {complaint['id']}"
        )


def _milestones(complaint: asyncpg.Record, policy: ComplaintPolicy) -> tuple[Milestone, ...]:
    level = policy.level(complaint["level"])
    return level.milestones if level else ()


async def _expect_again(complaint: asyncpg.Record, act: Act) -> None:
    """The customer was not satisfied: that waits for a reply, and news is due again."""
    case = case_of(complaint["id"], complaint["customer_id"])
    found = _milestones(complaint, act.policy.complaints)
    await milestones.begin(case, [one for one in found if one.recurrence == "sequential"], at=act.now, now=act.now)
    await milestones.ask(case, found, act, at=act.now)


def refuse_settled(complaint: asyncpg.Record) -> None:
    """Raises AlreadyResolved, ComplaintClosed."""
    if complaint["state"] == "resolved":
        raise AlreadyResolved(
            f"Complaint {complaint['number']} is resolved; a callback with `not_satisfied` reopens it"
        )
    if complaint["state"] == "closed":
        raise ComplaintClosed(f"Complaint {complaint['number']} is closed; a callback with `not_satisfied` reopens it")


async def _refuse_unknown_receiver(new: NewHandOver) -> None:
    problems = []
    if new.to_staff_id is None and new.to_unit_id is None:
        problems.append(
            FieldError("to_staff_id", "a member of staff or a department", "give to_staff_id or to_unit_id")
        )
    if new.to_staff_id is not None:
        try:
            left = (await staff.by_id(new.to_staff_id)).left_at is not None
        except NotFound:
            left = True
        if left:
            rule = "somebody who works here"
            problems.append(FieldError("to_staff_id", rule, "see GET /api/v1/staff", str(new.to_staff_id)))
    if new.to_unit_id is not None and not await fetch_value("select true from org_unit where id = $1", new.to_unit_id):
        problems.append(FieldError("to_unit_id", "an org unit", "give an existing one", str(new.to_unit_id)))
    if problems:
        raise Invalid("The hand-over names nobody who can take it", fields=tuple(problems))


async def _end_open_pause(complaint: asyncpg.Record, pause_id: UUID | None, act: Act) -> None:
    ended = await execute(
        "update complaint_pause set ended_at = greatest($3, started_at), ended_by = $4, ended_by_name = $5"
        " where complaint_id = $1 and ended_at is null and ($2::uuid is null or id = $2)",
        complaint["id"],
        pause_id,
        act.now,
        act.by.id,
        act.by.name,
    )
    if not ended:
        raise NotWaiting(f"Complaint {complaint['number']} does not wait for the customer")


async def _state(complaint_id: UUID, state: str) -> None:
    await execute("update complaint set state = $2, version = version + 1 where id = $1", complaint_id, state)


async def _done(action: str, complaint: asyncpg.Record, act: Act) -> ComplaintView:
    audit = AuditNote(
        action=action, subject="complaint", subject_id=complaint["id"], customer_id=complaint["customer_id"]
    )
    await record(audit, act)
    return await by_id(complaint["id"])
