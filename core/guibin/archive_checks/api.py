"""`/api/v1/archive-findings`: what is wrong with archives, per account manager."""

from litestar import Controller, get

from guibin.audit.actions import searched
from guibin.context import Act
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, queries
from .queries import LISTED, FindingCount, FindingFilter, FindingView

READ = may("customers:read")


class ArchiveFindingController(Controller):
    path = "/api/v1/archive-findings"
    tags = ("customers",)

    @get(
        "/",
        needs=READ,
        summary="What is wrong with archives, newest first",
        dependencies={"filters": from_query(FindingFilter)},
    )
    async def list_findings(self, filters: FindingFilter, page: PageAsked, act: Act) -> Page[FindingView]:
        findings = await LISTED.page(filters, page, act)
        rules = tuple(sorted({finding.rule for finding in findings.items}))
        return await searched("finding", findings, act, subject="archive_finding", verb="list", fields=rules)

    @get("/counts", needs=READ, summary="How much is open, per account manager and rule")
    async def show_counts(self) -> list[FindingCount]:
        return await queries.counts()

    waive = posts(
        "/{finding_id:uuid}/waiver", actions.waive, "It is right as it is, and why", needs=may("customers:write")
    )
