"""`/api/v1/service-requests`: from the application to the filed case."""

from uuid import UUID

from litestar import Controller, get

from guibin.audit.actions import record, searched
from guibin.context import Act
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may

from . import actions, queries
from .intake import SUBJECT, note_of
from .queries import LISTED, ServiceRequestFilter, ServiceRequestForm, ServiceRequestView
from .tables import ServiceRequest

READ, WRITE = may("requests:read"), may("requests:write")


class ServiceRequestController(Controller):
    path = "/api/v1/service-requests"
    tags = ("service requests",)

    @get(
        "/",
        needs=READ,
        summary="Service requests, newest first",
        dependencies={"filters": from_query(ServiceRequestFilter)},
    )
    async def list_requests(self, filters: ServiceRequestFilter, page: PageAsked, act: Act) -> Page[ServiceRequestView]:
        return await searched(SUBJECT, await LISTED.page(filters, page, act), act)

    receive = posts(
        "/", actions.receive_at_hall, needs=WRITE, summary="Take a request in; what needs an approval is put up for it"
    )
    list_ratings = gets("/ratings", queries.ratings, needs=READ, summary="How installers were rated, the best first")

    @get("/{request_id:uuid}", needs=READ, shows=ServiceRequest, summary="The whole case")
    async def show(self, request_id: UUID, act: Act) -> ServiceRequestForm:
        found = await queries.form(request_id)
        await record(note_of("service_request.read", request_id, found.customer_id), act)
        return found

    appoint = posts(
        "/{request_id:uuid}/appointments",
        actions.appoint,
        needs=WRITE,
        summary="Agree on a day with the customer, or move it",
    )
    take_step = posts(
        "/{request_id:uuid}/steps",
        actions.take_step,
        needs=WRITE,
        summary="Record the next step; the last one files the case",
    )
    hand_over = posts(
        "/{request_id:uuid}/hand-overs",
        actions.hand_over,
        needs=WRITE,
        summary="Give the work on; the owner stays responsible",
    )
    add_note = posts("/{request_id:uuid}/notes", actions.add_note, needs=WRITE, summary="Add a line to the case")
    withdraw = posts(
        "/{request_id:uuid}/withdrawal", actions.withdraw, needs=WRITE, summary="The customer no longer wants it"
    )
