"""Lists as declared tables: filters, columns, sorting, selection and views, everything in the address."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar, get_type_hints
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.di import Provide
from litestar.response import Redirect
from msgspec import Struct
from msgspec.structs import replace

from guibin.context import Act
from guibin.sealing.values import NO_NUMBER, names_somebody
from guibin.web.conversion import faults
from guibin.web.listing import (
    Limit,  # noqa: F401  # named by PageAsked's hints
    PageAsked,
)
from guibin_tenants.above import FromAbove
from guibin_tenants.principals import Predicate, anyone
from guibin_tenants.refusals import FieldError, refuse

from . import additions
from .forms import Choice
from .shell import PREFIX, Shell

Asked = TypeVar("Asked", bound=Struct)
ROWS = 50
# What an address says beside the filters: which page, in which order, with which columns, by which view it was opened.
_PAGE = ("cursor", "sort", "limit", "at", "columns", "view")


class Column(Struct, frozen=True, kw_only=True):
    """One column: its title is the text `<slice>.column.<name>`, its cell the macro `<name>` of the slice's `cells.html`.

    `width` in pixels; one column of a table has none and takes what is left. `sort` names the order it stands for. An
    `optional` one is shown to whoever chose it; a `confidential` one leaves the house for a purpose; a `labelled` one says
    nothing without its title, which stands before it on a telephone. One of a pack's has its title in the pack's texts, `text`,
    and is shown to whom it `needs`.
    """

    name: str
    width: int | None = None
    sort: str = ""
    optional: bool = False
    confidential: bool = False
    labelled: bool = False
    text: str = ""
    needs: Predicate = anyone


class Filter(Struct, frozen=True, kw_only=True):
    """A choice in the filter row, over a field of the filters."""

    name: str
    choices: Callable[[Shell], Awaitable[Sequence[Choice]]]


class View(Struct, frozen=True, kw_only=True):
    """A selection with a name, the text `<slice>.view.<name>`; `asks` are the filters it stands for. How many rows it has is
    told, unless it asks for nothing or `counted` says otherwise."""

    name: str
    asks: Mapping[str, str]
    sort: str = ""
    counted: bool | None = None

    @property
    def is_counted(self) -> bool:
        """Whether the page says how many rows it has."""
        return bool(self.asks) if self.counted is None else self.counted


# How many rows each of several filters lets through, by their names.
Counts = Callable[[Mapping[str, Any], Shell], Awaitable[Mapping[str, int]]]


class Wanted(Struct, frozen=True):
    """In which order rows come, and in which columns they are shown."""

    sort: str
    columns: tuple[str, ...]


# The rows of a page as its templates know them: what the filters let through, as wanted. Beside `rows` and `next`
# it says whatever the cells ask for, which are the macros of the template `cells`.
Load = Callable[[Any, PageAsked, Wanted, Shell], Awaitable[dict[str, Any]]]


class Table(Struct, frozen=True, kw_only=True):
    """One list, known by its slice's name. `search` is the filter that takes what is typed; where no address may hold that,
    `whole` finds the one row by what is sent instead. `bulk` are the commands on a selection, each with what it needs,
    `follows` the subjects whose changes show on it at once.

    `kind` is the struct of its filters, `needs` what reading it asks for, `counts` says how many a view holds. An address
    that asks nothing leads to the view that `begins`, unless the reader has one of their own. `load` gives the rows, by `sort`
    where the address says nothing, to the page `template` and to whatever else shows them.
    """

    slice_name: str
    path: str
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...] = ()
    views: tuple[View, ...] = ()
    search: str = ""
    whole: Callable[[str, Shell], Awaitable[UUID]] | None = None
    bulk: Mapping[str, Predicate] = {}
    new: str = ""
    new_needs: Predicate | None = None
    preview: bool = False
    follows: tuple[str, ...] = ()
    kind: type[Struct] | None = None
    needs: Predicate = anyone
    counts: Counts | None = None
    begins: str = ""
    load: Load | None = None
    template: str = ""
    sort: str = ""

    def __post_init__(self) -> None:
        if self.kind is not None:
            TABLES[self.slice_name] = self

    @property
    def asked(self) -> tuple[str, ...]:
        """The names of its filters."""
        return tuple(name for name in get_type_hints(self.kind) if name not in _PAGE) if self.kind else ()

    @property
    def sorts(self) -> tuple[str, ...]:
        """The names of its orders."""
        named = (*(each.sort for each in self.columns), *(each.sort for each in self.views))
        return tuple(dict.fromkeys(each for each in named if each))

    def has(self, act: Act) -> tuple[Column, ...]:
        """Its columns, and after them those that the company's packs add."""
        on = self.path.removeprefix(f"{PREFIX}/")
        added = (
            Column(name=name, width=each.width, confidential=True, labelled=True, text=text, needs=each.needs)
            for name, text, each in additions.columns(on, act)
        )
        return (*self.columns, *added)

    def shows(self, names: Sequence[str], act: Act) -> tuple[Column, ...]:
        """Its columns of these names, in their order, as far as the reader may see them; those it comes with where none of
        them is there."""
        known = {column.name: column for column in self.has(act) if column.needs(act.by)}
        chosen = tuple(known[name] for name in dict.fromkeys(names) if name in known)
        return chosen or tuple(column for column in known.values() if not column.optional)

    def titled(self, column: Column) -> str:
        """The key of the column's title."""
        return column.text or f"{self.slice_name}.column.{column.name}"

    async def rows(self, filters: Any, page: PageAsked, wanted: Wanted, shell: Shell) -> dict[str, Any]:
        """A page of its rows as its templates know them, with what the packs' columns say of them as `of_packs`."""
        assert self.load is not None
        found = await self.load(filters, page, wanted, shell)
        on = self.path.removeprefix(f"{PREFIX}/")
        return {
            **found,
            "of_packs": await additions.cells(on, wanted.columns, [row.id for row in found["rows"]], shell),
        }


# Every list that says what it is asked by, by its name.
TABLES: dict[str, Table] = {}


class Saved(Struct, frozen=True, kw_only=True):
    """A view that somebody saved, as this reader has it: `begins` the list for them; `gone` is what the list has no more."""

    id: UUID
    name: str
    asks: dict[str, str]
    sort: str = ""
    columns: tuple[str, ...] = ()
    shared: bool = False
    begins: bool = False
    gone: tuple[str, ...] = ()


class Habits(Struct, frozen=True):
    """How somebody wants a list: columns in their order, none for those it comes with, and views with a name."""

    columns: tuple[str, ...] = ()
    saved: tuple[Saved, ...] = ()


HABITS: FromAbove[Callable[[Table, Act], Awaitable[Habits]]] = FromAbove("how people want their lists")


class Tab(Struct, frozen=True, kw_only=True):
    """A view above the list: what it is called, where it leads, whether it is what is shown now, how many rows it holds."""

    text: str
    href: str
    is_this: bool
    count: int | None
    saved: Saved | None = None


# So many views stand above a list; the others are in the menu beside them.
TABS_MAX = 8


class Shown(Struct, frozen=True, kw_only=True):
    """What is asked of a list now, as the page shows it: each filter with its choices and what was chosen."""

    table: Table
    asked: dict[str, str]
    sort: str
    filters: list[tuple[Filter, list[Choice], str]]
    views: list[Tab]
    columns: tuple[Column, ...]
    looked: str = ""
    bulk: tuple[str, ...] = ()

    def address(self, **changed: str) -> str:
        """The list with other words; columns chosen for this look stay."""
        return address(self.table, {**self._said, **changed})

    def tool(self, name: str) -> str:
        """Where something is done to this list as it is asked now."""
        return f"{LISTS}/{self.table.slice_name}/{name}?{urlencode(self._said)}"

    @property
    def _said(self) -> dict[str, str]:
        return {**self.asked, "sort": self.sort, "columns": self.looked}

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.asked)

    @property
    def gone(self) -> list[str]:
        """The filters that ask for something there is no more: nothing can be found by them."""
        return [
            filter.name
            for filter, choices, chosen in self.filters
            if chosen and choices and chosen not in {choice.value for choice in choices}
        ]


LISTS = f"{PREFIX}/lists"


def address(table: Table, asked: Mapping[str, str]) -> str:
    """The list that is asked so; what is empty stays out."""
    kept = {name: value for name, value in asked.items() if value}
    return f"{table.path}?{urlencode(kept)}" if kept else table.path


def address_of_saved(table: Table, each: Saved) -> str:
    """The list as a saved view asks for it."""
    return address(table, {**each.asks, "sort": each.sort, "columns": ",".join(each.columns), "view": str(each.id)})


def filled(table: Table, asks: Mapping[str, str]) -> Struct | None:
    """The filters of a view, None for a value that a filter does not take any more."""
    if table.kind is None:
        return None
    try:
        return msgspec.convert({name: value for name, value in asks.items() if value}, table.kind, strict=False)
    except msgspec.ValidationError:
        return None


async def begins(table: Table, shell: Shell) -> Redirect | None:
    """Where an address leads that asks nothing: to the reader's own view, else to the one the list begins with."""
    if shell.request.query_params:
        return None
    own = next((each for each in (await HABITS()(table, shell.act)).saved if each.begins), None)
    if own is not None:
        return Redirect(address_of_saved(table, own), status_code=303)
    pinned = next((each for each in table.views if each.name == table.begins), None)
    return Redirect(_pinned(table, pinned, shell), status_code=303) if pinned else None


def asks(kind: type[Struct]) -> Provide:
    """A dependency that reads filters from a page's address: what is empty asks for nothing.

    Raises Invalid for a value that the filter does not take.
    """
    hints = get_type_hints(kind, include_extras=True)

    async def read(request: Request[Any, Any, Any]) -> Struct:
        given: dict[str, Any] = {}
        wrong = []
        for name, value in request.query_params.items():
            if not value or (name in _PAGE and name not in hints):
                continue
            if name not in hints:
                # A view that was saved asks for what there is no more: without it the list would show everything.
                if "view" in request.query_params:
                    wrong.append(FieldError(name, "a filter of this list", "take it out of the view", value[:60]))
                continue
            if found := wrong_asked(name, value, hints[name]):
                wrong += found
            else:
                given[name] = msgspec.convert(value, hints[name], strict=False)
        refuse(wrong)
        return kind(**given)

    read.__annotations__["return"] = kind
    return Provide(read)


def wrong_asked(name: str, value: str, kind: Any, *, at: str = "") -> list[FieldError]:
    """What is wrong with what a filter of this kind is asked, as of the field `at`: a text by which one person is known
    stands in no address, and is not repeated."""
    found = faults(value, kind, strict=False)
    if not found and names_somebody(value) and isinstance(msgspec.convert(value, kind, strict=False), str):
        found = (FieldError("", NO_NUMBER, "type it where things are looked for"),)
    return [replace(each, field=at or name) for each in found]


async def page_asked(request: Request[Any, Any, Any]) -> PageAsked:
    """Which page of the list: always as long."""
    return PageAsked(ROWS, request.query_params.get("cursor"))


async def answer(table: Table, filters: Struct, page: PageAsked, shell: Shell) -> Response[Any]:
    """The page of a list, or more of its rows."""
    led = await begins(table, shell)
    if led is not None:
        return led
    sort = shell.request.query_params.get("sort") or table.sort
    frame = await shown(table, shell, sort=sort)
    rows = await table.rows(filters, page, Wanted(sort, tuple(each.name for each in frame.columns)), shell)
    template = "console/rows.html" if shell.is_part and page.cursor else table.template
    return shell.page(template, shown=frame, **rows)


async def shown(table: Table, shell: Shell, *, sort: str = "", counts: Mapping[str, int] | None = None) -> Shown:
    """What is asked, with the choices of every filter, the views with how many they hold, and the columns: those of the
    address, else the reader's own, else those the list comes with."""
    query = shell.request.query_params
    names = {each.name for each in table.filters} | {table.search, *table.asked}
    given = {name: value for name, value in query.items() if value and name not in _PAGE}
    habits = await HABITS()(table, shell.act) if table.kind is not None else Habits()
    looked = query.get("columns", "")
    return Shown(
        table=table,
        asked={
            name: value for name, value in given.items() if name in names or any(name in v.asks for v in table.views)
        },
        sort=sort,
        filters=[(each, list(await each.choices(shell)), given.get(each.name, "")) for each in table.filters],
        views=await _tabs(table, shell, habits, counts),
        columns=table.shows(looked.split(",") if looked else habits.columns, shell.act),
        looked=looked,
        bulk=tuple(name for name, needs in table.bulk.items() if needs(shell.act.by)),
    )


async def _tabs(table: Table, shell: Shell, habits: Habits, counts: Mapping[str, int] | None) -> list[Tab]:
    now = {name: value for name, value in shell.request.query_params.items() if value and name != "cursor"}
    asked = {name: value for name, value in now.items() if name not in _PAGE}
    usable = [each for each in habits.saved if not each.gone]
    known = dict(counts or {})
    if table.counts is not None and not (shell.is_part and "cursor" in shell.request.query_params):
        wanted = {view.name: asked_by(view, shell) for view in table.views if view.is_counted}
        wanted |= {str(each.id): each.asks for each in usable[:TABS_MAX]}
        asked_of = {name: filled(table, asks) for name, asks in wanted.items()}
        known |= await table.counts({name: each for name, each in asked_of.items() if each is not None}, shell)
    tabs = []
    this = now.get("view", "")
    for view in table.views:
        is_this = not this and asked == asked_by(view, shell)
        text = shell.says(f"{table.slice_name}.view.{view.name}")
        tabs.append(Tab(text=text, href=_pinned(table, view, shell), is_this=is_this, count=known.get(view.name)))
    for each in habits.saved:
        tabs.append(
            Tab(
                text=each.name,
                href=f"{LISTS}/{table.slice_name}/views" if each.gone else address_of_saved(table, each),
                is_this=this == str(each.id) and asked == each.asks,
                count=known.get(str(each.id)),
                saved=each,
            )
        )
    return tabs


def asked_by(view: View, shell: Shell) -> dict[str, str]:
    """The filters that the view stands for: `$me` is the reader, `$today`, `$tomorrow`, `$monday` and `$next_monday` where
    those days begin."""
    today = shell.clock.today
    monday = today - timedelta(days=today.weekday())
    days = {
        "$today": today,
        "$tomorrow": today + timedelta(days=1),
        "$monday": monday,
        "$next_monday": monday + timedelta(days=7),
    }
    known = {"$me": str(shell.act.by.person)}
    known |= {name: shell.clock.midnight(day).isoformat() for name, day in days.items()}
    return {name: known.get(value, value) for name, value in view.asks.items()}


def _pinned(table: Table, view: View, shell: Shell) -> str:
    return address(table, {**asked_by(view, shell), "sort": view.sort})
