"""Whoever leaves is on duty no more; what they were called to goes to whoever takes over; a roster goes with its org unit."""

from guibin.assignments.handing_over import Rows, charge_rows
from guibin.cases.requests import Because
from guibin.context import Act
from guibin.events import StaffLeft, UnitDissolved, at_once
from guibin.sla.closing import RUNS_ON
from guibin_tenants.rows import change
from guibin_tenants.scope import execute, fetch, fetch_value

from . import rosters
from .tables import DutyCall, DutyRoster

charge_rows(
    Rows(what="duty calls", table=DutyCall, owners=("asked_id",), open="state = 'waiting'", units=("org_unit_id",))
)


@at_once(StaffLeft, name="duty_shift.staff_id")
async def leave_roster(left: StaffLeft, act: Act) -> None:
    """Their shifts end now; the gap is told as any other."""
    await execute(
        "update duty_shift set until_at = $2, cancelled_at = case when from_at >= $2 then $2 end where staff_id = $1"
        " and cancelled_at is null and until_at > $2",
        left.staff_id,
        act.now,
    )


@at_once(UnitDissolved)
async def follow_unit(dissolved: UnitDissolved, act: Act) -> None:
    """The successor takes the roster over, or keeps its own."""
    kept = "select true from duty_roster where org_unit_id = $1 and duty = $2 and closed_at is null"
    rows = await fetch(
        "select id, duty from duty_roster where org_unit_id = $1 and closed_at is null", dissolved.unit_id
    )
    for row in rows:
        if await fetch_value(kept, dissolved.successor_id, row["duty"]):
            await rosters.close_roster(row["id"], Because(reason=act.own_reason("dissolved")), act)
        else:
            await change(DutyRoster, row["id"], org_unit_id=dissolved.successor_id)


# Somebody is called to what a former customer begins, too.
RUNS_ON.give("duty_call", ("closed",))
