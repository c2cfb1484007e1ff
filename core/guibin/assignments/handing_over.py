"""Work that is not finished when somebody goes: every slice with such work says here how it is handed over.

Slices above register a `Charge` at import, most of them as what it is of their table (`Rows`). Somebody who leaves, a
customer who moves to another outlet and an org unit that is dissolved all go through `hand_over`, in one transaction:
nobody's customers are orphaned.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.context import Act
from guibin.events import StaffLeft, UnitDissolved, at_once, heard_at_once
from guibin.profiles.queries import customer_of
from guibin_tenants.above import NamedFromAbove
from guibin_tenants.receivers import sees
from guibin_tenants.rows import columns_of, name_of
from guibin_tenants.scope import execute, fetch, fetch_value
from guibin_tenants.tables import TenantTable


class HandOver(Struct, frozen=True, kw_only=True):
    """Open work of these members of staff goes to another; `customer_ids` None means whatever it is about."""

    from_ids: tuple[UUID, ...]
    to_id: UUID
    to_name: str
    reason: str
    customer_ids: tuple[UUID, ...] | None = None


class OpenWork(Struct, frozen=True):
    """How many open things of a kind somebody answers for."""

    what: str
    count: int


Counting = Callable[[tuple[UUID, ...], tuple[UUID, ...] | None], Awaitable[int]]
HandingOver = Callable[[HandOver, Act], Awaitable[int]]
# How much of whose open work is about customers whom another does not see.
Hidden = Callable[[tuple[UUID, ...], UUID], Awaitable[int]]
# The rows as they are once they went over.
Telling = Callable[[list[asyncpg.Record], HandOver, Act], Awaitable[None]]


class Charge(Struct, frozen=True):
    """A kind of work: how much of it is open, and how it is handed over; both say how many.

    `columns` are those that say who answers for it, as `table.column`: every such column of the product belongs to a
    charge, ends with whoever leaves, or is history, and a test says so.
    """

    what: str
    count: Counting
    hand_over: HandingOver
    columns: tuple[str, ...]
    hidden: Hidden | None = None


async def _tell_nobody(rows: list[asyncpg.Record], new: HandOver, act: Act) -> None:
    return None


class Rows(Struct, frozen=True, kw_only=True):
    """Work that is rows of a table: what they are called, which are `open` (SQL), and what says who answers for them.

    The names beside `owners`, where the table has any, change with them, and its `version` goes up. A table without
    `customer_id` is about nobody's archive: there a customer who moves takes nothing along. `units` follow an org unit
    that is dissolved to its successor. `told` runs with what went over.
    """

    what: str
    table: type[TenantTable]
    owners: tuple[str, ...]
    open: str
    units: tuple[str, ...] = ()
    told: Telling = _tell_nobody

    @property
    def name(self) -> str:
        """The table's."""
        return name_of(self.table)

    @property
    def of_customers(self) -> bool:
        """Whether a customer's go along when the customer moves."""
        return "customer_id" in columns_of(self.table)

    @property
    def theirs(self) -> str:
        """SQL: `$1` is whose they are, `$2` of which customers, null for all."""
        owned = " or ".join(f"{owner} = any ($1)" for owner in self.owners)
        about = "customer_id = any ($2)" if self.of_customers else "false"
        return f"{self.open} and ({owned}) and ($2::uuid[] is null or {about})"

    @property
    def raised(self) -> str:
        """SQL: the version goes up, where there is one."""
        return ", version = version + 1" if "version" in columns_of(self.table) else ""

    @property
    def named(self) -> dict[str, str]:
        """The column with the name beside each owner, where the table has it."""
        known = columns_of(self.table)
        return {owner: name for owner in self.owners if (name := name_beside(owner)) in known}

    @property
    def handed(self) -> str:
        """SQL: `$1` become `$3`, who is called `$4`, wherever they stand."""
        columns = [(owner, owner, "$3::uuid") for owner in self.owners]
        columns += [(name, owner, "$4") for owner, name in self.named.items()]
        return ", ".join(
            f"{column} = case when {owner} = any ($1) then {new} else {column} end" for column, owner, new in columns
        )


def name_beside(owner: str) -> str:
    """The column with the name of whom `owner` says: `staff_name` beside `staff_id`, `asked_by_name` beside `asked_by`."""
    return f"{owner.removesuffix('_id')}_name"


_charges: NamedFromAbove[Charge] = NamedFromAbove()
_waiting: NamedFromAbove[Rows] = NamedFromAbove()


def charge(what: str, count: Counting, hand_over: HandingOver, *, columns: tuple[str, ...]) -> None:
    """Make a kind of work known. Registered at import; a second time replaces."""
    _known(Charge(what, count, hand_over, columns))


def charge_rows(work: Rows) -> None:
    """Make work known that is rows of a table. Registered at import. Clocks run on."""

    async def count(from_ids: tuple[UUID, ...], customer_ids: tuple[UUID, ...] | None) -> int:
        left: int = await fetch_value(
            f"select count(*) from {work.name} where {work.theirs}", list(from_ids), _listed(customer_ids)
        )
        return left

    async def hand_over(new: HandOver, act: Act) -> int:
        whose = (list(new.from_ids), _listed(new.customer_ids))
        # In one order: two who hand over to each other do not wait for each other.
        await fetch(f"select id from {work.name} where {work.theirs} order by id for update", *whose)
        to = (new.to_id, new.to_name) if work.named else (new.to_id,)
        rows = await fetch(
            f"update {work.name} set {work.handed}{work.raised} where {work.theirs} returning *", *whose, *to
        )
        await work.told(rows, new, act)
        return len(rows)

    async def hidden(from_ids: tuple[UUID, ...], to_id: UUID) -> int:
        unseen: int = await fetch_value(
            f"select count(*) from (select * from {work.name} where {work.theirs}) x"
            f" {customer_of('c', 'x')} join staff s on s.tenant_id = c.tenant_id and s.id = $3 where not {sees('s', 'c.org_unit_id')}",
            list(from_ids),
            None,
            to_id,
        )
        return unseen

    columns = tuple(f"{work.name}.{owner}" for owner in work.owners)
    _known(Charge(work.what, count, hand_over, columns, hidden if work.of_customers else None))
    if work.units:
        follow_unit(work)


def _known(kind: Charge) -> None:
    _charges.give(kind.what, kind)


def follow_unit(work: Rows) -> None:
    """What is open and waits for an org unit waits for its successor once it is dissolved."""
    _waiting.give(work.what, work)
    moved = ", ".join(f"{unit} = case when {unit} = $1 then $2::uuid else {unit} end" for unit in work.units)
    waiting = _waits(work)

    @at_once(UnitDissolved, name=f"rows of {work.name}")
    async def follow(dissolved: UnitDissolved, act: Act) -> None:
        await execute(
            f"update {work.name} set {moved}{work.raised} where {work.open} and ({waiting})",
            dissolved.unit_id,
            dissolved.successor_id,
        )


def _waits(work: Rows) -> str:
    return " or ".join(f"{unit} = $1" for unit in work.units)


async def waiting_for(unit_id: UUID) -> list[OpenWork]:
    """What is open and waits for the org unit, kind by kind; kinds without any are left out."""
    work = []
    for kind in _waiting.values():
        sql = f"select count(*) from {kind.name} where {kind.open} and ({_waits(kind)})"
        work.append(OpenWork(kind.what, await fetch_value(sql, unit_id)))
    return [part for part in work if part.count]


def charges() -> tuple[Charge, ...]:
    """Every kind of work there is."""
    return tuple(_charges.values())


def ended_by_leaving() -> tuple[str, ...]:
    """The columns, as `table.column`, whose rows end with whoever leaves: those who end them register under their name."""
    return tuple(column for _, column in heard_at_once(StaffLeft))


async def open_work(from_ids: tuple[UUID, ...], customer_ids: tuple[UUID, ...] | None = None) -> list[OpenWork]:
    """What is open with these members of staff, kind by kind; kinds without any are left out."""
    work = [OpenWork(kind.what, await kind.count(from_ids, customer_ids)) for kind in _charges.values()]
    return [part for part in work if part.count]


async def hidden_work(from_ids: tuple[UUID, ...], to_id: UUID) -> list[OpenWork]:
    """What is open with them about customers whom the other does not see (S02-6); kinds without any are left out."""
    work = [
        OpenWork(kind.what, await kind.hidden(from_ids, to_id)) for kind in _charges.values() if kind.hidden is not None
    ]
    return [part for part in work if part.count]


async def hand_over(new: HandOver, act: Act) -> list[OpenWork]:
    """Give all of it to the successor; how much of what went over."""
    work = [OpenWork(kind.what, await kind.hand_over(new, act)) for kind in _charges.values()]
    return [part for part in work if part.count]


def said(work: list[OpenWork]) -> str:
    """Such as `3 customers, 1 visits`, for refusals."""
    return ", ".join(f"{each.count} {each.what}" for each in work)


def _listed(customer_ids: tuple[UUID, ...] | None) -> list[UUID] | None:
    return None if customer_ids is None else list(customer_ids)
