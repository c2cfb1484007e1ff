"""`/api/v1/upward-reports`: suggestions and demands for those above."""

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

from . import queries, upward
from .actions import SUBJECT
from .queries import DepartmentRequestFilter, DepartmentRequestForm, DepartmentRequestView, State
from .upward import NewPassing, NewUpwardReport

READ, WRITE = may("requests:read"), may("requests:write")
InState = Annotated[State | None, Parameter(query="state", default=None)]


class UpwardReportController(Controller):
    path = "/api/v1/upward-reports"
    tags = ("department requests",)

    @get("/", needs=READ, summary="What you reported, and what was reported to you and below you; newest first")
    async def list_reports(
        self,
        by: Principal,
        now: datetime,
        in_state: InState = None,
        owner_id: UUID | None = None,
        asked_by: UUID | None = None,
        overdue: bool = False,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[DepartmentRequestView]:
        wanted = DepartmentRequestFilter(
            state=in_state, owner_id=owner_id, asked_by=asked_by, upward=True, overdue_at=now if overdue else None
        )
        found = await queries.listed(wanted, by=by, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda one: Cursor(one.asked_at, one.id))
        customers = tuple({one.customer_id for one in page.items if one.customer_id})
        note = AuditNote(action="upward_report.search", subject=SUBJECT, customer_ids=customers, shown=len(page.items))
        await record(note, by=by, now=now)
        return page

    @post("/", needs=WRITE, summary="Report a suggestion or demand to the nearest leader above")
    async def report(
        self, data: NewUpwardReport, policy: Policy, company: Company, by: Principal, now: datetime
    ) -> DepartmentRequestForm:
        return await upward.report(data, policy=policy, company=company, by=by, now=now)

    @post("/{report_id:uuid}/passing-up", needs=WRITE, summary="It exceeds your authority: on to the next above")
    async def pass_up(
        self, report_id: UUID, data: NewPassing, policy: Policy, by: Principal, now: datetime
    ) -> DepartmentRequestForm:
        return await upward.pass_up(report_id, data, policy=policy, by=by, now=now)
