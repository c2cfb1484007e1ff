"""`/api/v1/campaigns` and `/api/v1/campaign-members`."""

from uuid import UUID

from litestar import Controller, get

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.context import Act
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may
from guibin_tenants.rate_limits import BULK

from . import actions, board, queries, reports
from .queries import OF_CAMPAIGN, MemberFilter, MemberView

READ, WRITE = may("activities:read"), may("activities:write")


class CampaignController(Controller):
    path = "/api/v1/campaigns"
    tags = ("campaigns",)
    start = posts(
        "/",
        actions.start,
        "Offer something to a segment, beside a control group",
        needs=may("campaigns:write"),
        cost=BULK,
    )
    list_campaigns = gets("/", queries.campaigns, "Campaigns, the latest first")
    show = gets("/{campaign_id:uuid}", queries.campaign, "One campaign, and whom it reached")
    measure = gets(
        "/{campaign_id:uuid}/results",
        reports.results,
        "Responses, conversion between tiers, spending before and after",
        cost=BULK,
    )

    list_costs = gets("/{campaign_id:uuid}/costs", board.costs, "What was paid for it")
    add_cost = posts(
        "/{campaign_id:uuid}/costs", board.add_cost, "Something was paid for it", needs=may("campaigns:write")
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
        await queries.CAMPAIGNS.one(campaign_id)
        members = await OF_CAMPAIGN.page(filters, page, act, campaign_id=campaign_id)
        await done(
            "members",
            Case("campaign", campaign_id),
            act,
            customer_ids=tuple(member.customer_id for member in members.items),
            fields=("tier",),
            shown=len(members.items),
        )
        return members


class CampaignBoardController(Controller):
    path = "/api/v1/campaign-board"
    tags = ("campaigns",)
    show_board = gets(
        "/", board.board, "Campaigns beside each other: whom each reached, what came of it, what it cost", cost=BULK
    )


class CampaignMemberController(Controller):
    path = "/api/v1/campaign-members"
    tags = ("campaigns",)
    contact = posts("/{member_id:uuid}/contact", actions.contact, "The member was contacted")
    respond = posts("/{member_id:uuid}/responses", actions.respond, "What the member did about it")
