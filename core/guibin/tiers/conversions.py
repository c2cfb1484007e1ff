"""Conversion between tiers: who held what on one day and holds what on another (S06-4)."""

from datetime import date

import msgspec
from msgspec import Struct

from guibin_tenants.scope import fetch


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
        "with held as (select tenant_id, customer_id, tier from membership where scheme = $1 and starts_on <= $2"
        "   and (ends_on is null or ends_on > $2) and (expires_on is null or expires_on > $2)),"
        " holding as (select tenant_id, customer_id, tier from membership where scheme = $1 and starts_on <= $3"
        "   and (ends_on is null or ends_on > $3) and (expires_on is null or expires_on > $3)),"
        " pairs as (select a.tier as held, b.tier as becomes, count(*)::int as customers from held a"
        "   full join holding b on a.tenant_id = b.tenant_id and a.customer_id = b.customer_id group by 1, 2)"
        " select held, becomes, customers, case when held is not null"
        "   then (customers * 1000 / sum(customers) over (partition by held))::int end as per_mille"
        " from (select held, becomes, customers::bigint from pairs) p order by held, becomes",
        scheme,
        first,
        second,
    )
    return [msgspec.convert(dict(row), Conversion) for row in rows]
