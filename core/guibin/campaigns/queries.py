"""Reading campaigns and their members."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct, structs

from guibin.cases.followed import FOLLOWED, Followed
from guibin.context import Act
from guibin.plan_reviews.queries import Reviewed, reviewed
from guibin.profiles.queries import customer_of
from guibin.tiers.segments import Segment
from guibin.web.listing import Listing, Order, PageAsked, newest_first
from guibin.web.paging import Page
from guibin_tenants.principals import may

from .requests import Response
from .tables import Campaign

Part = Literal["contacted", "control", "excluded"]


class CampaignView(Struct, frozen=True, kw_only=True):
    """A campaign and whom it reached, counted over the customers one may see. `review` None where it needs none."""

    id: UUID
    title: str
    text: str
    channel: str
    topic: str
    segment: Segment
    scheme: str
    fact: str
    starts_on: date
    window_days: int
    control_percent: int
    budget: int | None
    seed: str
    started_by_name: str
    started_at: datetime
    review: Reviewed | None
    to_contact: int
    control: int
    excluded: int
    contacted: int
    responded: int


class MemberView(Struct, frozen=True, kw_only=True):
    """A customer of the segment, and what came of it."""

    id: UUID
    campaign_id: UUID
    customer_id: UUID
    customer_number: str
    part: Part
    because: str
    channel: str
    tier: str | None
    contacted_at: datetime | None
    response: str | None


class MemberFilter(Struct, frozen=True, kw_only=True):
    """Which members; `open_only` are those still to be contacted, `reached` those who were, `response` what they said last."""

    part: Part | None = None
    open_only: bool = False
    reached: bool = False
    response: Response | None = None


CAMPAIGNS = Listing(
    view=CampaignView,
    source="""campaign x, lateral (
  select (count(*) filter (where m.part = 'contacted'))::int as to_contact,
    (count(*) filter (where m.part = 'control'))::int as control,
    (count(*) filter (where m.part = 'excluded'))::int as excluded, count(k.id)::int as contacted,
    (count(*) filter (where exists (select from campaign_response r where r.tenant_id = m.tenant_id
      and r.member_id = m.id)))::int as responded
  from campaign_member m left join campaign_contact k on k.tenant_id = m.tenant_id and k.member_id = m.id
  where m.tenant_id = x.tenant_id and m.campaign_id = x.id) n""",
    order=newest_first("x.started_at"),
    columns={
        **{name: f"n.{name}" for name in ("to_contact", "control", "excluded", "contacted", "responded")},
        "review": reviewed("campaign"),
    },
)
_RESPONSE = (
    "(select r.kind from campaign_response r where r.tenant_id = x.tenant_id and r.member_id = x.id"
    " order by r.responded_at desc, r.id desc limit 1)"
)
MEMBERS = Listing(
    view=MemberView,
    source=f"campaign_member x {customer_of('c', 'x')}"
    " left join campaign_contact k on k.tenant_id = x.tenant_id and k.member_id = x.id",
    order=Order({"x.id": UUID}),
    columns={
        "customer_number": "c.number",
        "contacted_at": "k.contacted_at",
        "response": _RESPONSE,
    },
    filters={
        "open_only": "x.part = 'contacted' and k.id is null",
        "reached": "k.id is not null",
        "response": f"{_RESPONSE} = $value",
    },
)
OF_CAMPAIGN = structs.replace(MEMBERS, holds="x.campaign_id = $campaign_id")


async def campaign(campaign_id: UUID) -> CampaignView:
    """Raises NotFound."""
    return await CAMPAIGNS.one(campaign_id)


async def campaigns(page: PageAsked, act: Act) -> Page[CampaignView]:
    """The latest first."""
    return await CAMPAIGNS.page(None, page, act)


FOLLOWED.give("campaign", Followed(may("activities:read"), Campaign))
