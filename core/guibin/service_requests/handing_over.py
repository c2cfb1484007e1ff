"""Open service requests go to whoever takes over, and to the successor of an org unit that is dissolved."""

import asyncpg

from guibin.assignments.handing_over import HandOver, Rows, charge_rows
from guibin.context import Act
from guibin.profiles.closing import OPEN_CASES
from guibin.sla.closing import RUNS_ON
from guibin_tenants.rows import add_all

from .tables import ServiceHandOver, ServiceRequest


async def note(rows: list[asyncpg.Record], new: HandOver, act: Act) -> None:
    """Each hand-over is on record."""
    same = {"to_staff_id": new.to_id, "reason": new.reason}
    handed = [{"request_id": row["id"], "customer_id": row["customer_id"]} | same for row in rows]
    await add_all(ServiceHandOver, act, handed)


charge_rows(
    Rows(
        what="service requests",
        table=ServiceRequest,
        owners=("owner_id", "handler_id"),
        open="state in ('asked', 'open')",
        units=("handler_unit_id",),
        told=note,
    )
)
OPEN_CASES.give("service_requests", "service_request where customer_id = $1 and state in ('asked', 'open')")
RUNS_ON.give("service_request", ("closed", "erased"))
