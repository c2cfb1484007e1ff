"""`/api/v1/audit-entries`: for auditors, who read the record and no file."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get, put

from guibin.context import Act
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import gets
from guibin_tenants.principals import may, sees_all

from . import look_ups, queries
from .actions import AuditNote, record
from .look_ups import LookUpLimits
from .queries import AuditEntryView, AuditFilter


class AuditController(Controller):
    path = "/api/v1/audit-entries"
    tags = ("audit",)

    @get("/", needs=may("audit:read"), summary="Who looked at or changed whose file")
    async def list_entries(
        self,
        customer_id: UUID | None = None,
        actor_id: UUID | None = None,
        action: str | None = None,
        refused: bool | None = None,
        asked: bool | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[AuditEntryView]:
        wanted = AuditFilter(
            customer_id=customer_id,
            actor_id=actor_id,
            action=action,
            refused=refused,
            asked=asked,
            since=since,
            until=until,
        )
        found = await queries.entries(wanted, after=decode(cursor), limit=limit + 1)
        return page_of(found, limit, lambda entry: Cursor(entry.happened_at, entry.id))


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
