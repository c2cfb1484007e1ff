"""Work that is not finished when somebody goes: every slice with such work says here how it hands it over.

Slices above the archive register a `Charge` at import. Somebody who leaves, a customer who moves to another outlet and an
org unit that is dissolved all go through `hand_over`, in one transaction: nobody's customers are orphaned.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.context import Act


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


class Charge(Struct, frozen=True):
    """A kind of work: how much of it is open, and how it is handed over; both say how many.

    `columns` are those that say who answers for it, as `table.column`: every such column of the product belongs to a
    charge, ends with whoever leaves, or is history, and a test says so.
    """

    what: str
    count: Counting
    hand_over: HandingOver
    columns: tuple[str, ...]


UnitCallback = Callable[[UUID, UUID, Act], Awaitable[None]]
LeavingCallback = Callable[[UUID, datetime], Awaitable[None]]
_charges: dict[str, Charge] = {}
_on_dissolution: list[UnitCallback] = []
_on_leaving: dict[str, LeavingCallback] = {}


def charge(what: str, count: Counting, hand_over: HandingOver, *, columns: tuple[str, ...]) -> None:
    """Make a kind of work known. Registered at import; a second time replaces."""
    _charges[what] = Charge(what, count, hand_over, columns)


def charges() -> tuple[Charge, ...]:
    """Every kind of work there is."""
    return tuple(_charges.values())


def on_leaving(column: str) -> Callable[[LeavingCallback], LeavingCallback]:
    """Call the function with whoever leaves, in the same transaction: it ends what `table.column` says of them."""

    def known(callback: LeavingCallback) -> LeavingCallback:
        _on_leaving[column] = callback
        return callback

    return known


def ended_by_leaving() -> tuple[str, ...]:
    """The columns whose rows end with whoever leaves."""
    return tuple(_on_leaving)


async def end_places(staff_id: UUID, *, now: datetime) -> None:
    """Whatever needs no successor ends: seats, keys."""
    for callback in _on_leaving.values():
        await callback(staff_id, now)


def on_dissolution(callback: UnitCallback) -> UnitCallback:
    """Call the function with a dissolved org unit and its successor, in the same transaction. Registered at import."""
    _on_dissolution.append(callback)
    return callback


async def move_unit(unit_id: UUID, successor_id: UUID, act: Act) -> None:
    """What was waiting for a unit waits for its successor."""
    for callback in _on_dissolution:
        await callback(unit_id, successor_id, act)


async def open_work(from_ids: tuple[UUID, ...], customer_ids: tuple[UUID, ...] | None = None) -> list[OpenWork]:
    """What is open with these members of staff, kind by kind; kinds without any are left out."""
    work = [OpenWork(kind.what, await kind.count(from_ids, customer_ids)) for kind in _charges.values()]
    return [part for part in work if part.count]


async def hand_over(new: HandOver, act: Act) -> list[OpenWork]:
    """Give all of it to the successor; how much of what went over."""
    work = [OpenWork(kind.what, await kind.hand_over(new, act)) for kind in _charges.values()]
    return [part for part in work if part.count]


def said(work: list[OpenWork]) -> str:
    """Such as `3 customers, 1 visits`, for refusals."""
    return ", ".join(f"{each.count} {each.what}" for each in work)
