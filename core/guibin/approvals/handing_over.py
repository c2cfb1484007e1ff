"""Steps that wait for one person go to whoever takes over: nothing waits for somebody who is not there any more."""

from guibin.assignments.handing_over import Rows, charge_rows

from .tables import ApprovalRequest

charge_rows(Rows(what="approvals", table=ApprovalRequest, owners=("awaited_id",), open="closed_at is null"))
