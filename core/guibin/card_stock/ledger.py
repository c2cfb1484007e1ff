"""The ledger of cards: every movement goes from one account to another, and no unit ever has fewer than none."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.cases import Case
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.policy.cards import CardKind
from guibin_tenants.rows import add, given
from guibin_tenants.scope import execute, fetch_value
from guibin_tenants.tables import new_id

from .refusals import OutOfStock
from .tables import CardMovement

Account = Literal["made", "stock", "transit", "issued", "written_off"]


class Movement(Struct, frozen=True, kw_only=True):
    """So many cards from one account to another; the unit is named where the account is a stock."""

    kind: str
    quantity: int
    from_account: Account
    to_account: Account
    subject: Case
    from_unit_id: UUID | None = None
    to_unit_id: UUID | None = None


async def move(movement: Movement, act: Act) -> int | None:
    """Write the movement; what is left in the stock it was taken from. Raises OutOfStock.

    Whoever takes from or adds to a stock waits here for the others: of two who want the last card one gets it.
    """
    left = None
    if movement.from_unit_id is not None:
        left = await _take(movement.kind, movement.from_unit_id, movement.quantity)
    if movement.to_unit_id is not None:
        await _add(movement.kind, movement.to_unit_id, movement.quantity)
    subject = {"subject": movement.subject.subject, "subject_id": movement.subject.id}
    await add(CardMovement, act, **given(movement) | subject)
    return left


async def tell_if_low(kind: CardKind, taken: Movement, left: int | None, act: Act) -> None:
    """The unit's manager hears of it when this movement made the stock low."""
    if left is None or not left < kind.low_stock <= left + taken.quantity:
        return
    notice = Notice(
        "card_stock_low",
        Case("card_stock", taken.subject.id),
        org_unit_id=taken.from_unit_id,
        to_department=True,
        roles=("manager",),
        details={"count": str(left), "kind": kind.name},
    )
    await notify(notice, key=f"card-stock-low/{taken.subject.id}", now=act.now)


async def _take(kind: str, unit_id: UUID, quantity: int) -> int:
    left: int | None = await fetch_value(
        "update card_stock set quantity = quantity - $3 where kind = $1 and unit_id = $2 and quantity >= $3"
        " returning quantity",
        kind,
        unit_id,
        quantity,
    )
    if left is None:
        there = await fetch_value("select quantity from card_stock where kind = $1 and unit_id = $2", kind, unit_id)
        raise OutOfStock(f"{there or 0} of {kind} in stock there, {quantity} asked for")
    return left


async def _add(kind: str, unit_id: UUID, quantity: int) -> None:
    await execute(
        "insert into card_stock (id, kind, unit_id, quantity) values ($1, $2, $3, $4)"
        " on conflict (tenant_id, kind, unit_id) do update set quantity = card_stock.quantity + excluded.quantity",
        new_id(),
        kind,
        unit_id,
        quantity,
    )
