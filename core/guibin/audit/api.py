"""`/api/v1/audit-entries`: for auditors, who read the record and no file."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get

from guibin.paging import Cursor, Page, decode, page_of
from guibin.query_parameters import CursorText, Limit
from guibin_tenants.principals import may

from . import queries
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
        since: datetime | None = None,
        until: datetime | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[AuditEntryView]:
        wanted = AuditFilter(customer_id=customer_id, actor_id=actor_id, action=action, since=since, until=until)
        found = await queries.entries(wanted, after=decode(cursor), limit=limit + 1)
        return page_of(found, limit, lambda entry: Cursor(entry.happened_at, entry.id))
