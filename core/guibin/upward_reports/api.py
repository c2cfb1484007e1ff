"""`/api/v1/upward-reports`: suggestions and demands for those above."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import Parameter

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.department_requests import queries as department_requests
from guibin.department_requests.actions import SUBJECT
from guibin.department_requests.queries import DepartmentRequestFilter, DepartmentRequestView, State
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions

READ, WRITE = may("requests:read"), may("requests:write")
InState = Annotated[State | None, Parameter(query="state", default=None)]


class UpwardReportController(Controller):
    path = "/api/v1/upward-reports"
    tags = ("department requests",)

    @get("/", needs=READ, summary="What you reported, and what was reported to you and below you; newest first")
    async def list_reports(
        self,
        act: Act,
        in_state: InState = None,
        owner_id: UUID | None = None,
        asked_by: UUID | None = None,
        overdue: bool = False,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[DepartmentRequestView]:
        wanted = DepartmentRequestFilter(
            state=in_state, owner_id=owner_id, asked_by=asked_by, upward=True, overdue_at=act.now if overdue else None
        )
        found = await department_requests.listed(wanted, by=act.by, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda one: Cursor(one.asked_at, one.id))
        customers = tuple({one.customer_id for one in page.items if one.customer_id})
        note = AuditNote(action="upward_report.search", subject=SUBJECT, customer_ids=customers, shown=len(page.items))
        await record(note, act)
        return page

    report = posts(
        "/", actions.report, needs=WRITE, summary="Report a suggestion or demand to the nearest leader above"
    )
    pass_up = posts(
        "/{report_id:uuid}/passing-up",
        actions.pass_up,
        needs=WRITE,
        summary="It exceeds your authority: on to the next above",
    )
