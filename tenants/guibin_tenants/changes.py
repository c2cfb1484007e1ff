"""Numbered changes: what makes the tables of a former release those of this one, each once in a database, in order.

They run before the tables are brought up, first on a copy of their tables, and what they touch beside these is refused
(docs/decisions/0057).
"""

import hashlib
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct
from piccolo.columns import Boolean, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from . import freezing
from .change_trials import PLACE, copied
from .database import ENGINE
from .schema import column_definition, row_security_statements
from .tables import TenantTable
from .untouched import seen
from .versions import GUARDS
from .walls import NAMES

STATEMENT_CHARS_SHOWN = 200
_STANDING = "select relname from pg_class where relnamespace = $1::regnamespace and relkind in ('r', 'p') and relname = any ($2)"


class AppliedChange(Table, db=ENGINE, tablename="applied_change"):
    """A numbered change that this database has behind it; `ran` is false where its tables were made whole after it.

    `owner` is the pack, empty for the core; `digest` tells whether it still says what was applied.
    """

    id = Varchar(primary_key=True, length=80, default="")
    owner = Varchar(length=60)
    number = Integer(default=None)
    name = Varchar(length=60)
    digest = Text()
    ran = Boolean(default=True)
    applied_at = Timestamptz(default=None, null=True)


class Changing(Struct, frozen=True):
    """What the function of a change is given: statements on the tables that the change names."""

    connection: Any

    async def execute(self, sql: str, *arguments: object) -> None:
        """One statement; `$1` and so on are the arguments."""
        if arguments:
            await self.connection.execute(sql, *arguments)
            return
        # Within a block PostgreSQL refuses whatever would end the transaction.
        block = await self.connection.fetchval(
            "select 'do ' || quote_literal('begin execute ' || quote_literal($1::text) || '; end')", sql
        )
        await self.connection.execute(block)

    async def fetch(self, sql: str, *arguments: object) -> list[Mapping[str, Any]]:
        """The rows of one query."""
        rows: list[Mapping[str, Any]] = await self.connection.fetch(f"select * from ({sql}) as found", *arguments)
        return rows


class NewColumn(Struct, frozen=True):
    """A column that comes to a table with rows: its type in SQL, the expression over the row's other columns that rows which stand get,
    and whether it may be empty."""

    type: str
    fills: str
    null: bool = False


class Change(Struct, frozen=True):
    """Change `number` of a pack's own tables, or of the core's, called `name`: run once in each database whose tables are those of a
    former release, before they are brought up to what they are declared as. Where none of `tables` was made yet there is nothing to
    change.

    `tables` are all that it reads, writes, makes or drops. `adds` are columns that come to the first of them. Then `statements`
    follow, one SQL statement each, names without a schema; then `does`, an `async def` that is given Changing. Indexes, constraints,
    rights and row security are no matter of a change: they become what the tables say afterwards. What was released is never
    written otherwise: whatever is to be different is another change.
    """

    number: int
    name: str
    tables: tuple[str, ...]
    adds: dict[str, NewColumn] = {}
    statements: tuple[str, ...] = ()
    does: Callable[[Changing], Awaitable[None]] | None = None

    @property
    def digest(self) -> str:
        """Of what it does: a function by its source, as it is written."""
        source = inspect.getsource(self.does) if self.does is not None else ""
        said = (self.tables, sorted(self.adds.items()), self.statements, source)
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


class Schema(Struct, frozen=True):
    """The tables of a pack, or of the core, whose `owner` is empty, and their changes."""

    owner: str
    tables: tuple[type[Table], ...]
    changes: tuple[Change, ...] = ()

    @property
    def by_name(self) -> dict[str, type[Table]]:
        """The tables as they are called."""
        return {table._meta.tablename: table for table in self.tables}


class BadChange(Exception):
    """A change is refused, and with it whatever else of the same owner was to come: nothing of it was applied. `fix` says what to do."""

    def __init__(self, owner: str, change: Change | None, said: str, *, statement: str = "", fix: str = "") -> None:
        self.owner, self.change, self.statement, self.said, self.fix = owner, change, statement, said, fix
        super().__init__(self.told())

    def told(self) -> str:
        """In one sentence: whose change, which statement, what is wrong and what to do."""
        whose = f"pack {self.owner!r}" if self.owner else "the core"
        where = f", `{' '.join(self.statement.split())[:STATEMENT_CHARS_SHOWN]}`" if self.statement else ""
        return f"{whose}, {self.place}{where}: {self.said}" + (f" ({self.fix})" if self.fix else "")

    @property
    def place(self) -> str:
        """Which change; the tables themselves where none ran."""
        if self.change is None:
            return "its tables"
        return f"change {self.change.number} {self.change.name!r}"


async def waiting(connection: asyncpg.Connection, schema: Schema) -> list[Change]:
    """The changes that this database does not have behind it, in order. Raises BadChange for one that says something else than when it
    was applied, or whose number comes before one that was.
    """
    rows = await connection.fetch("select number, digest from applied_change where owner = $1", schema.owner)
    applied = {row["number"]: row["digest"] for row in rows}
    found = []
    for change in sorted(schema.changes, key=lambda each: each.number):
        if change.number not in applied and change.number < max(applied, default=0):
            fix = f"give it a number above {max(applied)}"
            raise BadChange(schema.owner, change, f"comes before change {max(applied)}, which was applied", fix=fix)
        if change.number not in applied:
            found.append(change)
        elif applied[change.number] != change.digest:
            fix = "write it again as it was, and what is to be otherwise as another change"
            raise BadChange(schema.owner, change, "says something else than when it was applied here", fix=fix)
    return found


async def run(connection: asyncpg.Connection, schema: Schema, changes: Sequence[Change]) -> list[Change]:
    """Run these on a copy, then on the tables, as the owner inside a transaction; those that ran. Raises BadChange.

    Walls and guards of their tables are gone afterwards, until `versions.ensure` raises them again in the same transaction.
    """
    named = frozenset(name for change in changes for name in change.tables)
    standing = await _standing(connection, "public", named)
    if not standing:
        return []
    trial = connection.transaction()
    await trial.start()
    try:
        await copied(connection, sorted(standing))
        await connection.execute(f"set local search_path = {PLACE}, public")
        await _each(connection, schema, changes, on_copy=True)
    finally:
        await trial.rollback()
    await connection.execute("set local search_path = public")
    for name in sorted(standing):
        await _stand_aside(connection, name)
    ran = await _each(connection, schema, changes, on_copy=False)
    await _put_back(connection, schema, named, ran)
    return ran


async def keep(connection: asyncpg.Connection, owner: str, changes: Sequence[Change], ran: Sequence[Change]) -> None:
    """Put on record that this database has them behind it."""
    for change in changes:
        await connection.execute(
            "insert into applied_change (id, owner, number, name, digest, ran, applied_at)"
            " values ($1, $2, $3, $4, $5, $6, now())",
            f"{owner}/{change.number}",
            owner,
            change.number,
            change.name,
            change.digest,
            change in ran,
        )


async def refuse_otherwise(connection: asyncpg.Connection, schema: Schema, ran: Sequence[Change]) -> None:
    """Whether the changed tables have the columns that new ones have, compared with an empty one beside. Raises BadChange."""
    last = {name: change for change in ran for name in change.tables}
    beside = connection.transaction()
    await beside.start()
    await connection.execute(f"create schema {PLACE}")
    try:
        for name, change in last.items():
            table = schema.by_name.get(name)
            if table is None:
                continue
            columns = ", ".join(column_definition(table, column) for column in table._meta.columns)
            await connection.execute(f"create table {PLACE}.{name} ({columns})")
            stands = await _columns(connection, f"public.{name}")
            for column, wanted in (await _columns(connection, f"{PLACE}.{name}")).items():
                if stands.get(column) != wanted:
                    said = f"leaves {name}.{column} as `{stands.get(column)}`, and a new table has `{wanted}`"
                    raise BadChange(schema.owner, change, said, fix="make the column what the table declares")
    finally:
        await beside.rollback()


async def _each(
    connection: asyncpg.Connection, schema: Schema, changes: Sequence[Change], *, on_copy: bool
) -> list[Change]:
    ran = []
    for change in changes:
        if await _standing(connection, PLACE if on_copy else "public", frozenset(change.tables)):
            own = frozenset() if on_copy else frozenset(change.tables)
            await _one(connection, schema, change, own)
            ran.append(change)
    return ran


class _Touches(Exception):
    """Something is touched that the change does not name."""


async def _one(connection: asyncpg.Connection, schema: Schema, change: Change, own: frozenset[str]) -> None:
    """One change, statement by statement: whatever else than `own` and the copies is touched by one is refused."""
    before = await seen(connection, outside=own, place=PLACE)

    async def refuse_touched() -> None:
        after = await seen(connection, outside=own, place=PLACE)
        if touched := sorted({name for name, _ in before ^ after}):
            raise _Touches(f"touches {', '.join(touched[:5])}")

    giving, statement = Changing(connection), ""
    try:
        for statement in _steps(change):
            await giving.execute(statement)
            await refuse_touched()
        if change.does is not None:
            statement = f"{change.does.__name__}()"
            await change.does(giving)
            await refuse_touched()
    except _Touches as error:
        fix = "a change touches the tables that it names in `tables`, without a schema, and nothing else"
        raise BadChange(schema.owner, change, str(error), statement=statement, fix=fix) from error
    except Exception as error:  # whatever the function raises is the change's
        said = f"fails: {error}" if isinstance(error, asyncpg.PostgresError) else f"{type(error).__name__}: {error}"
        fix = "mend it: a change that was not applied yet may still be written otherwise"
        raise BadChange(schema.owner, change, said, statement=statement, fix=fix) from error


def _steps(change: Change) -> Iterator[str]:
    for name, column in change.adds.items():
        table = f"alter table {change.tables[0]}"
        yield f'{table} add column "{name}" {column.type}'
        # Neither row security nor a trigger stands between the rows and this.
        yield f'{table} alter column "{name}" type {column.type} using ({column.fills})'
        if not column.null:
            yield f'{table} alter column "{name}" set not null'
    yield from change.statements


async def _stand_aside(connection: asyncpg.Connection, name: str) -> None:
    """Rows of every company are there for the change, and what refers to columns does not hold them."""
    await connection.execute(f"alter table {name} no force row level security")
    for guard in (*GUARDS, *NAMES, *freezing.NAMES, "relay"):
        for kind in ("policy", "trigger"):
            await connection.execute(f"drop {kind} if exists {guard} on {name}")


async def _put_back(
    connection: asyncpg.Connection, schema: Schema, named: frozenset[str], ran: Sequence[Change]
) -> None:
    await connection.execute("select set_config('guibin.tenant', '', true), set_config('guibin.units', '', true)")
    for name in sorted(await _standing(connection, "public", named)):
        table = schema.by_name.get(name)
        if table is None:
            last = next(change for change in reversed(ran) if name in change.tables)
            fix = "drop it, or give it the name of one"
            raise BadChange(schema.owner, last, f"leaves table {name}, which is not declared any more", fix=fix)
        if issubclass(table, TenantTable):
            for statement in await _missing(connection, name):
                await connection.execute(statement)
        # Told by nothing, it is compared with what it is declared as.
        await connection.execute(f"comment on table {name} is null")


async def _missing(connection: asyncpg.Connection, name: str) -> list[str]:
    """What a table lacks that every one of companies' has from the beginning: a change may have made it."""
    bare = await connection.fetchval(
        "select not exists (select from pg_policy where polrelid = $1::regclass and polname = 'tenant')", name
    )
    key = await connection.fetchval(
        "select conname from pg_constraint where conrelid = $1::regclass and contype = 'p'", name
    )
    keyed = f"rename constraint {key} to {name}_pkey" if key else "add primary key (tenant_id, id)"
    begins = f"alter table {name} alter tenant_id set default nullif(current_setting('guibin.tenant', true), '')::uuid"
    row_security = row_security_statements(name)
    return [
        *([] if key == f"{name}_pkey" else [f"alter table {name} {keyed}"]),
        begins,
        *row_security[: 3 if bare else 2],
    ]


async def _standing(connection: asyncpg.Connection, place: str, names: frozenset[str]) -> frozenset[str]:
    return frozenset(row["relname"] for row in await connection.fetch(_STANDING, place, list(names)))


async def _columns(connection: asyncpg.Connection, table: str) -> dict[str, str]:
    rows = await connection.fetch(
        "select a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end,"
        " 'collate ' || nullif(a.attcollation, 0)::regcollation::text) as said from pg_attribute a"
        " where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped",
        table,
    )
    return {row["attname"]: row["said"] for row in rows}
