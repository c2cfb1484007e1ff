"""Who serves whom, and who was where: conversion between tiers (S06-4), the load of account managers (S12-4), gaps in level (S04-3)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from guibin.cases import Case
from guibin.context import Act
from guibin.events import Assigned, at_once
from guibin.notices.actions import Notice, notify
from guibin.policy.packs import Policy
from guibin.profiles.queries import OPEN, customer_of, served
from guibin.web.listing import Listing, Order
from guibin_tenants import org_units
from guibin_tenants.refusals import Conflict
from guibin_tenants.rows import read
from guibin_tenants.scope import fetch, fetch_one

from . import queries
from .queries import holding, member


class Conversion(Struct, frozen=True):
    """So many customers held `held` on the first day and hold `becomes` on the second; None is no tier.

    `per_mille` is their share of all who held the same on the first day, rounded down.
    """

    held: str | None
    becomes: str | None
    customers: int
    per_mille: int | None


async def conversions(scheme: str, *, first: date, second: date) -> list[Conversion]:
    """Every pair of tiers that occurs; whoever had a tier on neither day is not counted."""
    return await read(
        Conversion,
        "with held as (select m.tenant_id, m.customer_id, m.tier from membership m"
        f"   where m.scheme = $1 and {holding('m', '$2')}),"
        " holding as (select m.tenant_id, m.customer_id, m.tier from membership m"
        f"   where m.scheme = $1 and {holding('m', '$3')}),"
        " pairs as (select a.tier as held, b.tier as becomes, count(*)::int as customers from held a"
        "   full join holding b on a.tenant_id = b.tenant_id and a.customer_id = b.customer_id group by 1, 2)"
        " select held, becomes, customers, case when held is not null"
        "   then (customers * 1000 / sum(customers) over (partition by held))::int end as per_mille"
        " from (select held, becomes, customers::bigint from pairs) p order by held, becomes",
        scheme,
        first,
        second,
    )


class TierChange(Struct, frozen=True, kw_only=True):
    """A customer went from `held` to `becomes` on a day, in one step; `basis` and `reason` say why (S06-5)."""

    id: UUID
    customer_id: UUID
    customer_number: str
    scheme: str
    held: str
    becomes: str
    changed_on: date
    basis: str
    reason: str


class ChangeFilter(Struct, frozen=True, kw_only=True):
    """Along one path, of the days `since` inclusive and `before` exclusive."""

    scheme: str | None = None
    held: str | None = None
    becomes: str | None = None
    since: date | None = None
    before: date | None = None


CHANGES = Listing(
    view=TierChange,
    source="membership x join membership o on o.tenant_id = x.tenant_id and o.customer_id = x.customer_id"
    f" and o.scheme = x.scheme and o.ends_on = x.starts_on and o.id <> x.id {customer_of('c', 'x')}",
    order=Order({"x.starts_on": date, "x.id": UUID}, downward=True),
    columns={
        "customer_number": "c.number",
        "held": "o.tier",
        "becomes": "x.tier",
        "changed_on": "x.starts_on",
    },
    filters={
        "held": "o.tier = $value",
        "becomes": "x.tier = $value",
        "since": "x.starts_on >= $value",
        "before": "x.starts_on < $value",
    },
    holds="o.tier <> x.tier",
)


class ManagerLoad(Struct, frozen=True):
    """One account manager of the outlet's customers, full- or part-time."""

    staff_id: UUID
    name: str
    part_time: bool
    customers: int
    vips: int


class Outlet(Struct, frozen=True, kw_only=True):
    """An org unit with customers: its VIPs, how many of them nobody serves, and who serves the others."""

    org_unit_id: UUID
    code: str
    name: str
    vips: int
    vips_without_manager: int
    managers: tuple[ManagerLoad, ...]


class Unserved(Struct, frozen=True):
    """A VIP without an account manager who works here."""

    customer_id: UUID
    number: str
    org_unit_id: UUID


UNSERVED = Listing(
    view=Unserved,
    source="customer x",
    order=Order({"x.id": UUID}),
    columns={"customer_id": "x.id"},
    holds=f"x.closed_at is null and {member('x', '$today')} and not {served('x')}",
)


async def outlets(*, on: date) -> list[Outlet]:
    """Every outlet whose customers are visible from here, by code; managers by how many VIPs they serve."""
    return await read(
        Outlet,
        "with base as (select c.org_unit_id, s.id as staff_id, s.name, coalesce(s.part_time, false) as part_time,"
        f" {member('c', '$1')} as vip from (select * from {OPEN}) c left join staff s on s.tenant_id = c.tenant_id"
        "   and s.id = c.account_manager_id and s.left_at is null), load as (select org_unit_id, staff_id, name, part_time, count(*)::int as customers,"
        "   count(*) filter (where vip)::int as vips from base group by 1, 2, 3, 4)"
        " select u.id as org_unit_id, u.code, u.name, sum(l.vips)::int as vips,"
        " coalesce(sum(l.vips) filter (where l.staff_id is null), 0)::int as vips_without_manager,"
        " coalesce(jsonb_agg(jsonb_build_object('staff_id', l.staff_id, 'name', l.name, 'part_time', l.part_time,"
        "   'customers', l.customers, 'vips', l.vips) order by l.vips desc, l.name, l.staff_id)"
        "   filter (where l.staff_id is not null), '[]')::text as managers"
        " from load l join org_unit u on u.id = l.org_unit_id group by 1, 2, 3 order by 2",
        on,
    )


async def tell_unserved(today: date, *, now: datetime) -> None:
    """The leader of each outlet hears once a day how many of its VIPs nobody serves."""
    rows = await fetch(
        f"select c.org_unit_id, count(*)::int as vips from {OPEN} and {member('c', '$1')} and not {served('c')}"
        " group by 1 order by 1",
        today,
    )
    for row in rows:
        notice = Notice(
            "vips_without_manager",
            Case("org_unit", row["org_unit_id"]),
            org_unit_id=row["org_unit_id"],
            roles=("manager",),
            details={"count": str(row["vips"])},
        )
        await notify(notice, key=f"vips-without-manager/{row['org_unit_id']}/{today}", now=now)


class ServedHigher(Conflict):
    """Customers of this tier are served at a higher level of the company. The account manager sits below it."""


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


@at_once(Assigned)
async def refuse_lower_level(happened: Assigned, act: Act) -> None:
    """Raises ServedHigher where the new account manager sits too low for a tier the customer holds."""
    manager = happened.account_manager_id
    if manager is None:
        return
    today = act.today
    held = (await queries.current_tiers([happened.customer_id], on=today)).get(happened.customer_id, {})
    duties = [
        (level, tier) for scheme, tier in held.items() if (level := _served_at(act.policy, scheme, tier)) is not None
    ]
    row = await fetch_one("select org_unit_id from staff where id = $1", manager)
    if not duties or row is None:
        return
    level, (highest, tier) = await org_units.level_of(row["org_unit_id"]), min(duties)
    if level > highest:
        raise ServedHigher(f"{tier} is served at level {highest} or above; the account manager sits at level {level}")


def duties(act: Act) -> dict[str, Any]:
    """The values of GAPS: which tiers are served at which level, today."""
    said = [(s.name, t.name, t.served_at) for s in act.policy.schemes for t in s.tiers if t.served_at is not None]
    schemes, tiers, levels = zip(*said, strict=True) if said else ((), (), ())
    return {"schemes": schemes, "tiers": tiers, "levels": levels, "today": act.today}


# Members whose account manager is missing or sits too low, each once by the highest tier, in the order of their ids.
GAPS = Listing(
    view=ServingGap,
    source=f"""(with recursive level as (
        select tenant_id, id, 0 as level from org_unit where parent_id is null
        union all select u.tenant_id, u.id, l.level + 1 from org_unit u
        join level l on u.tenant_id = l.tenant_id and u.parent_id = l.id
    ), duty as (select * from unnest($schemes::text[], $tiers::text[], $levels::int[]) as d (scheme, tier, served_at))
    select distinct on (m.customer_id) m.customer_id, c.number, m.scheme, m.tier, d.served_at, c.account_manager_id,
        case when s.id is not null then coalesce(l.level, 0) end as level
    from membership m join duty d on d.scheme = m.scheme and d.tier = m.tier
    {customer_of("c", "m")} and c.closed_at is null
    left join staff s on s.tenant_id = c.tenant_id and s.id = c.account_manager_id and s.left_at is null
    left join level l on l.tenant_id = s.tenant_id and l.id = s.org_unit_id
    where {holding("m", "$today")} and (s.id is null or coalesce(l.level, 0) > d.served_at)
    order by m.customer_id, d.served_at, m.scheme) x""",
    order=Order({"x.customer_id": UUID}),
)


def _served_at(policy: Policy, scheme_name: str, tier_name: str) -> int | None:
    scheme = policy.scheme(scheme_name)
    tier = scheme.tier(tier_name) if scheme else None
    return tier.served_at if tier else None
