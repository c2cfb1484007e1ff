"""Closing periods, and reading what was closed (subtlety 67)."""

from datetime import datetime
from typing import Literal, TypeVar
from uuid import UUID

from msgspec import Struct

from guibin.periods.names import Period
from guibin_tenants import org_units
from guibin_tenants.org_units import OrgUnitView
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import add_all, first
from guibin_tenants.scope import see_units

from .tables import PeriodClose

Content = TypeVar("Content")
Closed = Literal["complaints", "counts"]


class Close(Struct, frozen=True):
    """What was written at the close, as JSON."""

    content: str
    closed_at: datetime


async def unit_seen(wanted: UUID | None, *, by: Principal) -> OrgUnitView:
    """As `unit_of`. Narrows the scope to that unit's subtree."""
    chosen = await unit_of(wanted, by=by)
    visible = await org_units.visible_from(chosen.id)
    if isinstance(visible, tuple):
        await see_units(visible)
    return chosen


async def unit_of(wanted: UUID | None, *, by: Principal) -> OrgUnitView:
    """Whose figures are asked for: the caller's own unit without a wish. Raises NotFound for a unit that does not exist or
    lies behind the wall."""
    units = {unit.id: unit for unit in await org_units.all_units()}
    head = next((unit for unit in units.values() if unit.parent_id is None), None)
    chosen = wanted or by.org_unit_id or (head.id if head else None)
    if chosen not in units or not by.covers(chosen):
        raise NotFound(f"There is no org unit {wanted}")
    return units[chosen]


async def close(kind: Closed, period: Period, org_unit_id: UUID, content: object, *, now: datetime) -> bool:
    """Write the figures down for good; False when the period was closed already."""
    row = {"kind": kind, "period": period.name, "org_unit_id": org_unit_id, "content": content, "closed_at": now}
    return bool(await add_all(PeriodClose, None, [row], unless=("kind", "period", "org_unit_id")))


async def closed(kind: Closed, period: Period, org_unit_id: UUID) -> Close | None:
    """The close of a unit's period, None while it is open."""
    return await first(
        Close,
        "from period_close where kind = $1 and period = $2 and org_unit_id = $3",
        kind,
        period.name,
        org_unit_id,
    )
