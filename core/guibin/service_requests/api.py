"""`/api/v1/service-requests`: from the application to the filed case."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import Parameter

from guibin.audit.actions import AuditNote, record
from guibin.context import Company
from guibin.policy.packs import Policy
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import Principal, may

from . import actions, queries
from .intake import SUBJECT, note_of
from .queries import RatingView, ServiceRequestFilter, ServiceRequestForm, ServiceRequestView, State
from .requests import (
    NewAppointment,
    NewServiceHandOver,
    NewServiceNote,
    NewServiceRequest,
    NewStep,
    NewWithdrawal,
)

READ, WRITE = may("requests:read"), may("requests:write")
InState = Annotated[State | None, Parameter(query="state", default=None)]


class ServiceRequestController(Controller):
    path = "/api/v1/service-requests"
    tags = ("service requests",)

    @get("/", needs=READ, summary="Service requests, newest first")
    async def list_requests(
        self,
        by: Principal,
        now: datetime,
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
            overdue_at=now if overdue else None,
        )
        found = await queries.listed(wanted, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda request: Cursor(request.received_at, request.id))
        customers = tuple({one.customer_id for one in page.items})
        note = AuditNote(
            action="service_request.search", subject=SUBJECT, customer_ids=customers, shown=len(page.items)
        )
        await record(note, by=by, now=now)
        return page

    @post("/", needs=WRITE, summary="Take a request in; what needs an approval is put up for it")
    async def receive(
        self, data: NewServiceRequest, policy: Policy, company: Company, by: Principal, now: datetime
    ) -> ServiceRequestView:
        return await actions.receive_at_hall(data, policy=policy, company=company, by=by, now=now)

    @get("/ratings", needs=READ, summary="How installers were rated, the best first")
    async def list_ratings(self) -> list[RatingView]:
        return await queries.ratings()

    @get("/{request_id:uuid}", needs=READ, summary="The whole case")
    async def show(self, request_id: UUID, by: Principal, now: datetime) -> ServiceRequestForm:
        found = await queries.form(request_id)
        await record(note_of("service_request.read", request_id, found.customer_id), by=by, now=now)
        return found

    @post("/{request_id:uuid}/appointments", needs=WRITE, summary="Agree on a day with the customer, or move it")
    async def appoint(self, request_id: UUID, data: NewAppointment, by: Principal, now: datetime) -> ServiceRequestForm:
        return await actions.appoint(request_id, data, by=by, now=now)

    @post("/{request_id:uuid}/steps", needs=WRITE, summary="Record the next step; the last one files the case")
    async def take_step(self, request_id: UUID, data: NewStep, by: Principal, now: datetime) -> ServiceRequestForm:
        return await actions.take_step(request_id, data, by=by, now=now)

    @post("/{request_id:uuid}/hand-overs", needs=WRITE, summary="Give the work on; the owner stays responsible")
    async def hand_over(
        self, request_id: UUID, data: NewServiceHandOver, by: Principal, now: datetime
    ) -> ServiceRequestForm:
        return await actions.hand_over(request_id, data, by=by, now=now)

    @post("/{request_id:uuid}/notes", needs=WRITE, summary="Add a line to the case")
    async def add_note(
        self, request_id: UUID, data: NewServiceNote, by: Principal, now: datetime
    ) -> ServiceRequestForm:
        return await actions.add_note(request_id, data, by=by, now=now)

    @post("/{request_id:uuid}/withdrawal", needs=WRITE, summary="The customer no longer wants it")
    async def withdraw(self, request_id: UUID, data: NewWithdrawal, by: Principal, now: datetime) -> ServiceRequestForm:
        return await actions.withdraw(request_id, data, by=by, now=now)
