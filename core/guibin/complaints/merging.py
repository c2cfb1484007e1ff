"""Two complaints that are one matter: one case goes on with every intake, and its clock counts from the earliest receipt."""

from uuid import UUID

import asyncpg

from guibin import events
from guibin.audit.actions import done
from guibin.context import Act
from guibin.events import ComplaintMerged
from guibin.sla import actions as sla
from guibin.sla import milestones
from guibin.tiers.queries import tiers_of
from guibin_tenants.refusals import Invalid
from guibin_tenants.rows import add, change
from guibin_tenants.scope import execute, fetch, fetch_value
from guibin_tenants.tables import new_id

from . import recusals
from .actions import count_from, end_open_pause, refuse_settled, workable
from .levels import RECTIFICATION, RESOLUTION, case_of
from .queries import LISTED, ComplaintView
from .refusals import OtherCustomers
from .requests import NewMerge
from .tables import Complaint, ComplaintMerge


async def merge(complaint_id: UUID, new: NewMerge, act: Act) -> ComplaintView:
    """The duplicate's intakes become this complaint's; its own clocks stop, and it says where the matter goes on. Whoever does not
    handle the duplicate does not handle this one either.

    Raises NotFound for one that is not visible from here, Invalid for itself, OtherCustomers, MergedElsewhere, Recused,
    AlreadyResolved or ComplaintClosed for either: what was answered is no longer merged.
    """
    if new.complaint_id == complaint_id:
        raise Invalid.at("complaint_id", "another complaint", value=str(complaint_id))
    # In one order, whichever is merged into which: two who merge the same pair do not wait for each other.
    await fetch("select id from complaint where id = any ($1) order by id for update", [complaint_id, new.complaint_id])
    complaint, duplicate = await workable(complaint_id, act), await workable(new.complaint_id, act)
    refuse_settled(complaint)
    refuse_settled(duplicate)
    if duplicate["customer_id"] not in (None, complaint["customer_id"]):
        raise OtherCustomers(f"{duplicate['number']} is another customer's than {complaint['number']}")
    await _take_intakes(complaint, duplicate)
    await _stop(duplicate, complaint_id, new.reason, act)
    await recusals.carry_over(new.complaint_id, complaint_id, act)
    await count_from(complaint, duplicate["received_at"], act)
    await _expect_reply(complaint, duplicate, act)
    for row in (complaint, duplicate):
        await done("merge", case_of(row), act)
    await events.happen(ComplaintMerged(complaint_id=new.complaint_id, into_id=complaint_id), act)
    return await LISTED.one(complaint_id)


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
    await add(ComplaintMerge, act, complaint_id=duplicate["id"], into_id=into_id, reason=reason)
    await end_open_pause(duplicate["id"], act)
    for clock in (RESOLUTION, RECTIFICATION):
        await sla.cancel(duplicate["id"], clock, now=act.now)
    await milestones.drop(duplicate["id"], now=act.now)
    await change(Complaint, duplicate["id"], state="closed", merged_into_id=into_id)


async def _expect_reply(complaint: asyncpg.Record, duplicate: asyncpg.Record, act: Act) -> None:
    """What came in with the duplicate waits for a reply, unless the customer was answered since."""
    answered_at = await fetch_value(
        "select max(sent_at) from complaint_message where complaint_id = any ($1) and answers",
        [complaint["id"], duplicate["id"]],
    )
    level = act.policy.complaints.level(complaint["level"])
    if level is not None and (answered_at is None or answered_at < duplicate["received_at"]):
        due = level.targets(await tiers_of(complaint["customer_id"], on=act.today))
        await milestones.ask(case_of(complaint), due, act, at=duplicate["received_at"])
