"""Lists as values: what is shown of which rows, what they are filtered by and in which order they come."""

import inspect
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from string import ascii_lowercase
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from guibin_tenants.above import FromAbove
from guibin_tenants.in_step import settled
from guibin_tenants.principals import Signature
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import encoded, missing, name_of, shown, updating, whole_row
from guibin_tenants.scope import fetch
from guibin_tenants.tables import LAST_CHANGED, TenantTable, all_tables

from .beside import Beside
from .paging import Page, page_of, read

if TYPE_CHECKING:
    # What only reads lists, such as a command, does not load what serves.
    from litestar.di import Provide

View = TypeVar("View", bound=Struct)
Wider = TypeVar("Wider", bound=Struct)
# How many rows there are is told up to here, and beyond it that there are more.
COUNTED_MAX = 1_000
# `$now`, `$by`, `$value` and whatever else a list is asked with; `$1` is none of these.
_NAME = re.compile(r"\$([a-z_]+)")
# What a note says of a value, under the framework's names.
_SAID = ("gt", "ge", "lt", "le", "multiple_of", "pattern", "min_length", "max_length", "description")
# What the framework hands in by these names is something else.
_RESERVED = frozenset({"state", "body", "headers", "cookies", "request", "query", "scope", "socket", "data"})


Limit = Annotated[int, Meta(ge=1, le=200, description="How many at most, 1 to 200.")]
CursorText = Annotated[Annotated[str, Meta(max_length=200)] | None, Meta(description="`next` of the page before.")]


class PageAsked(Struct, frozen=True):
    """Which page of a list."""

    limit: Limit = 50
    cursor: CursorText = None


class Order(Struct, frozen=True):
    """What rows are sorted by: expressions with the kind of what they give, the last one different for every row.

    Cursors of an order that is `called` something are no other's, whatever it sorts by.
    """

    by: dict[str, type]
    downward: bool = False
    called: str = ""

    def after(self, cursor: str) -> tuple[Any, ...]:
        """Where the page begins. Raises Invalid for a cursor of another order."""
        if not self.called:
            return read(cursor, tuple[*self.by.values()])  # type: ignore[misc, arg-type]  # made of the order
        kinds: Any = tuple[Literal[self.called], *self.by.values()]  # type: ignore[misc, name-defined]  # made of the order
        return tuple(read(cursor, kinds))[1:]

    def until(self, *ends: Any) -> tuple[Any, ...]:
        """What a cursor says of where a page ends."""
        return (self.called, *ends) if self.called else ends


def newest_first(moment: str, id: str = "x.id") -> Order:
    """By a moment, the latest first."""
    return Order({moment: datetime, id: UUID}, downward=True)


def earliest_first(moment: str, id: str = "x.id") -> Order:
    """By a moment, the earliest first."""
    return Order({moment: datetime, id: UUID})


def by_day(day: str, id: str = "x.id") -> Order:
    """By a day, the first day first."""
    return Order({day: date, id: UUID})


def by_change(row: str) -> Order:
    """By when the row was written last, the earliest first: what changes meanwhile comes later, once more if it was shown."""
    return Order({f"{row}.{LAST_CHANGED}": datetime, f"{row}.id": UUID}, called="changed")


class Listing(Struct, Generic[View], frozen=True, kw_only=True):
    """Rows of `source`, what follows `from`, each shown as a `view`. Its first table is called `x`.

    A field of the view is `x`'s column of the same name unless `columns` says otherwise, or a room above does; a filter lets those rows through
    whose column of `x` equals it unless `filters` says otherwise, with `$value` for what was asked, or for each value that can
    be asked by itself where PostgreSQL plans better for that. `holds` is true of every
    row. There `$now` is the moment, `$today` the company's day and `$by` the id of whoever asks; more such values are given with the question.
    """

    view: type[View]
    source: str
    order: Order
    columns: dict[str, str | FromAbove[str]] = {}
    filters: dict[str, str | Mapping[Any, str]] = {}
    holds: str = "true"

    @property
    def says_whose(self) -> bool:
        """Whether a row names the customer whose it is."""
        return "customer_id" in self.view.__struct_fields__ and "customer_id" not in self.columns

    @property
    def in_step(self) -> bool:
        """Whether it can be asked for what changed since a moment: its rows are those of one table that is in step."""
        table, alias, *_ = [*self.source.split(), ""]
        return alias == "x" and any(each.keys.in_step for each in all_tables() if name_of(each) == table)

    def wider(self, view: type[Wider], **columns: str | FromAbove[str]) -> "Listing[Wider]":
        """The same rows, of which more is shown."""
        return Listing(
            view=view,
            source=self.source,
            order=self.order,
            columns=self.columns | columns,
            filters=self.filters,
            holds=self.holds,
        )

    def ordered(self, order: Order) -> "Listing[View]":
        """The same rows in another order."""
        return msgspec.structs.replace(self, order=order)

    async def count(self, filters: Struct | None, act: Signature, *, most: int = COUNTED_MAX, **values: Any) -> int:
        """How many rows `filters` let through, counted up to `most`."""
        return (await self.counts({"rows": filters}, act, most=most, **values))["rows"]

    async def counts(
        self, selections: Mapping[str, Struct | None], act: Signature, *, most: int = COUNTED_MAX, **values: Any
    ) -> dict[str, int]:
        """How many rows each of these filters let through, each counted up to `most`; all in one statement."""
        known, counted = values | _of(act), []
        for place, filters in zip(_letters(), selections.values(), strict=False):
            conditions, known = self._let_through(filters, known, called=f"asked_{place}")
            where = " and ".join(f"({each})" for each in conditions)
            counted.append(f"(select count(*) from (select from {self.source} where {where} limit {most}) few)")
        if not counted:
            return {}
        statement, places = placed(f"select {', '.join(counted)}", known)
        (row,) = await fetch(statement, *places)
        return dict(zip(selections, row, strict=True))

    async def one(self, row_id: UUID, *beside: Beside, **values: Any) -> View:
        """The row of this id. Raises NotFound."""
        table = self.source.split()[0]
        along, more = _along(beside, f"{table} x where x.id = $id")
        first = f"with {', '.join(along)} " if along else ""
        found = await self._found(f"{first}{self._held('x.id = $id')}", more | values | {"id": row_id})
        if not found:
            raise NotFound(f"There is no {table.replace('_', ' ')} {row_id}")
        return found[0]

    async def where(self, condition: str, *, order: str = "", **values: Any) -> list[View]:
        """All rows of which this is true, with what the names in it stand for; `order` may end with a limit."""
        return await self._found(self._held(condition) + (f" order by {order}" if order else ""), values)

    async def changed(self, table: type[TenantTable], row_id: UUID, *beside: Beside, **values: Any) -> View:
        """Set these columns of the row as `rows.change` does, and show it, in one statement. Raises NotFound, WrongRow.

        What else the list reads is shown as it was before: it is changed first.
        """
        update = updating(table, [f"$set_{name}" for name in values], tuple(values), of="$id")
        _, _, rest = self.source.partition(" ")
        along, more = _along(beside, "changed x")
        steps = ", ".join((f"changed as ({update} returning *)", *along))
        written = zip(values, encoded(table, values), strict=True)
        found = await self._found(
            f"with {steps} {self._select()} from changed {rest}",
            more | {f"set_{name}": value for name, value in written} | {"id": row_id},
        )
        if not found:
            raise missing(table, row_id)
        return found[0]

    async def page(self, filters: Struct | None, page: PageAsked, act: Signature, **values: Any) -> Page[View]:
        """The rows that `filters` let through, a page of them; one that is None, or False by default, lets all through.

        Raises Invalid for a cursor of another list.
        """
        conditions, known = self._let_through(filters, values | _of(act))
        if page.cursor is not None:
            after = self.order.after(page.cursor)
            known |= {f"after_{place}": value for place, value in zip("abcde", after, strict=False)}
            conditions.append(self._beyond(len(after)))
        statement, places = placed(
            f"{self._select(cursor=True)} from {self.source} where {' and '.join(f'({each})' for each in conditions)} order by {self._sorted()}"
            f" limit {page.limit + 1}",
            known,
        )
        ends = [f"cursor_{place}" for place in range(len(self.order.by))]
        rows = page_of(
            await fetch(statement, *places), page.limit, lambda row: self.order.until(*(row[each] for each in ends))
        )
        return Page(shown(self.view, rows.items), rows.next)

    async def changed_since(
        self, since: datetime, filters: Struct | None, page: PageAsked, act: Signature, **values: Any
    ) -> Page[View]:
        """As `page`, the rows of a list that is in step which were written at `since` or later, the earliest first.

        What a transaction still writes is left for later, and so is what is younger: the last page says `until` when nothing
        is missing. Raises Invalid for a cursor of another list.
        """
        until = await settled()
        holds = f"({self.holds}) and x.{LAST_CHANGED} >= $changed_since and x.{LAST_CHANGED} < $changed_until"
        changed = msgspec.structs.replace(self, order=by_change("x"), holds=holds)
        found = await changed.page(filters, page, act, changed_since=since, changed_until=until, **values)
        return found if found.next else Page(found.items, until=until)

    def _let_through(
        self, filters: Struct | None, known: dict[str, Any], called: str = "asked"
    ) -> tuple[list[str], dict[str, Any]]:
        conditions = [self.holds]
        # Only what is asked about is in the statement: PostgreSQL plans for that and for nothing else.
        for name, value in _asked(filters):
            said = self.filters.get(name, f"x.{name} = $value")
            if not isinstance(said, str):
                conditions.append(said[value])
                continue
            conditions.append(said.replace("$value", f"${called}_{name}"))
            known[f"{called}_{name}"] = value
        return conditions, known

    async def _found(self, statement: str, values: dict[str, Any]) -> list[View]:
        text, places = placed(statement, values)
        return shown(self.view, await fetch(text, *places))

    def _held(self, condition: str) -> str:
        return f"{self._select()} from {self.source} where ({self.holds}) and ({condition})"

    def _select(self, *, cursor: bool = False) -> str:
        said = {name: sql if isinstance(sql, str) else sql() for name, sql in self.columns.items()}
        columns = [f"{said.get(name, f'x.{name}')} as {name}" for name in self.view.__struct_fields__]
        if cursor:
            columns += [f"{each} as cursor_{place}" for place, each in enumerate(self.order.by)]
        return f"select {', '.join(columns)}"

    def _beyond(self, count: int) -> str:
        places = ", ".join(f"$after_{place}" for place in "abcde"[:count])
        return f"({', '.join(self.order.by)}) {'<' if self.order.downward else '>'} ({places})"

    def _sorted(self) -> str:
        return ", ".join(f"{each} desc" if self.order.downward else each for each in self.order.by)


def from_query(kind: type[Struct]) -> "Provide":
    """A dependency that reads the struct's fields from the query: each is a parameter of its own, described and checked."""
    from litestar.di import Provide

    hints = get_type_hints(kind, include_extras=True)
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    names = {f"in_{name}" if name in _RESERVED else name: name for name in fields}

    async def read(**given: Any) -> Struct:
        return kind(**{names[name]: value for name, value in given.items()})

    parameters = [
        inspect.Parameter(
            argument,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if fields[name].required else fields[name].default,
            annotation=_parameter(name, hints[name], renamed=argument != name),
        )
        for argument, name in names.items()
    ]
    read.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what the framework looks at
    read.__annotations__ = {each.name: each.annotation for each in parameters} | {"return": kind}
    return Provide(read)


def _taken_apart(hint: Any) -> tuple[Any, list[Any]]:
    """The kind of value, and the notes on it; those on what may be None too."""
    if get_origin(hint) is Annotated:
        kind, *notes = get_args(hint)
        inner, more = _taken_apart(kind)
        return inner, [*notes, *more]
    parts = get_args(hint)
    if len(parts) == 2 and type(None) in parts:
        kind, notes = _taken_apart(next(part for part in parts if part is not type(None)))
        return kind | None, notes
    return hint, []


def _parameter(name: str, hint: Any, *, renamed: bool) -> Any:
    from litestar.params import Parameter

    kind, notes = _taken_apart(hint)
    said = {
        each: value
        for note in notes
        if isinstance(note, Meta)
        for each in _SAID
        if (value := getattr(note, each)) is not None
    }
    if not said and not renamed:
        return hint
    return Annotated[kind, Parameter(query=name, **said)]


def _of(act: Signature) -> dict[str, Any]:
    """What is known of every question: by whom and when, and the company's day where the company is known."""
    return {"now": act.now, "by": act.by.id, "today": getattr(act, "today", act.now.date())}


def _letters() -> Iterator[str]:
    """a, b, …, aa, ab, …: what tells apart values of one name; digits would be PostgreSQL's places."""
    return (
        "".join(each) for length in itertools.count(1) for each in itertools.product(ascii_lowercase, repeat=length)
    )


def adding(table: type[TenantTable], signature: Signature | None = None, /, **values: Any) -> Beside:
    """A row written along, as `rows.add` does."""
    row, called = whole_row(table, signature, values), f"{name_of(table)}_"
    places = ", ".join(f"${called}{name}" for name in row)
    return Beside(
        f"insert into {name_of(table)} ({', '.join(row)}) select {places}",
        {f"{called}{name}": value for name, value in row.items()},
    )


def _along(beside: Sequence[Beside], row: str) -> tuple[list[str], dict[str, Any]]:
    """The steps of a statement that write these beside the row, and what the names in them stand for."""
    steps = [f"beside_{letter} as ({each.sql} from {row})" for letter, each in zip(_letters(), beside, strict=False)]
    return steps, {name: value for each in beside for name, value in each.values.items()}


def _asked(filters: Struct | None) -> list[tuple[str, Any]]:
    if filters is None:
        return []
    asked = [(field, getattr(filters, field.name)) for field in msgspec.structs.fields(filters)]
    return [
        (field.name, value)
        for field, value in asked
        if value is not None and (value is not False or field.default is not False)
    ]


def placed(statement: str, known: dict[str, Any]) -> tuple[str, list[Any]]:
    """The statement with `$1` … in place of names, and the values in those places."""
    names = list(dict.fromkeys(_NAME.findall(statement)))
    places = {name: f"${place}" for place, name in enumerate(names, 1)}
    return _NAME.sub(lambda found: places[found[1]], statement), [known[name] for name in names]
