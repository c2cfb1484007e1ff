"""Bringing a database to what this release says of its tables: what is missing is made, what differs is made anew.

Columns are never changed or dropped: that takes a numbered change (`changes`), before. Those of a former release may be empty.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence

import asyncpg
from piccolo.columns import Column
from piccolo.table import Table

from . import freezing, in_step
from .schema import (
    APP_ROLE,
    ARCHIVE_CHANGE,
    BEGINNING,
    ERASURE,
    FUNCTIONS,
    MOVING,
    REGISTRY,
    RELAY_ROLE,
    WORDLESS,
    column_definition,
    constraints,
    create_statements,
    endings,
    grants,
    index_statement,
    indexes,
    label_of,
)
from .tables import TenantTable
from .walls import NAMES, walls

GUARDS = (BEGINNING, WORDLESS, ERASURE, ARCHIVE_CHANGE, MOVING, in_step.TRIGGER)
# Where an empty table is made as this release says, to be compared with the one that stands.
_BESIDE = "guibin_beside"
# Since this version statistics can be given; before it a table has none until PostgreSQL has counted it.
_STATISTICS_SINCE = 18
_OF_COLUMN = """pg_restore_attribute_stats('schemaname', 'public', 'relname', $1::text, 'attname', '{}', 'inherited', false,
    'null_frac', 0::real, 'avg_width', 16, 'n_distinct', {}::real)"""
_STATISTICS = f"""select pg_restore_relation_stats('schemaname', 'public', 'relname', $1::text, 'relpages', 1, 'reltuples',
    1000::real), {_OF_COLUMN.format("tenant_id", "1")}, {_OF_COLUMN.format("id", "-1")}"""


async def ensure(connection: asyncpg.Connection, tables: Iterable[type[Table]]) -> list[str]:
    """Create what is missing of these tables, in order, as the owner, and make anew what differs; what was created.

    A constraint that rows of a former release break is refused by PostgreSQL, which names it: then nothing is changed.
    """
    created = []
    chosen = tuple(tables)
    present = {
        row["relname"]: row["digest"]
        for row in await connection.fetch(
            "select relname, obj_description(oid, 'pg_class') as digest from pg_class"
            " where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
        )
    }
    guarded = {
        (row["relname"], row["name"])
        for row in await connection.fetch(
            "select c.relname, p.polname as name from pg_policy p join pg_class c on c.oid = p.polrelid union all"
            " select c.relname, t.tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid where not t.tgisinternal"
        )
    }
    for function in FUNCTIONS:
        await connection.execute(function)
    for table in chosen:
        name = table._meta.tablename
        if name not in present:
            for statement in create_statements(table):
                await connection.execute(statement)
            if issubclass(table, TenantTable) and connection.get_server_version().major >= _STATISTICS_SINCE:
                await _expect_many(connection, name)
            created.append(name)
            continue
        created += await _columns_more(connection, table)
        if issubclass(table, TenantTable):
            if present[name] != _digest(table):
                await _made_anew(connection, table)
            else:
                await _index_more(connection, table)
        await _let_be_empty(connection, name, {column._meta.db_column_name for column in table._meta.columns})
    for table in chosen:
        # Whom a row is about may stand in a table that comes later.
        if table._meta.tablename == "tenant":
            for made, statements in REGISTRY.items():
                for statement in statements if ("tenant", made) not in guarded else ():
                    await connection.execute(statement)
        if issubclass(table, TenantTable):
            await _guard(connection, table, guarded, former=present.get(table._meta.tablename) != _digest(table))
    # A wall may lead through a table that is created after its own.
    await _wall_off(connection, [table for table in chosen if issubclass(table, TenantTable)])
    return created


def _digest(table: type[TenantTable]) -> str:
    """Tells what a table promises from what it promised in an earlier release."""
    name = table._meta.tablename
    said = (
        *constraints(table),
        *(index_statement(name, index) for index in indexes(table)),
        *grants(table),
        *(statement for statements in endings(table).values() for statement in statements),
    )
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


async def _columns_more(connection: asyncpg.Connection, table: type[Table]) -> list[str]:
    name = table._meta.tablename
    rows = await connection.fetch(
        "select attname from pg_attribute where attrelid = $1::regclass and attnum > 0", f"public.{name}"
    )
    columns, created = {row["attname"] for row in rows}, []
    for column in table._meta.columns:
        if column._meta.db_column_name not in columns:
            for statement in _addition(table, column):
                await connection.execute(statement)
            created.append(f"{name}.{column._meta.db_column_name}")
    return created


async def _made_anew(connection: asyncpg.Connection, table: type[TenantTable]) -> None:
    """Constraints, indexes and grants of a table that stands become what this release says; what is so already stays."""
    name = table._meta.tablename
    beside = f"{_BESIDE}.{name}"
    await connection.execute(f"create schema if not exists {_BESIDE}")
    await connection.execute(f"create table {beside} (like public.{name})")
    said = {}
    for clause in constraints(table):
        await connection.execute(f"alter table {beside} add {clause}")
    for index in indexes(table):
        await connection.execute(index_statement(name, index, on=beside))
        said[label_of(name, index)] = index_statement(name, index)
    await _constrain(connection, table, beside)
    await _index_anew(connection, name, beside, said)
    await connection.execute(f"drop table {beside}")
    await connection.execute(f"drop schema {_BESIDE}")
    await connection.execute(f"revoke all on {name} from {APP_ROLE}, {RELAY_ROLE}")
    await connection.execute(f"drop policy if exists relay on {name}")
    for statement in grants(table):
        await connection.execute(statement)


async def _constrain(connection: asyncpg.Connection, table: type[TenantTable], beside: str) -> None:
    name = table._meta.tablename
    checks = {f"{name}_{check}": condition for check, condition in table.keys.checks.items()}

    async def of(place: str) -> dict[str, str]:
        rows = await connection.fetch(
            "select conname, pg_get_constraintdef(oid) as said from pg_constraint where conrelid = $1::regclass"
            " and contype in ('c', 'f', 'u') order by conname",
            place,
        )
        return {row["conname"]: row["said"] for row in rows}

    stands, wanted = await of(f"public.{name}"), await of(beside)
    for former, said in stands.items():
        if said not in wanted.values():
            await connection.execute(f'alter table {name} drop constraint "{former}"')
    names = {said: former for former, said in stands.items()}
    for called, said in wanted.items():
        if said in names and called not in stands:
            # A numbered change gave its column or table another name.
            await connection.execute(f'alter table {name} rename constraint "{names[said]}" to "{called}"')
        elif said not in names:
            # PostgreSQL says a check it is told of in its own words in others again.
            clause = f"constraint {called} check ({checks[called]})" if called in checks else said
            await connection.execute(f"alter table {name} add {clause}")


async def _index_anew(connection: asyncpg.Connection, name: str, beside: str, said: dict[str, str]) -> None:
    async def of(place: str) -> dict[str, tuple[str, bool]]:
        rows = await connection.fetch(
            "select c.relname, pg_get_indexdef(i.indexrelid) as said, i.indisunique from pg_index i"
            " join pg_class c on c.oid = i.indexrelid where i.indrelid = $1::regclass and not exists ("
            " select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u'))",
            place,
        )
        return {row["relname"]: (row["said"].replace(f" ON {place} ", " ON "), row["indisunique"]) for row in rows}

    stands, wanted = await of(f"public.{name}"), await of(beside)
    for former, called in [(old, new) for old in stands for new in wanted if new not in stands and old not in wanted]:
        # A numbered change gave its column or table another name.
        if former in stands and called not in stands and _nameless(stands[former]) == _nameless(wanted[called]):
            await connection.execute(f'alter index public."{former}" rename to {called}')
            stands[called] = wanted[called]
            del stands[former]
    for former, (_, unique) in stands.items():
        # One that only makes something fast, and is not ours, may be the operator's.
        if stands[former] != wanted.get(former) and (former in wanted or unique):
            await connection.execute(f'drop index public."{former}"')
    for called, statement in said.items():
        if stands.get(called) != wanted[called]:
            await connection.execute(statement)


def _nameless(index: tuple[str, bool]) -> str:
    """Its definition but for what it is called."""
    return re.sub(r"INDEX \S+ ON", "INDEX ON", index[0])


async def _guard(
    connection: asyncpg.Connection, table: type[TenantTable], guarded: set[tuple[str, str]], *, former: bool
) -> None:
    """What holds of rows of archives that ended: what is missing, and all of it where the table was another."""
    name, wanted = table._meta.tablename, endings(table)
    stand = [guard for guard in GUARDS if (name, guard) in guarded]
    for guard in stand if former else ():
        for kind in ("trigger", "policy"):
            await connection.execute(f"drop {kind} if exists {guard} on {name}")
    for guard, statements in wanted.items():
        if former or guard not in stand:
            for statement in statements:
                await connection.execute(statement)
    if former:
        await connection.execute(f"comment on table {name} is '{_digest(table)}'")


async def _index_more(connection: asyncpg.Connection, table: type[TenantTable]) -> None:
    """Make the indexes that are gone."""
    name = table._meta.tablename
    rows = await connection.fetch(
        "select indexrelid::regclass::text as name from pg_index where indrelid = $1::regclass", name
    )
    present = {row["name"] for row in rows}
    for index in indexes(table):
        if label_of(name, index) not in present:
            await connection.execute(index_statement(name, index))


async def _let_be_empty(connection: asyncpg.Connection, name: str, known: set[str]) -> None:
    """What a former release wrote and this one does not know any more stays, and new rows go without."""
    former = await connection.fetch(
        "select attname from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped"
        " and attnotnull and not atthasdef and attname <> all ($2::text[])",
        f"public.{name}",
        list(known),
    )
    for row in former:
        await connection.execute(f'alter table {name} alter column "{row["attname"]}" drop not null')


async def _wall_off(connection: asyncpg.Connection, tables: Sequence[type[TenantTable]]) -> None:
    """Bring the walls of these tables to what this release says; those that are so already stay."""
    rows = await connection.fetch(
        "select c.relname, p.polname as name, 'policy' as kind, obj_description(p.oid, 'pg_policy') as digest"
        " from pg_policy p join pg_class c on c.oid = p.polrelid"
        " where c.relnamespace = 'public'::regnamespace and p.polname = any ($1)"
        " union all select c.relname, t.tgname, 'trigger', obj_description(t.oid, 'pg_trigger')"
        " from pg_trigger t join pg_class c on c.oid = t.tgrelid"
        " where c.relnamespace = 'public'::regnamespace and t.tgname = any ($1)",
        [*NAMES, *freezing.NAMES],
    )
    standing = {(row["relname"], row["kind"], row["name"]): row["digest"] for row in rows}
    for table in tables:
        name = table._meta.tablename
        wanted = (*walls(table, APP_ROLE if table.keys.relay else ""), *freezing.guards(table))
        raised = {(name, wall.kind, wall.name): wall for wall in wanted}
        kept = {key for key, wall in raised.items() if standing.get(key) == wall.digest}
        for _, kind, fallen in {key for key in standing if key[0] == name} - kept:
            await connection.execute(f"drop {kind} {fallen} on {name}")
        for key in [key for key in raised if key not in kept]:
            wall = raised[key]
            await connection.execute(wall.statement)
            await connection.execute(f"comment on {wall.kind} {wall.name} on {name} is '{wall.digest}'")


def _addition(table: type[Table], column: Column) -> Iterator[str]:
    """The column added to a table that may have rows: these get its default, which PostgreSQL does not keep."""
    name, definition, default = table._meta.tablename, column_definition(table, column), column.get_default_value()
    if column._meta.null or not isinstance(default, str | int):
        yield f"alter table {name} add column {definition}"
        return
    literal = column.get_sql_value(default.replace("'", "''") if isinstance(default, str) else default)
    yield f"alter table {name} add column {definition} default {literal}"
    yield f'alter table {name} alter column "{column._meta.db_column_name}" drop default'


async def _expect_many(connection: asyncpg.Connection, name: str) -> None:
    """Let the planner take a new table for one with many rows of few tenants, until PostgreSQL counts it.

    Without statistics it expects one row of a tenant, and any index that leads with the tenant seems as good as the right
    one: each check of a reference would read all of a tenant's rows, and a first import would take the square of its size.
    """
    await connection.execute(_STATISTICS, name)
