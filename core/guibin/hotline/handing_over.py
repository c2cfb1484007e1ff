"""Calls that somebody answered and that are not done with go to whoever takes over."""

from guibin.assignments.handing_over import Rows, charge_rows
from guibin.profiles.closing import OPEN_CASES

from .tables import HotlineCall

charge_rows(Rows(what="hotline calls", table=HotlineCall, owners=("staff_id",), open="state in ('open', 'unmatched')"))
OPEN_CASES.give("calls", "hotline_call where customer_id = $1 and state <> 'done'")
