"""Open tasks go to whoever takes over, and with a dissolved unit to its successor; an archive with one is not closed."""

from guibin.assignments.handing_over import Rows, charge_rows
from guibin.profiles.closing import OPEN_CASES

from .tables import Task

charge_rows(Rows(what="tasks", table=Task, owners=("owner_id",), open="state = 'open'", units=("org_unit_id",)))
OPEN_CASES.give("tasks", "task where customer_id = $1 and state = 'open'")
