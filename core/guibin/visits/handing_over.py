"""Planned visits go to whoever takes over; the appointment stays."""

from guibin.assignments.handing_over import Rows, charge_rows

from .tables import Visit

charge_rows(Rows(what="visits", table=Visit, owners=("staff_id",), open="state = 'planned'"))
