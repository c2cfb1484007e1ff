"""Two complaints that are one matter: one case goes on with every intake, and its clock counts from the earliest receipt."""

from uuid import UUID

import asyncpg

from guibin import events
from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.events import ComplaintMerged
from guibin.sla import actions as sla
from guibin.sla import milestones
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.scope import execute, fetch, fetch_value
from guibin_tenants.tables import new_id

from .actions import count_from, locked, refuse_settled
from .levels import RECTIFICATION, RESOLUTION, SUBJECT, case_of
from .queries import ComplaintView, by_id
from .refusals import OtherCustomers
from .requests import NewMerge


async def merge(complaint_id: UUID, new: NewMerge, act: Act) -> ComplaintView:
    """The duplicate's intakes become this complaint's; its own clocks stop, and it says where the matter goes on.

    Raises NotFound for one that is not visible from here, Invalid for itself, OtherCustomers, MergedElsewhere,
    AlreadyResolved or ComplaintClosed for either: what was answered is no longer merged.
    """
    if new.complaint_id == complaint_id:
        raise Invalid(fields=(FieldError("complaint_id", "another complaint", value=str(complaint_id)),))
    # In one order, whichever is merged into which: two who merge the same pair do not wait for each other.
    await fetch("select id from complaint where id = any ($1) order by id for update", [complaint_id, new.complaint_id])
    complaint, duplicate = await locked(complaint_id), await locked(new.complaint_id)
    refuse_settled(complaint)
    refuse_settled(duplicate)
    if duplicate["customer_id"] not in (None, complaint["customer_id"]):
        raise OtherCustomers(f"{duplicate['number']} is another customer's than {complaint['number']}")
    await _take_intakes(complaint, duplicate)
    await _stop(duplicate, complaint_id, new.reason, act)
    await count_from(complaint, duplicate["received_at"], act)
    await _expect_reply(complaint, duplicate, act)
    for row in (complaint, duplicate):
        note = AuditNote(
            action="complaint.merge", subject=SUBJECT, subject_id=row["id"], customer_id=row["customer_id"]
        )
        await record(note, act)
    await events.record(ComplaintMerged(complaint_id=new.complaint_id, into_id=complaint_id), now=act.now)
    return await by_id(complaint_id)


async def _take_intakes(complaint: asyncpg.Record, duplicate: asyncpg.Record) -> None:
    await execute(
        "insert into complaint_intake (id, complaint_id, from_complaint_id, channel, text, received_at, recorded_by,"
        " recorded_by_name) select gen_random_uuid(), $1::uuid, $2::uuid, channel, text, received_at, recorded_by, recorded_by_name"
        " from complaint_intake where complaint_id = $2"
        " union all select $3::uuid, $1::uuid, $2::uuid, $4, $5, $6, $7::uuid, $8",
        complaint["id"],
        duplicate["id"],
        new_id(),
        duplicate["channel"],
        duplicate["text"],
        duplicate["received_at"],
        duplicate["owner_id"],
        duplicate["owner_name"],
    )


async def _stop(duplicate: asyncpg.Record, into_id: UUID, reason: str, act: Act) -> None:
    await execute(
        "insert into complaint_merge (id, complaint_id, into_id, reason, merged_by, merged_by_name, merged_at)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        new_id(),
        duplicate["id"],
        into_id,
        reason,
        act.by.id,
        act.by.name,
        act.now,
    )
    await execute(
        "update complaint_pause set ended_at = greatest($2, started_at), ended_by = $3, ended_by_name = $4"
        " where complaint_id = $1 and ended_at is null",
        duplicate["id"],
        act.now,
        act.by.id,
        act.by.name,
    )
    for clock in (RESOLUTION, RECTIFICATION):
        await sla.cancel(duplicate["id"], clock, now=act.now)
    await milestones.drop(duplicate["id"], now=act.now)
    await execute(
        "update complaint set state = 'closed', merged_into_id = $2, version = version + 1 where id = $1",
        duplicate["id"],
        into_id,
    )


async def _expect_reply(complaint: asyncpg.Record, duplicate: asyncpg.Record, act: Act) -> None:
    """What came in with the duplicate waits for a reply, unless the customer was answered since."""
    answered_at = await fetch_value(
        "select max(sent_at) from complaint_message where complaint_id = any ($1) and answers",
        [complaint["id"], duplicate["id"]],
    )
    level = act.policy.complaints.level(complaint["level"])
    if level is not None and (answered_at is None or answered_at < duplicate["received_at"]):
        case = case_of(complaint["id"], complaint["customer_id"])
        await milestones.ask(case, level.milestones, act, at=duplicate["received_at"])
