"""The tree of org units, and whose archives a member of staff sees: their own subtree (S02-6)."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Timestamptz, Varchar

from .access import access_changed
from .refusals import Invalid
from .scope import ALL_UNITS, fetch, fetch_value
from .tables import Keys, TenantTable


class OrgUnit(TenantTable, tablename="org_unit"):
    """A head office, branch, outlet or department. The one without a parent is the head office.

    From `dissolved_at` on it holds nothing any more: what it held is with `successor_id`.
    """

    parent_id = UuidColumn(default=None, null=True)
    code = Varchar(length=60)
    name = Varchar(length=200)
    dissolved_at = Timestamptz(default=None, null=True)
    successor_id = UuidColumn(default=None, null=True)

    keys = Keys(unique=(("code",),), references={"parent_id": "org_unit", "successor_id": "org_unit"})


class OrgUnitView(Struct, frozen=True):
    """One unit; `parent_id` is None for the head office."""

    id: UUID
    parent_id: UUID | None
    code: str
    name: str
    dissolved_at: datetime | None = None
    successor_id: UUID | None = None


async def open_unit(*, code: str, name: str, parent: str | None = None) -> OrgUnitView:
    """Add a unit under the unit with code `parent`. Raises Invalid for an unknown parent or a taken code."""
    parent_id = None
    if parent is not None:
        above = await by_code(parent)
        if above is None or above.dissolved_at is not None:
            raise Invalid.at("parent", "the code of an existing org unit", value=parent)
        parent_id = above.id
    if await by_code(code):
        raise Invalid.at("code", "not used by another org unit", value=code)
    unit = OrgUnit(code=code, name=name, parent_id=parent_id)
    await OrgUnit.insert(unit)
    await access_changed()
    return OrgUnitView(unit.id, parent_id, code, name)


async def change(changed: OrgUnitView) -> OrgUnitView:
    """Name and the unit above as given: whoever sees what is under another from now on."""
    await access_changed()
    named = OrgUnit.update({OrgUnit.name: changed.name, OrgUnit.parent_id: changed.parent_id})
    await named.where(OrgUnit.id == changed.id)
    return changed


async def by_code(code: str) -> OrgUnitView | None:
    """The unit with this code, or None."""
    rows = await OrgUnit.select().where(OrgUnit.code == code)
    return _view(rows[0]) if rows else None


async def all_units() -> list[OrgUnitView]:
    """Every unit by code, dissolved ones included."""
    return [_view(row) for row in await OrgUnit.select().order_by(OrgUnit.code)]


async def standing_units() -> list[OrgUnitView]:
    """Every unit that was not dissolved, by code: those that work can go to."""
    return [unit for unit in await all_units() if unit.dissolved_at is None]


async def dissolve(unit_id: UUID, *, successor_id: UUID, now: datetime) -> OrgUnitView:
    """The unit ends; the units below it come under its successor. What it held is handed over by the caller."""
    await access_changed()
    await OrgUnit.update({OrgUnit.parent_id: successor_id}).where(OrgUnit.parent_id == unit_id)
    await OrgUnit.update({OrgUnit.dissolved_at: now, OrgUnit.successor_id: successor_id}).where(OrgUnit.id == unit_id)
    rows = await OrgUnit.select().where(OrgUnit.id == unit_id)
    return _view(rows[0])


async def head_office() -> OrgUnitView | None:
    """The root of the tree."""
    rows = await OrgUnit.select().where(OrgUnit.parent_id.is_null())
    return _view(rows[0]) if rows else None


async def or_head_office(unit_id: UUID | None, *, field: str = "org_unit_id") -> UUID:
    """The unit, or else the root of the tree. Raises Invalid, which names the `field`, where the company has none yet."""
    if unit_id is None:
        head = await head_office()
        unit_id = head.id if head else None
    if unit_id is None:
        raise Invalid.at(field, "an org unit", "the company has no head office yet")
    return unit_id


async def visible_from(unit_id: UUID | None) -> str | tuple[UUID, ...]:
    """The unit and everything under it; ALL_UNITS from head office or without a unit."""
    if unit_id is None:
        return ALL_UNITS
    rows = await fetch(
        "with recursive below as ("
        "  select tenant_id, id, parent_id from org_unit where id = $1"
        "  union all select u.tenant_id, u.id, u.parent_id from org_unit u"
        "  join below b on u.tenant_id = b.tenant_id and u.parent_id = b.id"
        ") cycle id set is_cycle using path select id, parent_id from below where not is_cycle",
        unit_id,
    )
    if any(row["id"] == unit_id and row["parent_id"] is None for row in rows):
        return ALL_UNITS
    return tuple(row["id"] for row in rows)


async def level_of(unit_id: UUID | None) -> int:
    """How deep the unit is in the tree: 0 for the head office, and for nobody's unit."""
    level = await fetch_value(
        "with recursive above as ("
        "  select tenant_id, id, parent_id, 0 as level from org_unit where id = $1"
        "  union all select u.tenant_id, u.id, u.parent_id, a.level + 1 from org_unit u"
        "  join above a on u.tenant_id = a.tenant_id and u.id = a.parent_id"
        ") cycle id set is_cycle using path select max(level) from above where not is_cycle",
        unit_id,
    )
    return level or 0


def _view(row: dict[str, object]) -> OrgUnitView:
    return OrgUnitView(
        row["id"],  # type: ignore[arg-type]  # Piccolo rows are untyped
        row["parent_id"],  # type: ignore[arg-type]
        row["code"],  # type: ignore[arg-type]
        row["name"],  # type: ignore[arg-type]
        row["dissolved_at"],  # type: ignore[arg-type]
        row["successor_id"],  # type: ignore[arg-type]
    )
