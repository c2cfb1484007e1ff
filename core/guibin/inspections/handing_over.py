"""Faults to correct go to whoever takes over from somebody who leaves."""

from guibin.assignments.handing_over import Rows, charge_rows
from guibin.sla.closing import RUNS_ON

from .tables import InspectionFinding

charge_rows(
    Rows(
        what="faults to correct",
        table=InspectionFinding,
        owners=("owner_id",),
        open="state = 'open'",
        units=("org_unit_id",),
    )
)
# A fault is whoever did the work's: it is late also where its customer has left, but not once nothing is left of what was done for them.
RUNS_ON.give("inspection_finding", ("closed",))
