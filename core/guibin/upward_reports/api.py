"""`/api/v1/upward-reports`: suggestions and demands for those above."""

from uuid import UUID

from litestar import Controller, get
from msgspec import Struct, structs

from guibin.audit.actions import searched
from guibin.context import Act
from guibin.department_requests.actions import SUBJECT
from guibin.department_requests.queries import LISTED, MINE, DepartmentRequestView, State, looking
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions

READ, WRITE = may("requests:read"), may("requests:write")
REPORTED = structs.replace(LISTED, holds=f"{MINE} and x.upward")


class UpwardReportFilter(Struct, frozen=True, kw_only=True):
    """Which reports; `overdue` asks for those unanswered past their time."""

    state: State | None = None
    owner_id: UUID | None = None
    asked_by: UUID | None = None
    overdue: bool = False


class UpwardReportController(Controller):
    path = "/api/v1/upward-reports"
    tags = ("department requests",)

    @get(
        "/",
        needs=READ,
        summary="What you reported, and what was reported to you and below you; newest first",
        dependencies={"filters": from_query(UpwardReportFilter)},
    )
    async def list_reports(self, filters: UpwardReportFilter, page: PageAsked, act: Act) -> Page[DepartmentRequestView]:
        shown = await REPORTED.page(filters, page, act, **looking(act.by))
        return await searched("upward_report", shown, act, subject=SUBJECT)

    report = posts(
        "/", actions.report, needs=WRITE, summary="Report a suggestion or demand to the nearest leader above"
    )
    pass_up = posts(
        "/{report_id:uuid}/passing-up",
        actions.pass_up,
        needs=WRITE,
        summary="It exceeds your authority: on to the next above",
    )
