"""Whoever leaves gets up from the desk; a desk goes with its org unit to the successor."""

from guibin.cases.requests import Because
from guibin.context import Act
from guibin.events import StaffLeft, UnitDissolved, at_once
from guibin_tenants.rows import change
from guibin_tenants.scope import execute, fetch, fetch_value

from . import actions
from .tables import Desk


@at_once(StaffLeft, name="desk_seat.staff_id")
async def get_up(left: StaffLeft, act: Act) -> None:
    """A desk where nobody sits any more is its unit's leader's, as always."""
    await execute("update desk_seat set until_at = $2 where staff_id = $1 and until_at is null", left.staff_id, act.now)


@at_once(UnitDissolved)
async def follow_unit(dissolved: UnitDissolved, act: Act) -> None:
    """The successor takes each over, desk and venues, or keeps its own: a unit has one of a kind."""
    kept = "select true from desk where org_unit_id = $1 and kind = $2 and closed_at is null"
    for row in await fetch("select id, kind from desk where org_unit_id = $1 and closed_at is null", dissolved.unit_id):
        if await fetch_value(kept, dissolved.successor_id, row["kind"]):
            await actions.close_desk(row["id"], Because(reason=act.own_reason("dissolved")), act)
        else:
            await change(Desk, row["id"], org_unit_id=dissolved.successor_id)
