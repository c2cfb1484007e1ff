"""Reading campaigns and their members."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.tiers.segments import Segment
from guibin.web.paging import Cursor
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one

Part = Literal["contacted", "control", "excluded"]


class CampaignView(Struct, frozen=True, kw_only=True):
    """A campaign and whom it reached, counted over the customers one may see."""

    id: UUID
    title: str
    text: str
    channel: str
    segment: Segment
    scheme: str
    fact: str
    starts_on: date
    window_days: int
    control_percent: int
    seed: str
    started_by_name: str
    started_at: datetime
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


_CAMPAIGN = """
select c.id, c.title, c.text, c.channel, c.segment::text as segment, c.scheme, c.fact, c.starts_on, c.window_days,
  c.control_percent, c.seed, c.started_by_name, c.started_at, n.*
from campaign c, lateral (
  select (count(*) filter (where m.part = 'contacted'))::int as to_contact,
    (count(*) filter (where m.part = 'control'))::int as control,
    (count(*) filter (where m.part = 'excluded'))::int as excluded, count(k.id)::int as contacted,
    (count(*) filter (where exists (select from campaign_response r where r.tenant_id = m.tenant_id
      and r.member_id = m.id)))::int as responded
  from campaign_member m left join campaign_contact k on k.tenant_id = m.tenant_id and k.member_id = m.id
  where m.tenant_id = c.tenant_id and m.campaign_id = c.id) n
"""
_MEMBER = """
select m.id, m.campaign_id, m.customer_id, u.number as customer_number, m.part, m.because, m.channel, m.tier,
  k.contacted_at, (select r.kind from campaign_response r where r.tenant_id = m.tenant_id and r.member_id = m.id
    order by r.responded_at desc, r.id desc limit 1) as response
from campaign_member m join customer u on u.tenant_id = m.tenant_id and u.id = m.customer_id
left join campaign_contact k on k.tenant_id = m.tenant_id and k.member_id = m.id
"""


async def campaign(campaign_id: UUID) -> CampaignView:
    """Raises NotFound."""
    row = await fetch_one(f"{_CAMPAIGN} where c.id = $1", campaign_id)
    if row is None:
        raise NotFound(f"There is no campaign {campaign_id}")
    return msgspec.convert({**row, "segment": msgspec.json.decode(row["segment"])}, CampaignView)


async def campaigns(*, after: Cursor | None, limit: int) -> list[CampaignView]:
    """The latest first."""
    rows = await fetch(
        f"{_CAMPAIGN} where $1::timestamptz is null or (c.started_at, c.id) < ($1, $2::uuid)"
        " order by c.started_at desc, c.id desc limit $3",
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert({**row, "segment": msgspec.json.decode(row["segment"])}, CampaignView) for row in rows]


async def member(member_id: UUID) -> MemberView:
    """Raises NotFound."""
    row = await fetch_one(f"{_MEMBER} where m.id = $1", member_id)
    if row is None:
        raise NotFound(f"There is no member {member_id}")
    return msgspec.convert(dict(row), MemberView)


async def members(
    campaign_id: UUID, *, part: Part | None, open_only: bool, after: Cursor | None, limit: int
) -> list[MemberView]:
    """Members by id; `open_only` are those still to be contacted. Raises NotFound."""
    await campaign(campaign_id)
    rows = await fetch(
        f"{_MEMBER} where m.campaign_id = $1 and ($2::text is null or m.part = $2)"
        " and (not $3 or (m.part = 'contacted' and k.id is null)) and ($4::uuid is null or m.id > $4)"
        " order by m.id limit $5",
        campaign_id,
        part,
        open_only,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), MemberView) for row in rows]
