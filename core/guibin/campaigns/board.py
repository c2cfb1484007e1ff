"""The campaigns beside each other, for whoever leads: whom each reached, what came of it, what it cost of its budget (S06-4)."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import done, noted
from guibin.cases import Case
from guibin.context import Act
from guibin.plan_reviews.costs import CostView, NewCost, costs_of, row_of
from guibin.plan_reviews.queries import Reviewed
from guibin.policy.money import Money, from_minor
from guibin.web.listing import PageAsked
from guibin.web.paging import Page
from guibin_tenants.principals import sees_all
from guibin_tenants.refusals import Forbidden
from guibin_tenants.rows import add, many
from guibin_tenants.rows import row_of as row_of_id

from .queries import CAMPAIGNS, CampaignView
from .reports import CampaignResults, Measured, measured
from .tables import Campaign, CampaignCost


class CampaignLine(Struct, frozen=True, kw_only=True):
    """One campaign, counted over the customers one may see. `cost` is by currency; `over` where what was paid in the company's
    currency is more than the `budget`, None without one. `results` as they can be measured today."""

    id: UUID
    title: str
    starts_on: date
    review: Reviewed | None
    to_contact: int
    contacted: int
    responded: int
    control: int
    excluded: int
    budget: int | None
    cost: list[Money]
    over: bool | None
    results: CampaignResults


class _Paid(Struct, frozen=True):
    campaign_id: UUID
    currency: str
    amount: int


class _Shown(CampaignView, frozen=True, kw_only=True):
    unit: str


_CAMPAIGNS = CAMPAIGNS.wider(_Shown)


async def board(page: PageAsked, act: Act) -> Page[CampaignLine]:
    """The latest first. That it was read is on record."""
    found = await _CAMPAIGNS.page(None, page, act)
    ids = [each.id for each in found.items]
    paid = await many(
        _Paid,
        "from (select campaign_id, currency, sum(amount)::bigint as amount from campaign_cost where campaign_id = any ($1)"
        " group by 1, 2) paid order by currency",
        ids,
    )
    results = (
        {each.campaign_id: each for each in await measured([_asked(each) for each in found.items], act)} if ids else {}
    )
    lines = [_line(each, [one for one in paid if one.campaign_id == each.id], results[each.id]) for each in found.items]
    shown = sum(line.to_contact + line.control for line in lines)
    await noted("campaign.board", act, subject="campaign", shown=shown)
    return Page(lines, found.next)


async def add_cost(campaign_id: UUID, new: NewCost, act: Act) -> list[CostView]:
    """Something was paid for it; all of its costs. Raises NotFound, Invalid, Forbidden for another unit's."""
    campaign = await row_of_id(Campaign, campaign_id, "select org_unit_id from campaign where id = $1")
    if not sees_all(act.by) and not act.by.covers(campaign["org_unit_id"]):
        raise Forbidden("What a campaign of the whole company cost is recorded by its head office")
    await add(CampaignCost, act, campaign_id=campaign_id, **row_of(new, act))
    await done("cost", Case("campaign", campaign_id), act)
    return await costs(campaign_id)


async def costs(campaign_id: UUID) -> list[CostView]:
    """What was paid for it, in the order it was spent. Raises NotFound."""
    await CAMPAIGNS.one(campaign_id)
    return await costs_of("campaign_cost where campaign_id = $1", campaign_id)


def _asked(campaign: _Shown) -> Measured:
    return Measured(campaign.id, campaign.scheme, campaign.unit, campaign.starts_on, campaign.window_days)


def _line(campaign: _Shown, paid: Sequence[_Paid], results: CampaignResults) -> CampaignLine:
    cost = [from_minor(each.amount, each.currency) for each in paid]
    spent = sum(each.amount for each in paid if each.currency == "CNY")
    told = {name: getattr(campaign, name) for name in CampaignLine.__struct_fields__ if hasattr(campaign, name)}
    over = None if campaign.budget is None else spent > campaign.budget * 100
    return CampaignLine(**told, cost=cost, over=over, results=results)
