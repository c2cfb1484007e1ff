"""`/api/v1/department-requests`: asked, taken up, answered."""

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
from .actions import SUBJECT
from .queries import DepartmentRequestFilter, DepartmentRequestForm, DepartmentRequestView, State
from .requests import NewAcknowledgement, NewAnswer, NewDepartmentRequest, NewRecall, NewReturn, NewSending

READ, WRITE = may("requests:read"), may("requests:write")
InState = Annotated[State | None, Parameter(query="state", default=None)]


class DepartmentRequestController(Controller):
    path = "/api/v1/department-requests"
    tags = ("department requests",)

    @get("/", needs=READ, summary="Your departments' requests and those you asked, newest first")
    async def list_requests(
        self,
        by: Principal,
        now: datetime,
        in_state: InState = None,
        to_unit_id: UUID | None = None,
        owner_id: UUID | None = None,
        asked_by: UUID | None = None,
        subject_id: UUID | None = None,
        number: str | None = None,
        overdue: bool = False,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[DepartmentRequestView]:
        wanted = DepartmentRequestFilter(
            state=in_state,
            to_unit_id=to_unit_id,
            owner_id=owner_id,
            asked_by=asked_by,
            subject_id=subject_id,
            number=number,
            overdue_at=now if overdue else None,
        )
        found = await queries.listed(wanted, by=by, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda request: Cursor(request.asked_at, request.id))
        customers = tuple({one.customer_id for one in page.items if one.customer_id is not None})
        note = AuditNote(
            action="department_request.search", subject=SUBJECT, customer_ids=customers, shown=len(page.items)
        )
        await record(note, by=by, now=now)
        return page

    @post("/", needs=WRITE, summary="Ask a department")
    async def ask(
        self, data: NewDepartmentRequest, policy: Policy, company: Company, by: Principal, now: datetime
    ) -> DepartmentRequestForm:
        return await actions.ask(data, policy=policy, company=company, by=by, now=now)

    @get("/{request_id:uuid}", needs=READ, summary="The request with its history")
    async def show(self, request_id: UUID, by: Principal, now: datetime) -> DepartmentRequestForm:
        found = await queries.form(request_id, by=by)
        note = AuditNote(
            action="department_request.read", subject=SUBJECT, subject_id=request_id, customer_id=found.customer_id
        )
        await record(note, by=by, now=now)
        return found

    @post("/{request_id:uuid}/acknowledgement", needs=WRITE, summary="The department takes it up")
    async def acknowledge(
        self, request_id: UUID, data: NewAcknowledgement, by: Principal, now: datetime
    ) -> DepartmentRequestForm:
        return await actions.acknowledge(request_id, data, by=by, now=now)

    @post("/{request_id:uuid}/answer", needs=WRITE, summary="What the department did or found")
    async def answer(self, request_id: UUID, data: NewAnswer, by: Principal, now: datetime) -> DepartmentRequestForm:
        return await actions.answer(request_id, data, by=by, now=now)

    @post("/{request_id:uuid}/return", needs=WRITE, summary="Hand it back with the reason; the clock runs on")
    async def hand_back(self, request_id: UUID, data: NewReturn, by: Principal, now: datetime) -> DepartmentRequestForm:
        return await actions.hand_back(request_id, data, by=by, now=now)

    @post("/{request_id:uuid}/sendings", needs=WRITE, summary="Send it again, there or elsewhere")
    async def send_again(
        self, request_id: UUID, data: NewSending, policy: Policy, by: Principal, now: datetime
    ) -> DepartmentRequestForm:
        return await actions.send_again(request_id, data, policy=policy, by=by, now=now)

    @post("/{request_id:uuid}/withdrawal", needs=WRITE, summary="It is no longer needed")
    async def withdraw(self, request_id: UUID, data: NewRecall, by: Principal, now: datetime) -> DepartmentRequestForm:
        return await actions.withdraw(request_id, data, by=by, now=now)
