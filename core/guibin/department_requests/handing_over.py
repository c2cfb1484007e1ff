"""Open department requests and upward reports go to whoever takes over, and to the successor of a dissolved unit."""

from guibin.assignments.handing_over import Rows, charge_rows
from guibin.profiles.closing import OPEN_CASES

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
OPEN_CASES.give(
    "department_requests",
    "department_request r join department_matter m on m.tenant_id = r.tenant_id and m.request_id = r.id"
    " where m.customer_id = $1 and r.state in ('sent', 'acknowledged', 'returned')",
)
