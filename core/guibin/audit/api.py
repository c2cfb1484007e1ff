"""`/api/v1/audit-entries`: for auditors, who read the record and no file."""

from litestar import Controller, get, put

from guibin.context import Act
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import gets
from guibin_tenants.principals import may, sees_all

from . import look_ups, queries
from .actions import AuditNote, record
from .look_ups import LookUpLimits
from .queries import AuditEntryView, AuditFilter


class AuditController(Controller):
    path = "/api/v1/audit-entries"
    tags = ("audit",)

    @get(
        "/",
        needs=may("audit:read"),
        summary="Who looked at or changed whose file",
        dependencies={"filters": from_query(AuditFilter)},
    )
    async def list_entries(self, filters: AuditFilter, page: PageAsked, act: Act) -> Page[AuditEntryView]:
        return await queries.LISTED.page(filters, page, act)


class LookUpLimitController(Controller):
    path = "/api/v1/look-up-limits"
    tags = ("audit",)
    show = gets(
        "/",
        look_ups.limits,
        needs=may("audit:read") | may("policy:write"),
        summary="How many numbers one caller may ask for within an hour",
    )

    @put(
        "/", needs=may("policy:write") & sees_all, summary="Set how many numbers one caller may ask for within an hour"
    )
    async def change(self, data: LookUpLimits, act: Act) -> LookUpLimits:
        await look_ups.set_limits(data)
        await record(AuditNote(action="look-up-limits.change", subject="look_up_limits", shown=0), act)
        return data
