"""`/api/v1/service-requests`: from the application to the filed case."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import Parameter

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may

from . import actions, queries
from .intake import SUBJECT, note_of
from .queries import ServiceRequestFilter, ServiceRequestForm, ServiceRequestView, State
from .tables import ServiceRequest

READ, WRITE = may("requests:read"), may("requests:write")
InState = Annotated[State | None, Parameter(query="state", default=None)]


class ServiceRequestController(Controller):
    path = "/api/v1/service-requests"
    tags = ("service requests",)

    @get("/", needs=READ, summary="Service requests, newest first")
    async def list_requests(
        self,
        act: Act,
        in_state: InState = None,
        item: str | None = None,
        customer_id: UUID | None = None,
        owner_id: UUID | None = None,
        handler_unit_id: UUID | None = None,
        number: str | None = None,
        received_from: datetime | None = None,
        received_before: datetime | None = None,
        overdue: bool = False,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[ServiceRequestView]:
        wanted = ServiceRequestFilter(
            state=in_state,
            item=item,
            customer_id=customer_id,
            owner_id=owner_id,
            handler_unit_id=handler_unit_id,
            number=number,
            received_from=received_from,
            received_before=received_before,
            overdue_at=act.now if overdue else None,
        )
        found = await queries.listed(wanted, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda request: Cursor(request.received_at, request.id))
        customers = tuple({one.customer_id for one in page.items})
        note = AuditNote(
            action="service_request.search", subject=SUBJECT, customer_ids=customers, shown=len(page.items)
        )
        await record(note, act)
        return page

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
