"""`/api/v1/service-requests`: from the application to the filed case."""

from litestar import Controller

from guibin.audit.answering import lists, reads
from guibin.cases.subjects import in_table
from guibin.files.api import files_of
from guibin.files.subjects import Holder
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may

from . import actions, queries
from .queries import FORM, LISTED, SUBJECT, ServiceRequestFilter
from .tables import ServiceRequest

READ, WRITE = may("requests:read"), may("requests:write")


class ServiceRequestController(Controller):
    path = "/api/v1/service-requests"
    tags = ("service requests",)
    list_requests = lists("/", LISTED, ServiceRequestFilter, "Service requests, newest first", recorded=SUBJECT)
    receive = posts("/", actions.receive_at_hall, "Take a request in; what needs an approval is put up for it")
    list_ratings = gets("/ratings", queries.ratings, "How installers were rated, the best first")
    show = reads("/{request_id:uuid}", FORM, "The whole case", SUBJECT, shows=ServiceRequest)
    appoint = posts("/{request_id:uuid}/appointments", actions.appoint, "Agree on a day with the customer, or move it")
    take_step = posts(
        "/{request_id:uuid}/steps", actions.take_step, "Record the next step; the last one files the case"
    )
    skip_step = posts(
        "/{request_id:uuid}/skipped-steps", actions.skip_step, "Leave the next step out; the manager hears why"
    )
    sign = posts("/{request_id:uuid}/signatures", actions.sign, "The customer signs for the step that comes next")
    hand_over = posts(
        "/{request_id:uuid}/hand-overs", actions.hand_over, "Give the work on; the owner stays responsible"
    )
    add_note = posts("/{request_id:uuid}/notes", actions.add_note, "Add a line to the case")
    withdraw = posts("/{request_id:uuid}/withdrawal", actions.withdraw, "The customer no longer wants it")


ServiceRequestFiles = files_of(
    __name__,
    Holder(subject=SUBJECT, whose=in_table(ServiceRequest), reads=READ, writes=WRITE),
    "/api/v1/service-requests/{request_id:uuid}",
    "service requests",
)
