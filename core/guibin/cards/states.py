"""What happens to one card: each event is a row, and the card's state follows from it."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin import events
from guibin.context import Act
from guibin.events import CardChanged
from guibin.policy.cards import CardKind
from guibin.tiers import memberships
from guibin_tenants.rows import add, change, given, locked, row_of
from guibin_tenants.scope import execute, fetch_value

from .refusals import WrongState
from .tables import Card, CardEvent

Happening = Literal[
    "issued",
    "activated",
    "lost",
    "found",
    "ended",
    "warned",
    "exchange_owed",
    "exchange_lifted",
    "notice_given",
    "notice_lifted",
]
Because = Literal[
    "replaced",
    "exchanged",
    "expired",
    "revoked",
    "not_exchanged",
    "membership_ended",
    "sponsorship_ended",
    "archive_closed",
]
STATE_AFTER = {"issued": "issued", "activated": "active", "lost": "lost", "ended": "ended"}


class HandedOver(Struct, frozen=True, kw_only=True):
    """A card about to change hands."""

    customer_id: UUID
    kind: CardKind
    number: str
    application_id: UUID
    issued_on: date
    expires_on: date
    of_customer_id: UUID | None = None
    replaces: UUID | None = None
    unit_id: UUID | None = None
    identity_check_id: UUID | None = None
    note: str = ""


class Event(Struct, frozen=True):
    """What happens to a card; `because` is why it ends, or why an end was announced."""

    kind: Happening
    because: Because | Literal[""] = ""
    note: str = ""
    identity_check_id: UUID | None = None


async def happen(card: asyncpg.Record, event: Event, act: Act) -> None:
    """Write the event. A card that ends becomes free of what was owed, and its number stays taken."""
    await add(CardEvent, act, card_id=card["id"], customer_id=card["customer_id"], **given(event))
    state = await _before_loss(card["id"]) if event.kind == "found" else STATE_AFTER.get(event.kind)
    if state is not None:
        await _enter(card["id"], state, event.because, act.now)
    told = CardChanged(card["id"], card["customer_id"], card["kind"], event.kind)
    await events.happen(told, act)


async def locked_with_membership(card_id: UUID) -> asyncpg.Record:
    """The card, locked, and nobody else changes the holder's membership meanwhile: always taken in this order.

    Raises NotFound.
    """
    holder = await row_of(Card, card_id, "select customer_id, scheme from card where id = $1")
    await memberships.lock(holder["customer_id"], holder["scheme"])
    return await locked(Card, card_id)


def refuse_unless(card: asyncpg.Record, *states: str) -> None:
    """Raises WrongState."""
    if card["state"] not in states:
        because = f": {card['ended_because']}" if card["ended_because"] else ""
        raise WrongState(f"The card is {card['state']}{because}; this needs one that is {' or '.join(states)}")


async def _before_loss(card_id: UUID) -> str:
    opened = await fetch_value("select true from card_event where card_id = $1 and kind = 'activated' limit 1", card_id)
    return "active" if opened else "issued"


async def _enter(card_id: UUID, state: str, because: str, now: datetime) -> None:
    if state == "ended":
        await change(
            Card, card_id, state=state, ended_because=because, ended_at=now, exchange_by=None, notice_until=None
        )
    else:
        await change(Card, card_id, state=state, ended_because=because)
    await execute("update card_number set state = $2, ended_because = $3 where card_id = $1", card_id, state, because)
