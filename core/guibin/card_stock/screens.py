"""The stock of cards as people count and move it: what each unit has and what is low, what is asked for, what is on its way."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, Response, get
from msgspec import Meta, Struct

from guibin.console import choices as offered
from guibin.console.commands import Command, Commands
from guibin.console.forms import Choice
from guibin.console.moments import Deadline
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.policy.words import Code, Paragraph, Reason
from guibin.web.listing import PageAsked
from guibin_tenants import org_units
from guibin_tenants.principals import may, sees_all
from guibin_tenants.rows import given

from . import actions, orders, queries
from .queries import (
    MOVEMENTS,
    ORDERS,
    REQUESTS,
    SHIPMENTS,
    CardOrderFilter,
    CardOrderView,
    CardRequestFilter,
    CardRequestView,
    ShipmentFilter,
    StockView,
)
from .requests import QUANTITY_MAX, NewCardBatch, NewCardOrder, NewCardRequest, NewCardShipment, NewCardWriteOff

READ, WRITE = may("cards:read"), may("cards:write")
PATH, NAME = f"{PREFIX}/card-stock", "card_stock"
ENTRIES = (
    Entry(
        title="card_stock.title",
        path=PATH,
        icon="packages",
        needs=READ,
        group="serve",
        order=65,
        has=lambda policy: any(kind.quantity_approval for kind in policy.cards),
    ),
)
_SHOWN = 20


class Asked(Struct, frozen=True, kw_only=True):
    """How many cards the unit at hand needs, and why."""

    kind: Code
    quantity: Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]
    reason: Reason


class WrittenOff(Struct, frozen=True, kw_only=True):
    """Cards of the unit at hand that nobody will get, and why."""

    kind: Code
    quantity: Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]
    cause: Literal["spoilt", "destroyed", "missing"]
    reason: Reason


class Made(Struct, frozen=True, kw_only=True):
    """Cards that were made and enter the stock of the unit at hand."""

    kind: Code
    quantity: Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]
    note: Paragraph = ""


class Sent(Struct, frozen=True, kw_only=True):
    """Cards that leave the unit at hand, down for a request or back up without one."""

    kind: Code
    to_unit_id: UUID
    quantity: Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]
    request_id: UUID | None = None
    note: Paragraph = ""


async def ask(unit_id: UUID, new: Asked, act: Act) -> None:
    """As `actions.ask`."""
    await actions.ask(NewCardRequest(unit_id=unit_id, **given(new)), act)


async def write_off(unit_id: UUID, new: WrittenOff, act: Act) -> None:
    """As `actions.write_off`."""
    await actions.write_off(NewCardWriteOff(unit_id=unit_id, **given(new)), act)


async def make(unit_id: UUID, new: Made, act: Act) -> None:
    """As `actions.make`."""
    await actions.make(NewCardBatch(unit_id=unit_id, **given(new)), act)


async def dispatch(unit_id: UUID, new: Sent, act: Act) -> None:
    """As `actions.dispatch`."""
    await actions.dispatch(NewCardShipment(from_unit_id=unit_id, **given(new)), act)


async def _kinds(shell: Shell) -> Sequence[Choice]:
    """Kinds of which stock is kept."""
    kept = [kind for kind in shell.act.policy.cards if kind.quantity_approval]
    return [Choice(kind.name, shell.named(f"card.{kind.name}")) for kind in kept]


async def _only_kind(shell: Shell, _: UUID) -> Mapping[str, str]:
    kinds = await _kinds(shell)
    return {"kind": kinds[0].value} if len(kinds) == 1 else {}


async def _approved(shell: Shell) -> Sequence[Choice]:
    """Requests of which something is still to be sent."""
    names = {unit.id: unit.name for unit in await org_units.all_units()}
    found = await _requests(shell)
    return [
        Choice(str(each.id), f"{names.get(each.unit_id, '')} · {each.quantity - each.shipped} / {each.quantity}")
        for each in found
        if each.outcome == "approved" and each.shipped < each.quantity
    ]


async def _counted(shell: Shell, shipment_id: UUID) -> Mapping[str, str]:
    return {"received": str((await queries.shipment(shipment_id, by=shell.act.by)).quantity)}


async def order(unit_id: UUID, new: NewCardOrder, act: Act) -> None:
    """As `orders.place`: whichever unit's page it is begun on, it goes out for the head office."""
    await orders.place(new, act)


async def _ordered_kinds(shell: Shell) -> Sequence[Choice]:
    """Kinds that are made above the company."""
    found = [kind for kind in shell.act.policy.cards if kind.made_above is not None]
    return [Choice(kind.name, shell.named(f"card.{kind.name}")) for kind in found]


UNITS = Commands(
    NAME,
    "unit_id",
    f"{PATH}/units",
    Command(name="ask", action=ask, choices={"kind": _kinds}, given=_only_kind),
    Command(name="make", action=make, needs=WRITE & sees_all, choices={"kind": _kinds}, given=_only_kind),
    Command(name="order", action=order, needs=WRITE & sees_all, choices={"kind": _ordered_kinds}),
    Command(
        name="dispatch",
        action=dispatch,
        choices={"kind": _kinds, "to_unit_id": offered.units, "request_id": _approved},
        given=_only_kind,
    ),
    Command(name="write_off", action=write_off, danger=True, choices={"kind": _kinds}, given=_only_kind),
    needs=WRITE,
)
ARRIVALS = Commands(
    NAME,
    "shipment_id",
    f"{PATH}/shipments",
    Command(name="receive", action=actions.receive, needs=WRITE, given=_counted),
)


async def _owed(shell: Shell, order_id: UUID) -> Mapping[str, str]:
    order = await queries.order(order_id)
    return {name: str(order.quantity - order.delivered) for name in ("received", "missing")}


ORDERING = Commands(
    NAME,
    "order_id",
    f"{PATH}/orders",
    Command(name="send", action=orders.send, icon="send", key="e"),
    Command(name="confirm", action=orders.confirm, icon="check", key="c"),
    Command(name="deliver", action=orders.deliver, icon="packages", key="d", given=_owed),
    Command(name="complain", action=orders.complain, icon="alert-triangle", key="l", given=_owed),
    Command(name="close_order", action=orders.close, icon="x", key="w", danger=True),
    needs=WRITE & sees_all,
)
# What comes next of an order, in the order of the buttons.
ORDER_STEPS = {
    "ordered": ("send", "close_order"),
    "sent": ("confirm", "deliver", "complain", "close_order"),
    "confirmed": ("deliver", "complain", "close_order"),
    "delivered": (),
    "closed": (),
}


class Held(Struct, frozen=True):
    """What a unit has of a kind; `low` where fewer than the policy wants."""

    stock: StockView
    low: int
    mine: bool


class CardStockScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ)
    async def stock(self, shell: Shell, kind: str = "") -> Response[str]:
        act = shell.act
        units = [unit for unit in await org_units.standing_units() if act.by.covers(unit.id)]
        held = await queries.stocks(kind or None, by=act.by)
        moved = await MOVEMENTS.page(None, PageAsked(_SHOWN), act, units=act.by.units_seen)
        coming = await SHIPMENTS.page(ShipmentFilter(in_transit=True), PageAsked(_SHOWN), act, units=act.by.units_seen)
        return shell.page(
            "card_stock/stock.html",
            held=[_held(each, shell) for each in held],
            own=act.by.org_unit_id or next((unit.id for unit in units if unit.parent_id is None), None),
            names={unit.id: unit.name for unit in await org_units.all_units()},
            requests=await _requests(shell),
            coming=coming.items,
            moved=moved.items,
            balances=await queries.balances(by=act.by) if sees_all(act.by) else [],
            orders=await _orders(shell),
            due_of=lambda one: shell.clock.due(Deadline(due_at=one.due_at, warn_at=one.warn_at)),
            units=UNITS.allowed(shell, "ask", *_filling(shell), "dispatch", "write_off"),
            can_write=WRITE(act.by),
            of_unit=UNITS.address,
            of_shipment=lambda shipment_id: ARRIVALS.address(shipment_id, "receive"),
            covers=act.by.covers,
        )

    @get("/orders/{order_id:uuid}", needs=READ)
    async def order(self, order_id: UUID, shell: Shell) -> Response[str]:
        """The order as the document that leaves, and what came of it."""
        form = await queries.order(order_id)
        return shell.page(
            "card_stock/order.html",
            form=form,
            due=shell.clock.due(Deadline(due_at=form.due_at, warn_at=form.warn_at)) if form.due_at else None,
            commands=ORDERING.allowed(shell, *ORDER_STEPS[form.state]),
            address=lambda name: ORDERING.address(order_id, name),
        )

    ask_order, do_order = ORDERING.handlers("/orders/{order_id:uuid}", needs=WRITE & sees_all)

    ask_unit, do_unit = UNITS.handlers("/units/{unit_id:uuid}", needs=WRITE)

    ask_shipment, do_shipment = ARRIVALS.handlers("/shipments/{shipment_id:uuid}", needs=WRITE)


def _filling(shell: Shell) -> tuple[str, ...]:
    """How cards come in: made by the company itself, ordered above it, or either by kind."""
    kept = [kind for kind in shell.act.policy.cards if kind.quantity_approval]
    made = ("make",) if any(kind.made_above is None for kind in kept) else ()
    return (*made, *(("order",) if any(kind.made_above is not None for kind in kept) else ()))


async def _orders(shell: Shell) -> list[CardOrderView]:
    """Those that something is waited for of."""
    return (await ORDERS.page(CardOrderFilter(open=True), PageAsked(_SHOWN), shell.act)).items


async def _requests(shell: Shell) -> list[CardRequestView]:
    """Those that wait for their decision or for cards."""
    found = await REQUESTS.page(CardRequestFilter(), PageAsked(_SHOWN), shell.act, units=shell.act.by.units_seen)
    return [
        each
        for each in found.items
        if each.outcome is None or (each.outcome == "approved" and each.shipped < each.quantity)
    ]


def _held(stock: StockView, shell: Shell) -> Held:
    kind = shell.act.policy.card(stock.kind)
    low = kind.low_stock if kind else 0
    return Held(stock, low if stock.quantity < low else 0, shell.act.by.covers(stock.unit_id))
