"""Whoever leaves gets up from the desk; a desk goes with its org unit to the successor."""

from guibin.cases.requests import Because
from guibin.context import Act
from guibin.events import StaffLeft, UnitDissolved, at_once
from guibin_tenants.rows import change
from guibin_tenants.scope import execute, fetch_value

from . import actions
from .tables import Desk


@at_once(StaffLeft, name="desk_seat.staff_id")
async def get_up(left: StaffLeft, act: Act) -> None:
    """A desk where nobody sits any more is its unit's leader's, as always."""
    await execute("update desk_seat set until_at = $2 where staff_id = $1 and until_at is null", left.staff_id, act.now)


@at_once(UnitDissolved)
async def follow_unit(dissolved: UnitDissolved, act: Act) -> None:
    """The successor takes the desk over, or keeps its own: a unit has one."""
    desk_id = await fetch_value("select id from desk where org_unit_id = $1 and closed_at is null", dissolved.unit_id)
    if desk_id is None:
        return
    if await fetch_value("select true from desk where org_unit_id = $1 and closed_at is null", dissolved.successor_id):
        await actions.close_desk(desk_id, Because(reason="dissolved"), act)
    else:
        await change(Desk, desk_id, org_unit_id=dissolved.successor_id)
