"""Open department requests and upward reports go to whoever takes over, and to the successor of a dissolved unit."""

from guibin.assignments.handing_over import Rows, charge_rows

from .tables import DepartmentRequest

charge_rows(
    Rows(
        what="department requests",
        table=DepartmentRequest,
        owners=("owner_id", "asked_by"),
        open="state in ('sent', 'acknowledged', 'returned')",
        units=("to_unit_id", "from_unit_id"),
    )
)
