"""Open complaints go to whoever takes over, responsibility and all, and to the successor of a dissolved org unit.

First-contact responsibility ends only here, where its owner is gone (S07-11).
"""

import asyncpg

from guibin import events
from guibin.assignments.handing_over import HandOver, Rows, charge_rows
from guibin.context import Act
from guibin.events import ComplaintHandedOver
from guibin.profiles.closing import OPEN_CASES
from guibin.sla.closing import RUNS_ON
from guibin_tenants.rows import add_all

from .levels import RECTIFICATION, RESOLUTION, SUBJECT
from .tables import Complaint, ComplaintHandOver


async def tell(rows: list[asyncpg.Record], new: HandOver, act: Act) -> None:
    """Each hand-over is on record, and the successor hears of it."""
    handed = [{"complaint_id": row["id"], "to_staff_id": new.to_id, "reason": new.reason} for row in rows]
    await add_all(ComplaintHandOver, act, handed)
    for row in rows:
        told = ComplaintHandedOver(complaint_id=row["id"], to_staff_id=new.to_id, to_unit_id=None)
        await events.record(told, now=act.now)


charge_rows(
    Rows(
        what="complaints",
        table=Complaint,
        owners=("owner_id", "handler_id"),
        open="state <> 'closed'",
        units=("handler_unit_id",),
        told=tell,
    )
)
OPEN_CASES.give("complaints", "complaint where customer_id = $1 and state <> 'closed'")
# Whoever takes such a case to its end does so also where its customer was erased meanwhile; what leadership is owed stays owed.
# A reply, the result and a call back are owed to somebody, so they end with the customer's erasure.
RUNS_ON.give(SUBJECT, ("closed",))
for _owed in (RESOLUTION, RECTIFICATION):
    RUNS_ON.give(f"{SUBJECT} {_owed}", ("closed", "erased"))
