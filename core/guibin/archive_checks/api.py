"""`/api/v1/archive-findings`: what is wrong with archives, per account manager."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import Parameter
from msgspec import Struct

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.policy.words import saying
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import may

from . import actions, queries
from .queries import FindingCount, FindingFilter, FindingView, State

InState = Annotated[State | None, Parameter(query="state", default="open")]


class NewFindingWaiver(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is right as it is."""

    reason: Annotated[str, saying(1_000, 4)]


class ArchiveFindingController(Controller):
    path = "/api/v1/archive-findings"
    tags = ("customers",)

    @get("/", needs=may("customers:read"), summary="What is wrong with archives, newest first")
    async def list_findings(
        self,
        act: Act,
        in_state: InState = "open",
        rule: str | None = None,
        account_manager_id: UUID | None = None,
        customer_id: UUID | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[FindingView]:
        wanted = FindingFilter(
            state=in_state, rule=rule, account_manager_id=account_manager_id, customer_id=customer_id
        )
        found = await queries.findings(wanted, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda finding: Cursor(finding.found_at, finding.id))
        shown = tuple({finding.customer_id: None for finding in page.items})
        note = AuditNote(
            action="finding.list",
            subject="archive_finding",
            customer_ids=shown,
            fields=tuple(sorted({finding.rule for finding in page.items})),
            shown=len(page.items),
        )
        await record(note, act)
        return page

    @get("/counts", needs=may("customers:read"), summary="How much is open, per account manager and rule")
    async def show_counts(self) -> list[FindingCount]:
        return await queries.counts()

    @post("/{finding_id:uuid}/waiver", needs=may("customers:write"), summary="It is right as it is, and why")
    async def waive(self, finding_id: UUID, data: NewFindingWaiver, act: Act) -> FindingView:
        return await actions.waive(finding_id, data.reason, act)
