"""Calls that somebody answered and that are not done with go to whoever takes over."""

from guibin.assignments.handing_over import Rows, charge_rows

from .tables import HotlineCall

charge_rows(Rows(what="hotline calls", table=HotlineCall, owners=("staff_id",), open="state in ('open', 'unmatched')"))
