"""What a campaign changed: responses, conversion between tiers, and spending before and after, beside the control group."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.context import Act
from guibin.policy.money import Money, from_minor
from guibin.policy.tiers import TierScheme
from guibin.tiers.queries import tier_held
from guibin_tenants.rows import many, missing
from guibin_tenants.scope import fetch

from .tables import Campaign


class CampaignConversion(Struct, frozen=True):
    """So many who held `held` when it started hold `becomes` at the end; None is no tier."""

    held: str | None
    becomes: str | None
    customers: int


class Spending(Struct, frozen=True):
    """Of the part's members together and per head, in as many days before the start as after it."""

    before: Money
    after: Money
    before_per_head: Money
    after_per_head: Money
    change_per_head: Money


class PartResult(Struct, frozen=True):
    """One part: those to be contacted, or the control group. `raised` counts those in a higher tier than before."""

    part: str
    members: int
    contacted: int
    responded: int
    interested: int
    bought: int
    declined: int
    response_per_mille: float | None
    raised: int
    lowered: int
    conversions: list[CampaignConversion]
    spending: Spending | None


class CampaignResults(Struct, frozen=True):
    """Measured until before `measured_until`; `complete` once the whole window has passed.

    `lift_per_head` is by how much more the contacted changed their spending than the control group, `raised_lift` by how
    many per mille more of them rose; None without a control group, and while nobody was contacted. Counted over the customers one may see.
    """

    campaign_id: UUID
    starts_on: date
    measured_until: date
    complete: bool
    contacted: PartResult
    control: PartResult
    excluded: int
    lift_per_head: Money | None
    raised_lift: float | None


# As many days before the start as have been measured after it, so that the two can be compared at any time.
_PEOPLE = f"""
with asked as (
  select c.*, u.until_on, c.starts_on - (u.until_on - c.starts_on) as since_on from campaign c
  cross join lateral (select greatest(c.starts_on, least($2::date, c.starts_on + c.window_days)) as until_on) u
  where c.id = any ($1)
)
select a.id as campaign_id, x.part, x.tier as held, {tier_held("x", "x.customer_id", "a.scheme", "a.until_on")} as becomes,
  count(*)::int as customers, count(k.id)::int as contacted,
  (count(*) filter (where r.kind = 'interested'))::int as interested,
  (count(*) filter (where r.kind = 'bought'))::int as bought,
  (count(*) filter (where r.kind = 'declined'))::int as declined,
  coalesce(sum(f.before), 0)::bigint as before, coalesce(sum(f.after), 0)::bigint as after
from asked a
join campaign_member x on x.tenant_id = a.tenant_id and x.campaign_id = a.id
left join campaign_contact k on k.tenant_id = x.tenant_id and k.member_id = x.id
left join lateral (select s.kind from campaign_response s where s.tenant_id = x.tenant_id and s.member_id = x.id
  order by s.responded_at desc, s.id desc limit 1) r on true
left join lateral (
  select sum(v.value) filter (where v.occurred_on < a.starts_on) as before,
    sum(v.value) filter (where v.occurred_on >= a.starts_on) as after
  from fact v where v.tenant_id = x.tenant_id and v.customer_id = x.customer_id and v.metric = a.fact
    and v.occurred_on >= a.since_on and v.occurred_on < a.until_on and v.value is not null
    and not exists (select from fact n where n.tenant_id = v.tenant_id and n.corrects = v.id)) f on true
group by 1, 2, 3, 4 order by 1, 2, 3, 4
"""


class Measured(Struct, frozen=True):
    """What of a campaign its results are measured by."""

    id: UUID
    scheme: str
    unit: str
    starts_on: date
    window_days: int


async def results(campaign_id: UUID, act: Act) -> CampaignResults:
    """As far as it can be measured today. Raises NotFound."""
    asked = await many(Measured, "from campaign where id = $1", campaign_id)
    if not asked:
        raise missing(Campaign, campaign_id)
    (found,) = await measured(asked, act)
    shown = found.contacted.members + found.control.members
    await done("results", Case("campaign", campaign_id), act, shown=shown)
    return found


async def measured(campaigns: Sequence[Measured], act: Act) -> list[CampaignResults]:
    """The results of each of these, in one statement; whoever shows them records it."""
    people = await fetch(_PEOPLE, [each.id for each in campaigns], act.today)
    return [_results(each, [row for row in people if row["campaign_id"] == each.id], act) for each in campaigns]


def _results(campaign: Measured, people: list[Any], act: Act) -> CampaignResults:
    ends_on = campaign.starts_on + timedelta(days=campaign.window_days)
    scheme, unit = act.policy.scheme(campaign.scheme), campaign.unit
    drawn = {part: [row for row in people if row["part"] == part] for part in ("contacted", "control", "excluded")}
    contacted, control = (_part(part, drawn[part], scheme, unit) for part in ("contacted", "control"))
    return CampaignResults(
        campaign_id=campaign.id,
        starts_on=campaign.starts_on,
        measured_until=max(campaign.starts_on, min(act.today, ends_on)),
        complete=act.today >= ends_on,
        contacted=contacted,
        control=control,
        excluded=sum(row["customers"] for row in drawn["excluded"]),
        lift_per_head=_lift(drawn["contacted"], drawn["control"], unit) if contacted.contacted else None,
        raised_lift=_raised_lift(contacted, control),
    )


def _part(part: str, rows: list[Any], scheme: TierScheme | None, unit: str) -> PartResult:
    members = sum(row["customers"] for row in rows)
    moves = [(_rank(scheme, row["becomes"]) - _rank(scheme, row["held"]), row["customers"]) for row in rows]
    kinds = {kind: sum(row[kind] for row in rows) for kind in ("interested", "bought", "declined")}
    responded = sum(kinds.values())
    return PartResult(
        part=part,
        members=members,
        contacted=sum(row["contacted"] for row in rows),
        responded=responded,
        response_per_mille=round(1000 * responded / members, 1) if members else None,
        raised=sum(count for step, count in moves if step > 0),
        lowered=sum(count for step, count in moves if step < 0),
        conversions=[
            msgspec.convert({name: row[name] for name in ("held", "becomes", "customers")}, CampaignConversion)
            for row in rows
        ],
        spending=_spending(rows, unit) if unit and members else None,
        **kinds,
    )


def _rank(scheme: TierScheme | None, tier: str | None) -> int:
    return scheme.rank(tier) if scheme else 0


def _spending(rows: list[Any], unit: str) -> Spending:
    before, after = (sum(row[name] for row in rows) for name in ("before", "after"))
    each_before, each_after = _per_head(rows)
    amounts = (before, after, each_before, each_after, each_after - each_before)
    return Spending(*(from_minor(amount, unit) for amount in amounts))


def _per_head(rows: list[Any]) -> tuple[int, int]:
    """Before and after, in minor units, rounded down."""
    members = sum(row["customers"] for row in rows)
    return sum(row["before"] for row in rows) // members, sum(row["after"] for row in rows) // members


def _lift(contacted: list[Any], control: list[Any], unit: str) -> Money | None:
    if not unit or not contacted or not control:
        return None
    (before, after), (control_before, control_after) = _per_head(contacted), _per_head(control)
    return from_minor((after - before) - (control_after - control_before), unit)


def _raised_lift(contacted: PartResult, control: PartResult) -> float | None:
    if not contacted.contacted or not control.members:
        return None
    return round(1000 * contacted.raised / contacted.members - 1000 * control.raised / control.members, 1)
