"""Cards that are made a level above the company: orders leave, deliveries come in, and what is late is told (S12-8)."""

from uuid import UUID

import asyncpg

from guibin.audit.actions import noted
from guibin.cases import Case
from guibin.cases.numbers import Numbering, add_numbered
from guibin.cases.requests import Because
from guibin.context import Act
from guibin.policy.cards import CardKind, MadeAbove
from guibin.policy.packs import Policy
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin_tenants import org_units
from guibin_tenants.refusals import Invalid
from guibin_tenants.rows import add, change, locked
from guibin_tenants.scope import fetch_value

from . import queries
from .actions import refuse_partial, stocked
from .ledger import Movement, move
from .queries import CardOrderForm
from .refusals import OrderEnded, OrderNotSent
from .requests import NewCardOrder, NewConfirmation, NewDelivery, NewOrderSending, NewShortfall
from .tables import CardBatch, CardOrder, CardOrderEvent

SUBJECT = "card_order"
CONFIRMATION, DELIVERY = "confirmation", "delivery"
_DELIVERED = "select coalesce(sum(quantity), 0)::int from card_batch where order_id = $1"
_OPEN = ("ordered", "sent", "confirmed")


async def place(new: NewCardOrder, act: Act) -> CardOrderForm:
    """Write an order to whoever makes the kind; it leaves with `send`. Raises Invalid, NotCentral."""
    kind, made = _made_above(act.policy, new.kind)
    refuse_partial(act.by)
    row = {
        "kind": kind.name,
        "maker": made.maker,
        "unit_id": await org_units.or_head_office(None, field="unit_id"),
        "quantity": new.quantity,
        "note": new.note,
        "clause": made.clause,
        "policy_version": act.policy.version,
    }
    order_id = await add_numbered(CardOrder, act, Numbering("K", act.now, act.company.time_zone), row)
    return await _done("place", order_id, act)


async def send(order_id: UUID, new: NewOrderSending, act: Act) -> CardOrderForm:
    """The document left: from now on it is to be confirmed, and delivered. Raises NotFound, OrderEnded, Invalid."""
    order = await _open(order_id, "ordered")
    _, made = _made_above(act.policy, order["kind"])
    await _event(order, "sent", act, text=new.by)
    await change(CardOrder, order_id, state="sent", sent_at=act.now)
    await sla.start_all(
        [
            NewTimer(Case(SUBJECT, order_id), name, made.terms(limit, clause=made.clause), act.now)
            for name, limit in ((CONFIRMATION, made.confirm_within), (DELIVERY, made.deliver_within))
        ]
    )
    return await _done("send", order_id, act)


async def confirm(order_id: UUID, new: NewConfirmation, act: Act) -> CardOrderForm:
    """The maker confirmed it, under a reference of theirs. Raises NotFound, OrderEnded, OrderNotSent."""
    order = await _open(order_id, "sent")
    await _event(order, "confirmed", act, text=new.reference)
    await change(CardOrder, order_id, state="confirmed")
    await sla.complete_if_any(order_id, CONFIRMATION, at=act.now, now=act.now)
    return await _done("confirm", order_id, act)


async def deliver(order_id: UUID, new: NewDelivery, act: Act) -> CardOrderForm:
    """So many came, counted: they enter the stock of the head office. The last that is owed ends the order.

    Raises NotFound, OrderEnded, OrderNotSent, and Invalid for more than was ordered.
    """
    order = await _open(order_id, "sent", "confirmed")
    left = order["quantity"] - await fetch_value(_DELIVERED, order_id)
    if new.received > left:
        fix = "order what came beyond it, or send it back"
        raise Invalid.at("received", f"at most {left}, which are owed still", fix, str(new.received))
    batch = {"kind": order["kind"], "unit_id": order["unit_id"], "quantity": new.received, "note": new.note}
    batch_id = await add(CardBatch, act, order_id=order_id, **batch)
    came = Movement(
        kind=order["kind"],
        quantity=new.received,
        from_account="made",
        to_account="stock",
        to_unit_id=order["unit_id"],
        subject=Case("card_batch", batch_id),
    )
    await move(came, act)
    await _event(order, "delivered", act, quantity=new.received, text=new.note)
    # Who delivers has confirmed.
    await sla.complete_if_any(order_id, CONFIRMATION, at=act.now, now=act.now)
    if new.received == left:
        await change(CardOrder, order_id, state="delivered")
        await sla.complete_if_any(order_id, DELIVERY, at=act.now, now=act.now)
    return await _done("deliver", order_id, act)


async def complain(order_id: UUID, new: NewShortfall, act: Act) -> CardOrderForm:
    """The maker was told that cards are missing of what they sent; the order waits for them still.

    Raises NotFound, OrderEnded, OrderNotSent, and Invalid for more than is owed.
    """
    order = await _open(order_id, "sent", "confirmed")
    left = order["quantity"] - await fetch_value(_DELIVERED, order_id)
    if new.missing > left:
        raise Invalid.at("missing", f"at most {left}, which are owed still", value=str(new.missing))
    await _event(order, "claimed", act, quantity=new.missing, text=new.text)
    return await _done("complain", order_id, act)


async def close(order_id: UUID, new: Because, act: Act) -> CardOrderForm:
    """What has not come is waited for no more. Raises NotFound, OrderEnded."""
    order = await _open(order_id, *_OPEN)
    await _event(order, "closed", act, text=new.reason)
    await change(CardOrder, order_id, state="closed")
    for name in (CONFIRMATION, DELIVERY):
        await sla.cancel(order_id, name, now=act.now)
    return await _done("close", order_id, act)


def _made_above(policy: Policy, name: str) -> tuple[CardKind, MadeAbove]:
    kind = stocked(policy, name)
    if kind.made_above is None:
        known = ", ".join(card.name for card in policy.cards if card.made_above) or "the policy has none"
        raise Invalid.at("kind", "a kind of card that is made above the company", f"one of: {known}", name)
    return kind, kind.made_above


async def _open(order_id: UUID, *states: str) -> asyncpg.Record:
    order = await locked(CardOrder, order_id)
    if order["state"] not in _OPEN:
        raise OrderEnded(f"The order {order['number']} is {order['state']}")
    if order["state"] not in states:
        raise OrderNotSent(f"The order {order['number']} is {order['state']}")
    return order


async def _event(order: asyncpg.Record, kind: str, act: Act, *, quantity: int = 0, text: str = "") -> None:
    await add(CardOrderEvent, act, order_id=order["id"], kind=kind, quantity=quantity, text=text)


async def _done(verb: str, order_id: UUID, act: Act) -> CardOrderForm:
    await noted(f"card_order.{verb}", act, subject=SUBJECT, subject_id=order_id, shown=0)
    return await queries.order(order_id)
