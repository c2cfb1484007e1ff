"""A complaint against somebody is handled by others, and by nobody who has an interest of their own in it (S07-11)."""

from uuid import UUID

import asyncpg

from guibin import events
from guibin.audit.actions import recorded
from guibin.context import Act
from guibin.events import ComplaintHandedOver
from guibin.upward_reports.actions import leader_above
from guibin_tenants import rows
from guibin_tenants.receivers import colleague
from guibin_tenants.rows import add, add_all, change, given
from guibin_tenants.scope import fetch, fetch_column, fetch_value

from .levels import case_of
from .queries import LISTED, ComplaintView
from .refusals import AlreadyRecused, Recused
from .requests import NewRecusal
from .tables import Complaint, ComplaintHandOver, ComplaintRecusal

LEADER = "manager"


async def recuse(complaint_id: UUID, new: NewRecusal, act: Act) -> ComplaintView:
    """They do not handle it from now on: what they have of it goes to the nearest leader who may. Raises NotFound, Invalid,
    AlreadyRecused, Recused for somebody recused who would keep others out, and NobodyAbove where nobody is left to take it.
    """
    complaint = await rows.locked(Complaint, complaint_id)
    await colleague(new.staff_id)
    if new.staff_id != act.by.person:
        await refuse_recused(complaint_id, act.by.person)
    if not await _keep_out(complaint, new, act):
        raise AlreadyRecused(f"{new.staff_id} and complaint {complaint['number']}")
    return await recorded("recuse", case_of(complaint), LISTED, act)


async def carry_over(from_id: UUID, complaint_id: UUID, act: Act) -> None:
    """Whoever does not handle the one complaint does not handle the other either, in which it goes on."""
    for row in await fetch(
        "select staff_id, reason from complaint_recusal where complaint_id = $1 order by recused_at, id", from_id
    ):
        complaint = await rows.locked(Complaint, complaint_id)
        await _keep_out(complaint, NewRecusal(staff_id=row["staff_id"], reason=row["reason"]), act)


async def of(complaint_id: UUID) -> set[UUID]:
    """The ids of staff who recused themselves or were recused: none of them is given the complaint."""
    return set(await fetch_column("select staff_id from complaint_recusal where complaint_id = $1", complaint_id))


async def refuse_recused(complaint_id: UUID, staff_id: UUID) -> None:
    """Raises Recused."""
    found = "select true from complaint_recusal where complaint_id = $1 and staff_id = $2"
    if await fetch_value(found, complaint_id, staff_id):
        raise Recused("The complaint is against them, or they have an interest in it: somebody else does this")


async def _keep_out(complaint: asyncpg.Record, new: NewRecusal, act: Act) -> bool:
    wanted = given(new) | {"complaint_id": complaint["id"]}
    if not await add_all(ComplaintRecusal, act, [wanted], unless=("complaint_id", "staff_id")):
        return False
    if new.staff_id in (complaint["handler_id"], complaint["owner_id"]) and complaint["state"] != "closed":
        await _give_away(complaint, new, act)
    return True


async def _give_away(complaint: asyncpg.Record, new: NewRecusal, act: Act) -> None:
    never = await of(complaint["id"])
    leader = await leader_above(complaint["org_unit_id"], new.staff_id, LEADER, own_too=True, never=never)
    to_id = leader.owner.id
    await add(ComplaintHandOver, act, complaint_id=complaint["id"], to_staff_id=to_id, reason=new.reason)
    handed = ComplaintHandedOver(complaint_id=complaint["id"], to_staff_id=to_id, to_unit_id=None)
    await events.record(handed, now=act.now)
    if complaint["handler_id"] in (None, new.staff_id):
        await change(Complaint, complaint["id"], handler_id=to_id)
    if complaint["owner_id"] == new.staff_id:
        await change(Complaint, complaint["id"], owner_id=to_id, owner_name=leader.owner.name)
