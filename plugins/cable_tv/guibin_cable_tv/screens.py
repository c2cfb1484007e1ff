"""What the console shows to companies of cable TV: packages that run out, and other complaints of the same branch."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from guibin import PackPage, Panel
from guibin.profiles.orders import ORDERS, followed
from guibin_tenants.principals import may
from guibin_tenants.scope import fetch

_AHEAD_DAYS, _ROWS, _OTHERS = 60, 200, 5
_DAY = timedelta(days=1)
_EXPIRING = f"""select c.id, c.name, o.number, o.product, o.ends_on, s.name as manager from {ORDERS}
    left join staff s on s.tenant_id = c.tenant_id and s.id = c.account_manager_id
    where o.ended_at is null and c.closed_at is null and o.ends_on between $1 and $2 and not {followed(_AHEAD_DAYS)}
    and ($3::uuid is null or c.account_manager_id = $3) order by o.ends_on, o.number limit $4"""
# Complaints of customers of the same branch: one that fails fails for all who are connected to it.
_NEAR = """select x.id, x.number, left(x.text, 80) as matter, x.received_at, x.state, count(*) over () as found
    from complaint x join customer c on c.tenant_id = x.tenant_id and c.id = x.customer_id
    join (select y.received_at, of.org_unit_id from complaint y join customer of on of.tenant_id = y.tenant_id
        and of.id = y.customer_id where y.id = $1) this on this.org_unit_id = c.org_unit_id
    where x.id <> $1 and x.kind = 'complaint' and x.received_at between this.received_at - $2::interval
        and this.received_at + $2::interval
    order by x.received_at desc limit $3"""


async def expiring(asked: Mapping[str, str], act: Any) -> dict[str, object]:
    """Packages that end within 60 days and have none that follows, the first to end first: mine, or everybody's."""
    mine = asked.get("whose") != "all"
    rows = await fetch(
        _EXPIRING, act.today, act.today + timedelta(days=_AHEAD_DAYS), act.by.person if mine else None, _ROWS
    )
    return {"rows": rows, "mine": mine, "days": _AHEAD_DAYS, "most": _ROWS}


async def near(complaint_id: UUID, act: Any) -> dict[str, object] | None:
    """Other complaints within a day before and after, of customers of the same branch; None where there is none."""
    rows = await fetch(_NEAR, complaint_id, _DAY, _OTHERS)
    return {"rows": rows, "found": rows[0]["found"]} if rows else None


PAGES = (
    PackPage(
        name="expiring",
        needs=may("customers:read"),
        shows=expiring,
        template="expiring.html",
        icon="hourglass",
        order=45,
    ),
)
PANELS = (Panel(name="near", on="complaint", needs=may("complaints:read"), shows=near, template="near.html"),)
