"""`/api/v1/campaigns` and `/api/v1/campaign-members`."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get, post

from guibin.audit.actions import AuditNote, record
from guibin.context import Company
from guibin.policy.packs import Policy
from guibin.tiers.days import local_day
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import Principal, may
from guibin_tenants.rate_limits import BULK

from . import actions, queries, results
from .queries import CampaignView, MemberView, Part
from .requests import NewCampaign, NewCampaignContact, NewCampaignResponse
from .results import CampaignResults

READ, WRITE = may("activities:read"), may("activities:write")


class CampaignController(Controller):
    path = "/api/v1/campaigns"
    tags = ("campaigns",)

    @post("/", needs=may("campaigns:write"), cost=BULK, summary="Offer something to a segment, beside a control group")
    async def start(
        self, data: NewCampaign, policy: Policy, company: Company, by: Principal, now: datetime
    ) -> CampaignView:
        return await actions.start(data, policy=policy, company=company, by=by, now=now)

    @get("/", needs=READ, summary="Campaigns, the latest first")
    async def list_campaigns(self, limit: Limit = 50, cursor: CursorText = None) -> Page[CampaignView]:
        found = await queries.campaigns(after=decode(cursor), limit=limit + 1)
        return page_of(found, limit, lambda one: Cursor(one.started_at, one.id))

    @get("/{campaign_id:uuid}", needs=READ, summary="One campaign, and whom it reached")
    async def show(self, campaign_id: UUID) -> CampaignView:
        return await queries.campaign(campaign_id)

    @get(
        "/{campaign_id:uuid}/results",
        needs=READ,
        cost=BULK,
        summary="Responses, conversion between tiers, spending before and after",
    )
    async def measure(
        self, campaign_id: UUID, policy: Policy, company: Company, by: Principal, now: datetime
    ) -> CampaignResults:
        found = await results.results(campaign_id, policy=policy, today=local_day(now, company.time_zone))
        shown = found.contacted.members + found.control.members
        note = AuditNote(action="campaign.results", subject="campaign", subject_id=campaign_id, shown=shown)
        await record(note, by=by, now=now)
        return found

    @get("/{campaign_id:uuid}/members", needs=READ, summary="Who is to be contacted, who is not, and why")
    async def list_members(
        self,
        campaign_id: UUID,
        by: Principal,
        now: datetime,
        part: Part | None = None,
        open_only: bool = False,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[MemberView]:
        found = await queries.members(
            campaign_id, part=part, open_only=open_only, after=decode(cursor), limit=limit + 1
        )
        page = page_of(found, limit, lambda one: Cursor(now, one.id))
        customers = tuple(one.customer_id for one in page.items)
        note = AuditNote(
            action="campaign.members",
            subject="campaign",
            subject_id=campaign_id,
            customer_ids=customers,
            fields=("tier",),
            shown=len(page.items),
        )
        await record(note, by=by, now=now)
        return page


class CampaignMemberController(Controller):
    path = "/api/v1/campaign-members"
    tags = ("campaigns",)

    @post("/{member_id:uuid}/contact", needs=WRITE, summary="The member was contacted")
    async def contact(self, member_id: UUID, data: NewCampaignContact, by: Principal, now: datetime) -> MemberView:
        return await actions.contact(member_id, data, by=by, now=now)

    @post("/{member_id:uuid}/responses", needs=WRITE, summary="What the member did about it")
    async def respond(self, member_id: UUID, data: NewCampaignResponse, by: Principal, now: datetime) -> MemberView:
        return await actions.respond(member_id, data, by=by, now=now)
