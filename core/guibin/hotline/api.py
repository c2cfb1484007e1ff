"""`/api/v1/hotline-calls`: every call of the hotline, whoever called, until it is known and done (S01-7)."""

from litestar import Controller

from guibin.audit.answering import lists, reads
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions
from .queries import LISTED, CallFilter

READ, WRITE, TAKE = may("records:read"), may("records:write"), may("recognitions:write")


class HotlineCallController(Controller):
    path = "/api/v1/hotline-calls"
    tags = ("hotline",)
    list_calls = lists("/", LISTED, CallFilter, "Calls of the hotline, newest first", recorded="hotline_call")
    open_call = posts("/", actions.open_call, "Open the contact of a call: answered, or missed", needs=TAKE)
    show = reads("/{call_id:uuid}", LISTED, "A call", "hotline_call")
    match = posts("/{call_id:uuid}/match", actions.match, "Say whose call it was")
    end = posts("/{call_id:uuid}/ending", actions.end, "End it, with what came of it")
    leave_unmatched = posts(
        "/{call_id:uuid}/unmatched", actions.leave_unmatched, "Say why nobody knows whose call it was"
    )
    disclose = posts(
        "/{call_id:uuid}/disclosures",
        actions.disclose,
        "Show the caller's number, on record",
        needs=may("customers:disclose"),
    )
    number = posts("/{call_id:uuid}/number", actions.number_to_call, "A stranger's number, to call back, on record")
    blank = posts(
        "/{call_id:uuid}/erasure",
        actions.blank,
        "Take away the number and words of a caller who is nobody's customer",
        needs=may("customers:erase"),
    )
