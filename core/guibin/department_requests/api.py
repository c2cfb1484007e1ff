"""`/api/v1/department-requests`: asked, taken up, answered."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import Parameter

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, queries
from .actions import SUBJECT
from .queries import DepartmentRequestFilter, DepartmentRequestForm, DepartmentRequestView, State
from .tables import DepartmentRequest

READ, WRITE = may("requests:read"), may("requests:write")
InState = Annotated[State | None, Parameter(query="state", default=None)]


class DepartmentRequestController(Controller):
    path = "/api/v1/department-requests"
    tags = ("department requests",)

    @get("/", needs=READ, summary="Your departments' requests and those you asked, newest first")
    async def list_requests(
        self,
        act: Act,
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
            overdue_at=act.now if overdue else None,
        )
        found = await queries.listed(wanted, by=act.by, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda request: Cursor(request.asked_at, request.id))
        customers = tuple({one.customer_id for one in page.items if one.customer_id is not None})
        note = AuditNote(
            action="department_request.search", subject=SUBJECT, customer_ids=customers, shown=len(page.items)
        )
        await record(note, act)
        return page

    ask = posts("/", actions.ask, needs=WRITE, summary="Ask a department")

    @get("/{request_id:uuid}", needs=READ, shows=DepartmentRequest, summary="The request with its history")
    async def show(self, request_id: UUID, act: Act) -> DepartmentRequestForm:
        found = await queries.form(request_id, by=act.by)
        note = AuditNote(
            action="department_request.read", subject=SUBJECT, subject_id=request_id, customer_id=found.customer_id
        )
        await record(note, act)
        return found

    acknowledge = posts(
        "/{request_id:uuid}/acknowledgement", actions.acknowledge, needs=WRITE, summary="The department takes it up"
    )
    answer = posts("/{request_id:uuid}/answer", actions.answer, needs=WRITE, summary="What the department did or found")
    hand_back = posts(
        "/{request_id:uuid}/return",
        actions.hand_back,
        needs=WRITE,
        summary="Hand it back with the reason; the clock runs on",
    )
    send_again = posts(
        "/{request_id:uuid}/sendings", actions.send_again, needs=WRITE, summary="Send it again, there or elsewhere"
    )
    withdraw = posts("/{request_id:uuid}/withdrawal", actions.withdraw, needs=WRITE, summary="It is no longer needed")
