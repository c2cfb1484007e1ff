"""What the console shows to hotels: what a guest's stays were like, and what is to be ready for today's guests."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from guibin import Figure, Panel, Tile
from guibin_tenants.principals import may
from guibin_tenants.scope import fetch, fetch_one

_STAYS = 6
_SPENT = """select f.occurred_on, f.label, f.value, f.unit, count(*) over () as found from fact f
    where f.customer_id = $1 and f.metric = 'stay' and f.value is not null
    and not exists (select from fact later where later.tenant_id = f.tenant_id and later.corrects = f.id)
    order by f.occurred_on desc, f.id limit $2"""
_TO_PREPARE = """select count(*) as open, count(*) filter (where t.due_at < $1) as late from reception_task x
    join timer t on t.tenant_id = x.tenant_id and t.subject_id = x.id and t.completed_at is null and t.cancelled_at is null
    where x.state = 'open' and t.due_at < $2"""


async def stays(customer_id: UUID, act: Any) -> dict[str, object] | None:
    """The last stays with their room and what they cost; None for who never stayed."""
    rows = await fetch(_SPENT, customer_id, _STAYS)
    return {"rows": rows, "found": rows[0]["found"]} if rows else None


async def to_prepare(act: Any) -> Figure | None:
    """What departments have to have ready before the day ends, and how much of it is late."""
    midnight = datetime.combine(act.today + timedelta(days=1), time(), ZoneInfo(act.company.time_zone))
    row = await fetch_one(_TO_PREPARE, act.now, midnight)
    if row is None:
        return None
    return Figure(row["open"], "late" if row["late"] else "warn" if row["open"] else "")


PANELS = (Panel(name="stays", on="customer", needs=may("customers:read"), shows=stays, template="stays.html"),)
TILES = (Tile(name="to_prepare", needs=may("receptions:read"), shows=to_prepare),)
