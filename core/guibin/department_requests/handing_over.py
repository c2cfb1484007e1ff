"""Open department requests and upward reports go to whoever takes over, and to the successor of a dissolved unit."""

from guibin.assignments.handing_over import Rows, charge_rows
from guibin.context import Act
from guibin.events import StaffLeft, UnitDissolved, at_once
from guibin.profiles.closing import OPEN_CASES
from guibin.sla.closing import RUNS_ON
from guibin_tenants.rows import add, change
from guibin_tenants.scope import execute, fetch

from .tables import DepartmentContact, DepartmentRequest

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


@at_once(StaffLeft, name="department_contact.staff_id")
async def end_contact(left: StaffLeft, act: Act) -> None:
    """The deputy is the contact from now on; without one the department is reminded to name somebody."""
    rows = await fetch("select * from department_contact where staff_id = $1 and until_at is null", left.staff_id)
    for row in rows:
        await change(DepartmentContact, row["id"], until_at=act.now)
        if row["deputy_id"] is not None and row["deputy_id"] != left.staff_id:
            deputy = {"staff_id": row["deputy_id"], "staff_name": row["deputy_name"]}
            await add(DepartmentContact, act, org_unit_id=row["org_unit_id"], **deputy)


@at_once(StaffLeft, name="department_contact.deputy_id")
async def end_deputy(left: StaffLeft, act: Act) -> None:
    """The contact stays, without a deputy."""
    rows = await fetch("select * from department_contact where deputy_id = $1 and until_at is null", left.staff_id)
    for row in rows:
        await change(DepartmentContact, row["id"], until_at=act.now)
        contact = {"staff_id": row["staff_id"], "staff_name": row["staff_name"]}
        await add(DepartmentContact, act, org_unit_id=row["org_unit_id"], **contact)


@at_once(UnitDissolved)
async def end_with_unit(dissolved: UnitDissolved, act: Act) -> None:
    """The successor has its own."""
    await execute(
        "update department_contact set until_at = $2 where org_unit_id = $1 and until_at is null",
        dissolved.unit_id,
        act.now,
    )


RUNS_ON.give("department_request", ("closed", "erased"))
