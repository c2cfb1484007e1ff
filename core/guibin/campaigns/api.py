"""`/api/v1/campaigns` and `/api/v1/campaign-members`."""

from uuid import UUID

from litestar import Controller, get

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may
from guibin_tenants.rate_limits import BULK

from . import actions, queries, reports
from .queries import OF_CAMPAIGN, MemberFilter, MemberView

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

    list_campaigns = gets("/", queries.campaigns, needs=READ, summary="Campaigns, the latest first")
    show = gets("/{campaign_id:uuid}", queries.campaign, needs=READ, summary="One campaign, and whom it reached")

    measure = gets(
        "/{campaign_id:uuid}/results",
        reports.results,
        needs=READ,
        cost=BULK,
        summary="Responses, conversion between tiers, spending before and after",
    )

    @get(
        "/{campaign_id:uuid}/members",
        needs=READ,
        summary="Who is to be contacted, who is not, and why",
        dependencies={"filters": from_query(MemberFilter)},
    )
    async def list_members(
        self, campaign_id: UUID, filters: MemberFilter, page: PageAsked, act: Act
    ) -> Page[MemberView]:
        await queries.campaign(campaign_id)
        members = await OF_CAMPAIGN.page(filters, page, act, campaign_id=campaign_id)
        note = AuditNote(
            action="campaign.members",
            subject="campaign",
            subject_id=campaign_id,
            customer_ids=tuple(member.customer_id for member in members.items),
            fields=("tier",),
            shown=len(members.items),
        )
        await record(note, act)
        return members


class CampaignMemberController(Controller):
    path = "/api/v1/campaign-members"
    tags = ("campaigns",)
    contact = posts("/{member_id:uuid}/contact", actions.contact, needs=WRITE, summary="The member was contacted")
    respond = posts("/{member_id:uuid}/responses", actions.respond, needs=WRITE, summary="What the member did about it")
