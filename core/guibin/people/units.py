"""The tree of org units as one sheet: how deep each stands, how many people and customers it has."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin.profiles.tables import Customer
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import many, name_of


class UnitLine(Struct, frozen=True, kw_only=True):
    """One org unit: `people` work in it, `below` in those under it; `customers` are its own. A dissolved one says what took
    its things over."""

    id: UUID
    parent_id: UUID | None
    code: str
    name: str
    people: int
    customers: int
    dissolved_at: datetime | None
    successor_name: str
    depth: int = 0
    below: int = 0


class _Row(Struct, frozen=True, kw_only=True):
    id: UUID
    parent_id: UUID | None
    code: str
    name: str
    people: int
    customers: int
    dissolved_at: datetime | None
    successor_name: str


class Member(Struct, frozen=True):
    """Somebody who works there."""

    id: UUID
    name: str
    roles: tuple[str, ...]


_ROWS = f"""from (select u.id, u.parent_id, u.code, u.name, u.dissolved_at, coalesce(f.name, '') as successor_name,
    (select count(*)::int from staff s where s.tenant_id = u.tenant_id and s.left_at is null
     and (s.org_unit_id = u.id or s.org_unit_id is null and u.parent_id is null)) as people,
    (select count(*)::int from {name_of(Customer)} c where c.org_unit_id = u.id and c.closed_at is null
     and c.erased_at is null) as customers
    from org_unit u left join org_unit f on f.tenant_id = u.tenant_id and f.id = u.successor_id
    where $1::uuid[] is null or u.id = any ($1)) unit order by code"""


async def tree(act: Act) -> list[UnitLine]:
    """Those the reader covers, each below the one it stands under; dissolved ones are not among them."""
    return list(_ordered([row for row in await many(_Row, _ROWS, act.by.units_seen) if row.dissolved_at is None]))


async def dissolved(act: Act) -> list[UnitLine]:
    """Those that were dissolved, by code."""
    rows = await many(_Row, _ROWS, act.by.units_seen)
    return [_line(row) for row in rows if row.dissolved_at is not None]


async def one(unit_id: UUID, act: Act) -> UnitLine:
    """Raises NotFound, also for one that is not under the reader's."""
    for line in (*await tree(act), *await dissolved(act)):
        if line.id == unit_id:
            return line
    raise NotFound(f"There is no org unit {unit_id}")


async def members(unit: UnitLine) -> list[Member]:
    """Whoever works in the unit itself, by name."""
    return await many(
        Member,
        "from (select id, name, roles from staff where left_at is null"
        " and (org_unit_id = $1 or org_unit_id is null and $2)) person order by name, id",
        unit.id,
        unit.parent_id is None,
    )


def _ordered(rows: Sequence[_Row]) -> Iterator[UnitLine]:
    known = {row.id for row in rows}
    under: dict[UUID | None, list[_Row]] = {}
    for row in rows:
        under.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)

    def lines(row: _Row, depth: int) -> list[UnitLine]:
        below = [line for child in under.get(row.id, ()) for line in lines(child, depth + 1)]
        return [_line(row, depth, sum(line.people for line in below)), *below]

    for root in under.get(None, ()):
        yield from lines(root, 0)


def _line(row: _Row, depth: int = 0, below: int = 0) -> UnitLine:
    said = {name: getattr(row, name) for name in _Row.__struct_fields__}
    return UnitLine(**said, depth=depth, below=below)
