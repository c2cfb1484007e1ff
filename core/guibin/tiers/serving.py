"""Which level of the company serves which tier: account managers sit high enough, and gaps are shown (S04-3)."""

from datetime import date
from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin.periods.days import local_day
from guibin.policy.packs import Policy
from guibin.profiles.reactions import Assigned, on_assigned
from guibin_tenants import org_units
from guibin_tenants.refusals import Conflict
from guibin_tenants.rows import shown
from guibin_tenants.scope import fetch, fetch_one

from . import queries


class ServedHigher(Conflict):
    """The account manager sits below the level that serves the customer's tier."""

    kind = "served-higher"
    title = "Customers of this tier are served at a higher level of the company"


class ServingGap(Struct, frozen=True):
    """A member whose tier is served at `served_at` or above (0 is the head office) and who is not.

    `level` is that of the account manager, None where there is nobody.
    """

    customer_id: UUID
    number: str
    scheme: str
    tier: str
    served_at: int
    account_manager_id: UUID | None
    level: int | None


@on_assigned
async def refuse_lower_level(happened: Assigned, act: Act) -> None:
    """Raises ServedHigher where the new account manager sits too low for a tier the customer holds."""
    manager = happened.account_manager_id
    if manager is None:
        return
    today = local_day(act.now, happened.company.time_zone)
    held = (await queries.current_tiers([happened.customer_id], on=today)).get(happened.customer_id, {})
    duties = [
        (level, tier)
        for scheme, tier in held.items()
        if (level := _served_at(happened.policy, scheme, tier)) is not None
    ]
    row = await fetch_one("select org_unit_id from staff where id = $1", manager)
    if not duties or row is None:
        return
    level, (highest, tier) = await org_units.level_of(row["org_unit_id"]), min(duties)
    if level > highest:
        raise ServedHigher(f"{tier} is served at level {highest} or above; the account manager sits at level {level}")


async def gaps(policy: Policy, *, on: date, after: UUID | None, limit: int) -> list[ServingGap]:
    """Members whose account manager is missing or sits too low, each once by the highest tier, in the order of their ids."""
    duties = [(s.name, t.name, t.served_at) for s in policy.schemes for t in s.tiers if t.served_at is not None]
    rows = await fetch(
        "with recursive level as ("
        "  select tenant_id, id, 0 as level from org_unit where parent_id is null"
        "  union all select u.tenant_id, u.id, l.level + 1 from org_unit u"
        "  join level l on u.tenant_id = l.tenant_id and u.parent_id = l.id"
        "), duty as (select * from unnest($1::text[], $2::text[], $3::int[]) as d (scheme, tier, served_at))"
        " select distinct on (m.customer_id) m.customer_id, c.number, m.scheme, m.tier, d.served_at, c.account_manager_id,"
        "   case when s.id is not null then coalesce(l.level, 0) end as level"
        " from membership m join duty d on d.scheme = m.scheme and d.tier = m.tier"
        " join customer c on c.tenant_id = m.tenant_id and c.id = m.customer_id and c.closed_at is null"
        " left join staff s on s.tenant_id = c.tenant_id and s.id = c.account_manager_id and s.left_at is null"
        " left join level l on l.tenant_id = s.tenant_id and l.id = s.org_unit_id"
        f" where {queries.holding('m', '$4')}"
        " and (s.id is null or coalesce(l.level, 0) > d.served_at) and ($5::uuid is null or m.customer_id > $5)"
        " order by m.customer_id, d.served_at, m.scheme limit $6",
        [scheme for scheme, _, _ in duties],
        [tier for _, tier, _ in duties],
        [served_at for _, _, served_at in duties],
        on,
        after,
        limit,
    )
    return shown(ServingGap, rows)


def _served_at(policy: Policy, scheme_name: str, tier_name: str) -> int | None:
    scheme = policy.scheme(scheme_name)
    tier = scheme.tier(tier_name) if scheme else None
    return tier.served_at if tier else None
