"""Whoever leaves gets up from the desk; a desk goes with its org unit to the successor."""

from datetime import datetime
from uuid import UUID

from guibin.context import Act
from guibin.profiles.handing_over import on_dissolution, on_leaving
from guibin_tenants.rows import change
from guibin_tenants.scope import execute, fetch_value

from . import actions
from .requests import NewDeskClosing
from .tables import Desk


@on_leaving("desk_seat.staff_id")
async def get_up(staff_id: UUID, now: datetime) -> None:
    """A desk where nobody sits any more is its unit's leader's, as always."""
    await execute("update desk_seat set until_at = $2 where staff_id = $1 and until_at is null", staff_id, now)


@on_dissolution
async def follow_unit(unit_id: UUID, successor_id: UUID, act: Act) -> None:
    """The successor takes the desk over, or keeps its own: a unit has one."""
    desk_id = await fetch_value("select id from desk where org_unit_id = $1 and closed_at is null", unit_id)
    if desk_id is None:
        return
    if await fetch_value("select true from desk where org_unit_id = $1 and closed_at is null", successor_id):
        await actions.close_desk(desk_id, NewDeskClosing(reason="dissolved"), act)
    else:
        await change(Desk, desk_id, org_unit_id=successor_id)
