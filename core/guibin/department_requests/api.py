"""`/api/v1/department-requests`: asked, taken up, answered."""

from uuid import UUID

from litestar import Controller, get

from guibin.audit.actions import done, searched
from guibin.context import Act
from guibin.sla.milestones import Case
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, queries
from .actions import SUBJECT
from .queries import LISTED, DepartmentRequestFilter, DepartmentRequestForm, DepartmentRequestView, looking
from .tables import DepartmentRequest

READ, WRITE = may("requests:read"), may("requests:write")


class DepartmentRequestController(Controller):
    path = "/api/v1/department-requests"
    tags = ("department requests",)

    @get(
        "/",
        needs=READ,
        summary="Your departments' requests and those you asked, newest first",
        dependencies={"filters": from_query(DepartmentRequestFilter)},
    )
    async def list_requests(
        self, filters: DepartmentRequestFilter, page: PageAsked, act: Act
    ) -> Page[DepartmentRequestView]:
        return await searched(SUBJECT, await LISTED.page(filters, page, act, **looking(act.by)), act)

    ask = posts("/", actions.ask, needs=WRITE, summary="Ask a department")

    @get("/{request_id:uuid}", needs=READ, shows=DepartmentRequest, summary="The request with its history")
    async def show(self, request_id: UUID, act: Act) -> DepartmentRequestForm:
        found = await queries.form(request_id, by=act.by)
        await done("read", Case(SUBJECT, request_id, found.customer_id), act)
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
