"""What happens to one card: each event is a row, and the card's state follows from it."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.context import Act
from guibin.policy.cards import CardKind
from guibin.tiers import memberships
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import execute, fetch_one
from guibin_tenants.tables import new_id

from .refusals import WrongState

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


async def happen(
    card: asyncpg.Record,
    kind: Happening,
    act: Act,
    *,
    because: Because | None = None,
    note: str = "",
    identity_check_id: UUID | None = None,
) -> None:
    """Write the event. A card that ends becomes free of what was owed, and its number stays taken."""
    await execute(
        "insert into card_event (id, card_id, customer_id, kind, because, note, identity_check_id, happened_by,"
        " happened_by_name, happened_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        new_id(),
        card["id"],
        card["customer_id"],
        kind,
        because or "",
        note,
        identity_check_id,
        act.by.id,
        act.by.name,
        act.now,
    )
    state = card["state_before"] if kind == "found" else STATE_AFTER.get(kind)
    if state is not None:
        await _enter(card["id"], state, because or "", act.now)


async def locked_with_membership(card_id: UUID) -> asyncpg.Record:
    """As `locked`, and nobody else changes the holder's membership meanwhile: always taken in this order.

    Raises NotFound.
    """
    holder = await fetch_one("select customer_id, scheme from card where id = $1", card_id)
    if holder is None:
        raise NotFound(f"There is no card {card_id}")
    await memberships.lock(holder["customer_id"], holder["scheme"])
    return await locked(card_id)


async def locked(card_id: UUID) -> asyncpg.Record:
    """The card, kept from others until the end of the transaction; `state_before` is the one before a loss.

    Raises NotFound.
    """
    row = await fetch_one(
        "select c.id, c.customer_id, c.kind, c.scheme, c.tier, c.of_customer_id, c.application_id, c.unit_id, c.state,"
        " c.issued_on, c.expires_on, c.exchange_by, c.notice_until, c.sealed, c.ended_because,"
        " case when exists (select from card_event e where e.tenant_id = c.tenant_id and e.card_id = c.id"
        "   and e.kind = 'activated') then 'active' else 'issued' end as state_before"
        " from card c where c.id = $1 for update",
        card_id,
    )
    if row is None:
        raise NotFound(f"There is no card {card_id}")
    return row


def refuse_unless(card: asyncpg.Record, *states: str) -> None:
    """Raises WrongState."""
    if card["state"] not in states:
        because = f": {card['ended_because']}" if card["ended_because"] else ""
        raise WrongState(f"The card is {card['state']}{because}; this needs one that is {' or '.join(states)}")


async def _enter(card_id: UUID, state: str, because: str, now: datetime) -> None:
    await execute(
        "update card set state = $2::text, ended_because = $3, ended_at = case when $2::text = 'ended' then $4::timestamptz end,"
        " exchange_by = case when $2::text <> 'ended' then exchange_by end,"
        " notice_until = case when $2::text <> 'ended' then notice_until end where id = $1",
        card_id,
        state,
        because,
        now,
    )
    await execute("update card_number set state = $2, ended_because = $3 where card_id = $1", card_id, state, because)
