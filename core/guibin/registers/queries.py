"""Reading registers: entries with their corrections, archives with what was corrected since."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Struct, structs

from guibin.cards.tables import State
from guibin.policy.packs import Policy
from guibin.sealing.seeing import AMOUNTS, shows
from guibin.tiers.queries import Sum
from guibin.web.listing import Listing, newest_first
from guibin_tenants.rows import lines


class EntryView(Struct, frozen=True, kw_only=True):
    """A registration or analysis; `late` days after its span's end, 0 in time."""

    id: UUID
    customer_id: UUID
    register: str
    what: str
    span: str
    first_on: date
    text: str
    values: dict[str, Any]
    late: int
    corrected: bool
    written_by: UUID
    written_by_name: str
    written_at: datetime


class CorrectionLine(Struct, frozen=True, kw_only=True):
    """What the entry should have said."""

    text: str
    values: dict[str, Any]
    reason: str
    written_by_name: str
    written_at: datetime


class HeldCard(Struct, frozen=True, kw_only=True):
    """A card of the span, its number masked."""

    kind: str
    scheme: str
    tier: str
    number: str
    state: State
    issued_on: date
    expires_on: date


class Score(Struct, frozen=True, kw_only=True):
    """The value score of an assessment in the span, and the tier that it brought."""

    scheme: str
    as_of: date
    score: int | None
    becomes: str | None


class Drawn(Struct, frozen=True, kw_only=True):
    """What the company's own figures say of a customer in a span: balances as they stood, what moved, cards, scores (S02-5)."""

    balances: tuple[Sum, ...] = ()
    transactions: tuple[Sum, ...] = ()
    cards: tuple[HeldCard, ...] = ()
    scores: tuple[Score, ...] = ()


class Draft(Struct, frozen=True, kw_only=True):
    """A registration drawn up for the account manager to complete; `registered` where the span has one already."""

    customer_id: UUID
    register: str
    span: str
    text: str
    drawn: Drawn
    registered: bool


class DraftAsked(Struct, frozen=True, kw_only=True):
    """Of whom, and for which span: the present one without."""

    customer_id: UUID
    span: str | None = None


class EntryForm(EntryView, frozen=True, kw_only=True):
    """An entry with what stands beside it; nothing is drawn for whoever does not see amounts."""

    drawn: Annotated[Drawn, shows(AMOUNTS)]
    corrections: list[CorrectionLine]


class ArchiveView(Struct, frozen=True, kw_only=True):
    """A frozen year: its digest, and how many of the registrations there should have been it holds.

    `corrected_since` counts corrections that were written after it was frozen and stand beside it.
    """

    id: UUID
    customer_id: UUID
    register: str
    span: str
    digest: str
    bytes_count: int
    registered: int
    analysed: int
    expected: int
    corrected_since: int
    archived_at: datetime


class SpanFilter(Struct, frozen=True, kw_only=True):
    """Which entries or archives."""

    customer_id: UUID | None = None
    span: str | None = None


class RegisterView(Struct, frozen=True):
    """A register the policy keeps, in the reader's language."""

    name: str
    title: str
    span: str
    analysed_every: str
    archived_every: str
    form: str
    clause: str


_ALL = Listing(
    view=EntryView,
    source="register_entry x",
    order=newest_first("x.written_at"),
    columns={
        "what": "split_part(x.duty, '/', 2)",
        "corrected": "exists (select from register_correction c where c.tenant_id = x.tenant_id and c.entry_id = x.id)",
    },
)
# Those of `$register`.
ENTRIES = structs.replace(_ALL, holds="x.register = $register")
FORM = _ALL.wider(
    EntryForm,
    corrections=lines(CorrectionLine, "from register_correction where entry_id = x.id order by written_at, id"),
)
# Those of `$register`.
ARCHIVES = Listing(
    view=ArchiveView,
    source="register_archive x",
    order=newest_first("x.archived_at"),
    columns={
        "corrected_since": "(select count(*) from register_correction c join register_entry e"
        " on e.tenant_id = c.tenant_id and e.id = c.entry_id where c.tenant_id = x.tenant_id"
        " and c.customer_id = x.customer_id and e.register = x.register and e.first_on >= x.first_on"
        " and e.first_on < x.after_on and c.written_at > x.archived_at)"
    },
    holds="x.register = $register",
)


async def registers(policy: Policy, language: str) -> list[RegisterView]:
    """The registers the policy keeps."""
    return [
        RegisterView(
            register.name,
            policy.title(f"register.{register.name}", language),
            register.span,
            register.analysed_every,
            register.archived_every,
            register.form,
            register.clause,
        )
        for register in policy.registers
    ]
