"""What is found by a few letters or digits: customers, cases by number, pages."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import searched
from guibin.cards import screens as cards
from guibin.complaints import queries as complaints
from guibin.console.lists import TABLES
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.notation.names import search_terms, typed_key
from guibin.profiles import queries as profiles
from guibin.profiles.queries import CustomerFilter, CustomerView
from guibin.receptions import queries as receptions
from guibin.service_requests import queries as requests
from guibin.views import queries as views
from guibin.views.queries import ViewView
from guibin.web.listing import Listing, PageAsked
from guibin.web.paging import Page
from guibin_tenants.principals import Predicate, may

CUSTOMERS, CARDS = may("customers:read"), may("cards:read")
CUSTOMERS_SHOWN, CASES_SHOWN, VIEWS_SHOWN = 7, 5, 5
# A case is looked for by no less of its number.
_NUMBER_CHARS_MIN = 3
_CARD_CHARS_MIN = 6


class Case(Struct, frozen=True):
    """One that was found: its page, what it is about, its state in words, and whose it is."""

    place: str
    number: str
    matter: str
    state: str
    customer_id: UUID | None
    customer_name: str | None


class Numbered(Struct, frozen=True):
    """Cases of one kind that are found by their number: how the record says that they were shown, which column says how new
    they are, and what a row of theirs is about."""

    recorded: Callable[[Page[Any], Act], Awaitable[Page[Any]]]
    listing: Listing[Any]
    needs: Predicate
    newest: str
    section: str
    slice_name: str
    matter: Callable[[Any, Shell], str]


NUMBERED = (
    Numbered(
        lambda page, act: searched("complaint", page, act),
        complaints.QUEUE,
        may("complaints:read"),
        "x.received_at",
        "complaints",
        "complaints",
        lambda row, _: str(row.matter),
    ),
    Numbered(
        lambda page, act: searched("service_request", page, act),
        requests.QUEUE,
        may("requests:read"),
        "x.received_at",
        "requests",
        "service_requests",
        lambda row, shell: shell.named(f"service_item.{row.item}.title"),
    ),
    Numbered(
        lambda page, act: searched("reception", page, act),
        receptions.QUEUE,
        may("receptions:read"),
        "x.arrives_at",
        "receptions",
        "receptions",
        lambda row, shell: f"{shell.says('receptions.title')} {shell.clock.moment(row.arrives_at)}",
    ),
)


class FoundView(Struct, frozen=True):
    """A saved view of a list, and where it is."""

    view: ViewView
    href: str


class Doing(Struct, frozen=True):
    """Something that is begun from anywhere: what its button says, its icon and the page where it is begun."""

    title: str
    icon: str
    href: str


class Found(Struct, frozen=True):
    """What the reader may see of what was found."""

    customers: list[CustomerView]
    cases: list[Case]
    places: list[Entry]
    views: list[FoundView] = []
    doings: list[Doing] = []

    def __bool__(self) -> bool:
        return bool(self.customers or self.cases or self.places or self.views or self.doings)


async def find(text: str, shell: Shell) -> Found:
    """Everything that `text` may mean; without any, the places to go to. Raises TooManyLookUps."""
    if not text:
        return Found([], [], _places("", shell))
    wanted = NUMBERED if text.isascii() and len(text) >= _NUMBER_CHARS_MIN else ()
    cases = [case for kind in wanted if kind.needs(shell.act.by) for case in await _numbered(kind, text, shell)]
    found = [*cases, *await held(text, shell)]
    return Found(
        await customers(text, shell), found, _places(text, shell), await _views(text, shell), _doings(text, shell)
    )


async def customers(text: str, shell: Shell) -> list[CustomerView]:
    """Customers as the API finds them, and on record as there; nobody for a reader who may not look for them."""
    if not text or not CUSTOMERS(shell.act.by):
        return []
    found = await profiles.find(CustomerFilter(q=text), PageAsked(CUSTOMERS_SHOWN), shell.act)
    return found.items


async def held(text: str, shell: Shell) -> list[Case]:
    """The card of this whole number, on record; none for a part of one."""
    number = text.replace(" ", "").replace("-", "")
    if not (CARDS(shell.act.by) and number.isascii() and number.isalnum() and len(number) >= _CARD_CHARS_MIN):
        return []
    return [
        Case(
            place=f"{PREFIX}/cards/{row.id}",
            number=row.number,
            matter=shell.named(f"card.{row.kind}"),
            state=shell.says(f"cards.state.{row.state}"),
            customer_id=row.customer_id,
            customer_name=row.customer_name,
        )
        for row in await cards.held(number, shell.act)
    ]


async def _numbered(kind: Numbered, part: str, shell: Shell) -> Sequence[Case]:
    """Cases in whose number this stands, the newest first; who was shown is on record."""
    rows = await kind.listing.where(
        "strpos(lower(x.number), lower($part)) > 0",
        order=f"{kind.newest} desc, x.id desc limit {CASES_SHOWN}",
        part=part,
    )
    if not rows:
        return ()
    shown = await kind.recorded(Page(rows), shell.act)
    return [
        Case(
            place=f"{PREFIX}/{kind.section}/{row.id}",
            number=row.number,
            matter=kind.matter(row, shell),
            state=shell.says(f"{kind.slice_name}.state.{row.state}"),
            customer_id=row.customer_id,
            customer_name=row.customer_name,
        )
        for row in shown.items
    ]


async def _views(text: str, shell: Shell) -> list[FoundView]:
    typed = typed_key(text)
    if not typed:
        return []
    return [
        FoundView(each, views.address_of(each, shell.act))
        for each in await views.known(shell.act)
        if not each.gone and any(term.startswith(typed) for term in search_terms(each.name))
    ][:VIEWS_SHOWN]


def _doings(text: str, shell: Shell) -> list[Doing]:
    """What the lists that the reader sees begin anew, for whom it is."""
    typed = typed_key(text)
    entries = {entry.path: entry for section in shell.sections for entry in section.entries}
    return [
        Doing(f"{table.slice_name}.new", entries[table.path].icon, table.new)
        for table in TABLES.values()
        if typed and table.new and table.new_needs is not None and table.new_needs(shell.act.by)
        if table.path in entries and _means(typed, shell.says(f"{table.slice_name}.new"))
    ]


def _means(typed: str, title: str) -> bool:
    return any(term.startswith(typed) for term in search_terms(title))


def _places(text: str, shell: Shell) -> list[Entry]:
    typed = typed_key(text)
    if text and not typed:
        return []
    return [entry for section in shell.sections for entry in section.entries if _means(typed, shell.says(entry.title))]
