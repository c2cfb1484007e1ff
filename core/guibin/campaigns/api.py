"""`/api/v1/campaigns` and `/api/v1/campaign-members`."""

from uuid import UUID

from litestar import Controller, get

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.periods.days import local_day
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may
from guibin_tenants.rate_limits import BULK

from . import actions, queries, reports
from .queries import CampaignView, MemberView, Part
from .reports import CampaignResults

READ, WRITE = may("activities:read"), may("activities:write")


class CampaignController(Controller):
    path = "/api/v1/campaigns"
    tags = ("campaigns",)
    start = posts(
        "/",
        actions.start,
        needs=may("campaigns:write"),
        cost=BULK,
        summary="Offer something to a segment, beside a control group",
    )

    @get("/", needs=READ, summary="Campaigns, the latest first")
    async def list_campaigns(self, limit: Limit = 50, cursor: CursorText = None) -> Page[CampaignView]:
        found = await queries.campaigns(after=decode(cursor), limit=limit + 1)
        return page_of(found, limit, lambda one: Cursor(one.started_at, one.id))

    show = gets("/{campaign_id:uuid}", queries.campaign, needs=READ, summary="One campaign, and whom it reached")

    @get(
        "/{campaign_id:uuid}/results",
        needs=READ,
        cost=BULK,
        summary="Responses, conversion between tiers, spending before and after",
    )
    async def measure(self, campaign_id: UUID, act: Act) -> CampaignResults:
        found = await reports.results(campaign_id, policy=act.policy, today=local_day(act.now, act.company.time_zone))
        shown = found.contacted.members + found.control.members
        note = AuditNote(action="campaign.results", subject="campaign", subject_id=campaign_id, shown=shown)
        await record(note, act)
        return found

    @get("/{campaign_id:uuid}/members", needs=READ, summary="Who is to be contacted, who is not, and why")
    async def list_members(
        self,
        campaign_id: UUID,
        act: Act,
        part: Part | None = None,
        open_only: bool = False,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[MemberView]:
        found = await queries.members(
            campaign_id, part=part, open_only=open_only, after=decode(cursor), limit=limit + 1
        )
        page = page_of(found, limit, lambda one: Cursor(act.now, one.id))
        customers = tuple(one.customer_id for one in page.items)
        note = AuditNote(
            action="campaign.members",
            subject="campaign",
            subject_id=campaign_id,
            customer_ids=customers,
            fields=("tier",),
            shown=len(page.items),
        )
        await record(note, act)
        return page


class CampaignMemberController(Controller):
    path = "/api/v1/campaign-members"
    tags = ("campaigns",)
    contact = posts("/{member_id:uuid}/contact", actions.contact, needs=WRITE, summary="The member was contacted")
    respond = posts("/{member_id:uuid}/responses", actions.respond, needs=WRITE, summary="What the member did about it")
