"""Reading applications and cards, masked."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.cases.followed import FOLLOWED, Followed
from guibin.cases.outcomes import Outcome
from guibin.cases.subjects import CUSTOMERS_OF, in_table
from guibin.web.listing import Listing, newest_first
from guibin_tenants.principals import may
from guibin_tenants.rows import lines

from .tables import Card, CardApplication, State

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
    outcome: Outcome | None
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


class DisclosedNumber(Struct, frozen=True):
    """A card's number in clear, this once."""

    id: UUID
    number: str


class CardApplicationFilter(Struct, frozen=True, kw_only=True):
    """Which applications: None does not filter."""

    customer_id: UUID | None = None
    waiting: Waiting | None = None


class CardFilter(Struct, frozen=True, kw_only=True):
    """Which cards: None does not filter. One by its number is searched for, since no address holds that."""

    customer_id: UUID | None = None
    of_customer_id: UUID | None = None
    kind: str | None = None
    state: State | None = None


_TOLD_AT = "(select max(t.told_at) from card_telling t where t.application_id = x.id and t.reached)"
APPLICATIONS = Listing(
    view=CardApplicationView,
    source="card_application x",
    order=newest_first("x.applied_at"),
    columns={
        "tellings": "(select count(*)::int from card_telling t where t.application_id = x.id)",
        "told_at": _TOLD_AT,
    },
    filters={
        "waiting": "x.closed_at is null and case $value when 'approval' then x.outcome is null"
        f" when 'telling' then x.outcome = 'approved' and {_TOLD_AT} is null else x.outcome = 'approved' end"
    },
)
# `$exact` is the blind index of the number that is asked for.
BY_NUMBER = "x.id = (select n.card_id from card_number n where n.exact = $exact)"
CARDS = Listing(
    view=CardView,
    source="card x",
    order=newest_first("x.issued_at"),
    columns={"number": "x.masked"},
)
# What a customer's file of a year holds of them: of customer $1, from day $2 on and before day $3.
IN_FILE = (
    "select kind, scheme, tier, masked as number, state, issued_on, expires_on, ended_because from card where customer_id = $1"
    " and issued_on < $3 and expires_on > $2 order by issued_on, id"
)
FORM = CARDS.wider(
    CardForm,
    events=lines(
        CardEventLine,
        "from (select e.*, e.happened_by_name as by_name, e.happened_at as at from card_event e where e.card_id = x.id)"
        " event order by event.at, event.id",
    ),
)


CUSTOMERS_OF.give("card_application", in_table(CardApplication))
FOLLOWED.give("card", Followed(may("cards:read"), Card))
FOLLOWED.give("card_application", Followed(may("cards:read"), CardApplication))
