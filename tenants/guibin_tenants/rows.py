"""Rows by name: a statement follows from the table and from what is given, not from places that somebody counted."""

from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct
from piccolo.columns import JSONB, Column

from .field_rights import parts_of, right_to
from .principals import Signature
from .refusals import NotFound
from .scope import execute, execute_many, fetch, fetch_many, fetch_one, seen_fields
from .tables import TenantTable, new_id

View = TypeVar("View", bound=Struct)
# Once in a transaction: what this one has written already is the same change still.
_RAISED = "version = version + case when xmin = pg_current_xact_id()::xid then 0 else 1 end"
# What a table fills in itself.
_OWN = frozenset({"tenant_id"})


class WrongRow(RuntimeError):
    """A row was about to be written that its table does not know or lacks a column of. Always a fault of the program."""


async def add(table: type[TenantTable], signature: Signature | None = None, /, **values: Any) -> UUID:
    """Write a row; its id. What is not given is the column's default; a `signed` table is signed with the signature.

    Documents are given as what they hold. Raises WrongRow.
    """
    row = {"id": new_id()} | signed(table, signature) | values
    names = tuple(row)
    statement = _insert(table, names)
    await execute(statement, *_stored(table, names, row))
    row_id: UUID = row["id"]
    return row_id


async def add_all(
    table: type[TenantTable],
    signature: Signature | None,
    rows: Sequence[dict[str, Any]],
    *,
    unless: tuple[str, ...] = (),
) -> list[UUID]:
    """As `add`, for rows of the same columns, sent at once; the ids of those written.

    One that is there already by the unique key `unless` is left as it is, and its id is not among them.
    """
    if not rows:
        return []
    whole = [{"id": new_id()} | signed(table, signature) | row for row in rows]
    names = tuple(whole[0])
    if any(row.keys() != whole[0].keys() for row in whole):
        raise WrongRow(f"rows of {name_of(table)} that are added at once have the same columns")
    statement = _insert(table, names, unless)
    stored = [_stored(table, names, row) for row in whole]
    if unless:
        return [row["id"] for row in await fetch_many(f"{statement} returning id", stored)]
    await execute_many(statement, stored)
    return [row["id"] for row in whole]


async def change(table: type[TenantTable], row_id: UUID, signature: Signature | None = None, /, **values: Any) -> None:
    """Set these columns of one row; its version, if it has one, goes up, by one however often the transaction changes it.
    With a signature a table that is `signed_off` is signed as ended.

    Raises WrongRow, and NotFound when there is no such row to change.
    """
    row = signed_off(table, signature) | values
    names = tuple(row)
    statement = _update(table, names)
    if not await execute(statement, row_id, *encoded(table, row)):
        raise missing(table, row_id)


async def locked(table: type[TenantTable], row_id: UUID) -> asyncpg.Record:
    """The row, nobody else's until the transaction ends. Raises NotFound."""
    return await row_of(table, row_id, f"select * from {name_of(table)} where id = $1 for update")


async def row_of(table: type[TenantTable], row_id: UUID, statement: str, *values: Any) -> asyncpg.Record:
    """What the statement says of the table's row whose id is its `$1`; `values` are what follows. Raises NotFound."""
    row = await fetch_one(statement, row_id, *values)
    if row is None:
        raise missing(table, row_id)
    return row


async def struct_of(kind: type[View], table: type[TenantTable], row_id: UUID, rest: str, *values: Any) -> View:
    """As `row_of`, as a struct whose fields are the columns. Raises NotFound."""
    found = await first(kind, rest, row_id, *values)
    if found is None:
        raise missing(table, row_id)
    return found


async def many(kind: type[View], rest: str, *values: Any) -> list[View]:
    """The rows of `rest`, which begins with `from`, as structs whose fields are the columns."""
    return shown(kind, await fetch(f"select {', '.join(kind.__struct_fields__)} {rest}", *values))


async def read(kind: type[View], statement: str, *values: Any) -> list[View]:
    """The rows of a whole statement as structs whose fields are its columns."""
    return shown(kind, await fetch(statement, *values))


async def first(kind: type[View], rest: str, *values: Any) -> View | None:
    """The first of `many`, or None."""
    return next(iter(await many(kind, f"{rest} limit 1", *values)), None)


def lines(kind: type[Struct], rest: str) -> str:
    """A column that holds, as one document, what `many` would give: several tables are read in one statement.

    `rest` names the row around it by that one's own alias. `shown` makes structs of it.
    """
    return (
        f"coalesce((select jsonb_agg(line) from (select {', '.join(kind.__struct_fields__)} {rest}) line), '[]'::jsonb)"
    )


def line(kind: type[Struct], rest: str) -> str:
    """As `lines`, for the one there is, or null."""
    return f"(select to_jsonb(line) from (select {', '.join(kind.__struct_fields__)} {rest} limit 1) line)"


def shown(kind: type[View], rows: Sequence[asyncpg.Record]) -> list[View]:
    """Rows as structs; documents are decoded, and of parts that whoever acts does not see in clear nothing is there."""
    documents, unseen = _documents(kind), unseen_of(kind)
    return [
        msgspec.convert(
            dict(row) | {name: _decoded(row[name], document) for name, document in documents.items()} | unseen, kind
        )
        for row in rows
    ]


def unseen_of(kind: type[Struct]) -> dict[str, Any]:
    """What stands in the view's fields whose part whoever acts does not see in clear."""
    sees = seen_fields()
    if not sees:
        return {}
    return {name: nothing for name, (part, nothing) in parts_of(kind).items() if right_to(sees, *part.names) != "clear"}


def given(data: Struct) -> dict[str, Any]:
    """What was sent, by the name of its column."""
    return msgspec.structs.asdict(data)


def signed(table: type[TenantTable], signature: Signature | None) -> dict[str, Any]:
    """Who and when, in those columns of the table that are called after its `signed` verb."""
    return _signature(table, table.keys.signed, signature)


def signed_off(table: type[TenantTable], signature: Signature | None) -> dict[str, Any]:
    """As `signed`, after the verb of its end."""
    return _signature(table, table.keys.signed_off, signature) if signature is not None else {}


def missing(table: type[TenantTable], row_id: UUID) -> NotFound:
    """The refusal for an id of which there is no such row."""
    return NotFound(f"There is no {spoken(table)} {row_id}")


def name_of(table: type[TenantTable]) -> str:
    """The table's name in SQL."""
    name: str = table._meta.tablename
    return name


async def standing(tables: Sequence[type[TenantTable]]) -> list[type[TenantTable]]:
    """Those that the database has: a pack that came later, or was put aside, is known here and has none of its tables there."""
    there = await fetch(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
        " and relname = any ($1::text[])",
        [name_of(table) for table in tables],
    )
    present = {row["relname"] for row in there}
    return [table for table in tables if name_of(table) in present]


def spoken(table: type[TenantTable]) -> str:
    """What a row of it is called in a sentence."""
    return name_of(table).replace("_", " ")


@cache
def columns_of(table: type[TenantTable]) -> dict[str, Column]:
    """The columns that may be given, by name."""
    return {
        column._meta.db_column_name: column for column in table._meta.columns if column._meta.db_column_name not in _OWN
    }


def refuse_unknown(table: type[TenantTable], names: Sequence[str]) -> None:
    """Raises WrongRow for a name that is no column of the table."""
    known = columns_of(table)
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise WrongRow(f"{name_of(table)} has no column {name}: {hint}it has {', '.join(sorted(known))}")


def _signature(table: type[TenantTable], verb: str, signature: Signature | None) -> dict[str, Any]:
    if not verb:
        return {}
    if signature is None:
        raise WrongRow(f"{name_of(table)} says who {verb} it: give a signature")
    columns = {f"{verb}_by": signature.by.id, f"{verb}_by_name": signature.by.name, f"{verb}_at": signature.now}
    return {name: value for name, value in columns.items() if name in columns_of(table)}


@cache
def _defaults(table: type[TenantTable]) -> dict[str, Column]:
    """The columns whose default is something: PostgreSQL knows no default of ours."""
    return {
        name: column
        for name, column in columns_of(table).items()
        if name != "id" and column.get_default_value() is not None
    }


@cache
def _insert(table: type[TenantTable], names: tuple[str, ...], unless: tuple[str, ...] = ()) -> str:
    refuse_unknown(table, names)
    columns = [*names, *(name for name in _defaults(table) if name not in names)]
    for name, column in columns_of(table).items():
        if not column._meta.null and name not in columns:
            raise WrongRow(f"a row of {name_of(table)} has a {name}: give one")
    places = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
    conflict = f" on conflict ({', '.join(('tenant_id', *unless))}) do nothing" if unless else ""
    return f"insert into {name_of(table)} ({', '.join(columns)}) values ({places}){conflict}"


@cache
def _update(table: type[TenantTable], names: tuple[str, ...]) -> str:
    return updating(table, [f"${place}" for place in range(2, len(names) + 2)], names)


def updating(table: type[TenantTable], places: Sequence[str], names: Sequence[str], of: str = "$1") -> str:
    """The statement that sets these columns to what stands in these places, in the row whose id stands in `of`.

    Raises WrongRow.
    """
    refuse_unknown(table, names)
    parts = [f"{name} = {place}" for name, place in zip(names, places, strict=True)]
    if "version" in columns_of(table) and "version" not in names:
        parts.append(_RAISED)
    return f"update {name_of(table)} set {', '.join(parts)} where id = {of}"


def _stored(table: type[TenantTable], names: tuple[str, ...], row: dict[str, Any]) -> list[Any]:
    rest = [column.get_default_value() for name, column in _defaults(table).items() if name not in row]
    return [*encoded(table, {name: row[name] for name in names}), *rest]


def encoded(table: type[TenantTable], row: dict[str, Any]) -> list[Any]:
    """The values as PostgreSQL takes them, documents as text."""
    columns = columns_of(table)
    return [
        msgspec.json.encode(value).decode() if isinstance(columns[name], JSONB) and value is not None else value
        for name, value in row.items()
    ]


def whole_row(table: type[TenantTable], signature: Signature | None, values: dict[str, Any]) -> dict[str, Any]:
    """What `add` writes, by column, as PostgreSQL takes it. Raises WrongRow."""
    row = {"id": new_id()} | signed(table, signature) | values
    _insert(table, tuple(row))
    defaults = {name: column.get_default_value() for name, column in _defaults(table).items()}
    return defaults | dict(zip(row, encoded(table, row), strict=True))


@cache
def _documents(kind: type[Struct]) -> dict[str, Any]:
    """The fields that are no plain values, with their types: as jsonb they come as text."""
    return {name: hint for name, hint in get_type_hints(kind, include_extras=True).items() if _is_document(hint)}


def _is_document(hint: Any) -> bool:
    if get_origin(hint) is Annotated:
        return _is_document(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return any(_is_document(option) for option in get_args(hint) if option is not NoneType)
    kind = get_origin(hint) or hint
    return isinstance(kind, type) and issubclass(kind, (tuple, list, dict, frozenset, Struct))


def _decoded(value: Any, kind: Any) -> Any:
    return msgspec.json.decode(value, type=kind) if isinstance(value, str) else value
