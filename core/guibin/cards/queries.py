"""Reading applications and cards, masked."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.web.paging import Cursor
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one

State = Literal["issued", "active", "lost", "ended"]
Waiting = Literal["approval", "telling", "opening"]


class CardApplicationView(Struct, frozen=True):
    """An application and how far it is; `told_at` is when the customer was last reached."""

    id: UUID
    customer_id: UUID
    kind: str
    of_customer_id: UUID | None
    reason: str
    clause: str
    applied_by: UUID
    applied_by_name: str
    applied_at: datetime
    approval_id: UUID | None
    outcome: str | None
    decided_at: datetime | None
    closed_at: datetime | None
    closed_because: str
    tellings: int
    told_at: datetime | None


class CardView(Struct, frozen=True, kw_only=True):
    """A card as it is listed: its number masked, `expires_on` the first day it no longer holds."""

    id: UUID
    customer_id: UUID
    kind: str
    scheme: str
    tier: str
    of_customer_id: UUID | None
    application_id: UUID
    replaces: UUID | None
    unit_id: UUID | None
    number: str
    clause: str
    issued_on: date
    expires_on: date
    issued_by_name: str
    issued_at: datetime
    state: State
    exchange_by: date | None
    notice_until: date | None
    ended_at: datetime | None
    ended_because: str


class CardEventLine(Struct, frozen=True):
    """One thing that happened to a card."""

    kind: str
    because: str
    note: str
    by_name: str
    at: datetime


class CardForm(CardView, frozen=True, kw_only=True):
    """A card with its history."""

    events: list[CardEventLine]


class CardFilter(Struct, frozen=True, kw_only=True):
    """Which cards: None does not filter. `exact` is a number's blind index."""

    customer_id: UUID | None = None
    of_customer_id: UUID | None = None
    kind: str | None = None
    state: str | None = None
    exact: bytes | None = None


_APPLICATION = (
    "select a.id, a.customer_id, a.kind, a.of_customer_id, a.reason, a.clause, a.applied_by, a.applied_by_name,"
    " a.applied_at, a.approval_id, a.outcome, a.decided_at, a.closed_at, a.closed_because,"
    " (select count(*) from card_telling t where t.tenant_id = a.tenant_id and t.application_id = a.id)::int as tellings,"
    " (select max(t.told_at) from card_telling t where t.tenant_id = a.tenant_id and t.application_id = a.id"
    "   and t.reached) as told_at from card_application a"
)
_CARD = (
    "select c.id, c.customer_id, c.kind, c.scheme, c.tier, c.of_customer_id, c.application_id, c.replaces, c.unit_id,"
    " c.masked as number, c.clause, c.issued_on, c.expires_on, c.issued_by_name, c.issued_at, c.state, c.exchange_by,"
    " c.notice_until, c.ended_at, c.ended_because from card c"
)


async def application(application_id: UUID) -> CardApplicationView:
    """Raises NotFound."""
    row = await fetch_one(f"{_APPLICATION} where a.id = $1", application_id)
    if row is None:
        raise NotFound(f"There is no card application {application_id}")
    return msgspec.convert(dict(row), CardApplicationView)


async def applications(
    customer_id: UUID | None, waiting: Waiting | None, *, after: Cursor | None, limit: int
) -> list[CardApplicationView]:
    """Newest first; `waiting` are those that wait for an approval, for the customer to be told, or to open the card."""
    rows = await fetch(
        f"select * from ({_APPLICATION} where ($1::uuid is null or a.customer_id = $1)) f where ($2::text is null"
        " or f.closed_at is null and case $2 when 'approval' then f.outcome is null"
        "   when 'telling' then f.outcome = 'approved' and f.told_at is null else f.outcome = 'approved' end)"
        " and ($3::timestamptz is null or (f.applied_at, f.id) < ($3, $4::uuid))"
        " order by f.applied_at desc, f.id desc limit $5",
        customer_id,
        waiting,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), CardApplicationView) for row in rows]


async def cards(wanted: CardFilter, *, after: Cursor | None, limit: int) -> list[CardView]:
    """Newest first, at most `limit`."""
    rows = await fetch(
        f"{_CARD} where ($1::uuid is null or c.customer_id = $1) and ($2::uuid is null or c.of_customer_id = $2)"
        " and ($3::text is null or c.kind = $3) and ($4::text is null or c.state = $4)"
        " and ($5::bytea is null or c.id = (select n.card_id from card_number n where n.exact = $5))"
        " and ($6::timestamptz is null or (c.issued_at, c.id) < ($6, $7::uuid))"
        " order by c.issued_at desc, c.id desc limit $8",
        wanted.customer_id,
        wanted.of_customer_id,
        wanted.kind,
        wanted.state,
        wanted.exact,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), CardView) for row in rows]


async def form(card_id: UUID) -> CardForm:
    """The card with everything that happened to it. Raises NotFound."""
    row = await fetch_one(f"{_CARD} where c.id = $1", card_id)
    if row is None:
        raise NotFound(f"There is no card {card_id}")
    lines = await fetch(
        "select kind, because, note, happened_by_name as by_name, happened_at as at from card_event where card_id = $1"
        " order by happened_at, id",
        card_id,
    )
    return msgspec.convert({**dict(row), "events": [dict(line) for line in lines]}, CardForm)
