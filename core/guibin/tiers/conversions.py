"""Conversion between tiers: who held what on one day and holds what on another (S06-4)."""

from datetime import date

from msgspec import Struct

from guibin_tenants.rows import shown
from guibin_tenants.scope import fetch

from .queries import holding


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
    rows = await fetch(
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
    return shown(Conversion, rows)
