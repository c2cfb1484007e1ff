"""Every table that holds rows of the company, as PostgreSQL's catalog names it, and its rows as they stand in the snapshot.

A pack that was taken out of the installation leaves its tables, and they are in the exit pack like any other.
"""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import asyncpg
from msgspec import Struct, structs

from guibin_tenants.scope import current_scope, current_tenant, fetch, fetch_one
from guibin_tenants.tables import HOLDS_COMPANIES, TenantTable, all_tables

# So many rows, or about so many bytes of them, are held at once.
ROWS_AT_ONCE, BYTES_AT_ONCE = 1_000, 4 * 1024 * 1024
BYTES, DOCUMENT = "bytea", "jsonb"
_TABLES = f"""
select c.relname::text as name, array_agg(a.attname::text order by a.attnum) as columns,
    array_agg(format_type(a.atttypid, a.atttypmod) order by a.attnum) as types
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where {HOLDS_COMPANIES}
group by c.relname order by c.relname
"""


class Held(Struct, frozen=True):
    """A table: its columns by name with their types in PostgreSQL, and how this release defines it, None where it does not."""

    name: str
    columns: dict[str, str]
    definition: type[TenantTable] | None

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns that say something: whose the row is, is said by the pack."""
        return tuple(name for name in self.columns if name != "tenant_id")

    @property
    def secret(self) -> frozenset[str]:
        """Columns of what opens doors, such as digests of passwords and keys; of a table nobody defines, all bytes."""
        if self.definition is None:
            return frozenset(name for name, kind in self.columns.items() if kind == BYTES)
        return frozenset(c._meta.db_column_name for c in self.definition._meta.columns if c._meta.secret)


async def tables() -> list[Held]:
    """Every table that has rows of companies, by name."""
    defined = {table._meta.tablename: table for table in all_tables()}
    return [
        Held(row["name"], dict(zip(row["columns"], row["types"], strict=True)), defined.get(row["name"]))
        for row in await fetch(_TABLES)
    ]


async def rows(table: Held, *, without: frozenset[str]) -> AsyncIterator[Sequence[asyncpg.Record]]:
    """All rows of the company but for these columns, in the order of their ids, as many at a time as memory takes."""
    names = ", ".join(f'"{name}"' for name in table.shown if name not in without)
    size = f'pg_column_size("{table.name}") as "row bytes"'
    cursor = await current_scope().connection.cursor(
        f'select {names}, {size} from "{table.name}" where tenant_id = $1 order by id', current_tenant()
    )
    at_once = 10
    while found := await cursor.fetch(at_once):
        yield found
        mean = max(sum(row["row bytes"] for row in found) // len(found), 1)
        at_once = max(1, min(ROWS_AT_ONCE, at_once * 4, BYTES_AT_ONCE // mean))


async def registration() -> dict[str, object]:
    """The company's line of the registry."""
    row = await fetch_one("select * from tenant where id = $1", current_tenant())
    assert row is not None
    return dict(row)


async def customers_of(table: Held, ids: Sequence[UUID], known: dict[str, Held]) -> dict[UUID, UUID]:
    """Whose these rows are, by id: by the row's own customer, else by that of the row it belongs to."""
    if table.name == "customer":
        return {each: each for each in ids}
    if "customer_id" in table.columns:
        found = await fetch(
            f'select id, customer_id from "{table.name}" where id = any ($1) and customer_id is not null', ids
        )
        return {row["id"]: row["customer_id"] for row in found}
    target, column, there = _above(table)
    if not ids or target not in known:
        return {}
    if there != "id":
        return {
            row["id"]: row["customer_id"]
            for row in await fetch(
                f'select t.id, p.customer_id from "{table.name}" t join "{target}" p on p.tenant_id = t.tenant_id'
                f' and p."{there}" = t."{column}" where t.id = any ($1) and p.customer_id is not null',
                ids,
            )
        }
    above = {
        row[0]: row[1] for row in await fetch(f'select id, "{column}" from "{table.name}" where id = any ($1)', ids)
    }
    whose = await customers_of(known[target], [each for each in above.values() if each is not None], known)
    return {row: whose[of] for row, of in above.items() if of in whose}


def _above(table: Held) -> tuple[str, str, str]:
    """The table whose row says whose one of this is, the column that names it here, and what it names there."""
    if table.definition is None:
        return "", "", "id"
    keys = table.definition.keys
    if keys.about:
        column, target, there = keys.about
        return target, column, there
    first = keys.wall if keys.wall in keys.references else next(iter(keys.references), "")
    return keys.references.get(first, "") if first and keys.references.get(first) != table.name else "", first, "id"


def narrowed(table: Held, *names: str) -> Held:
    """The same without these columns."""
    return structs.replace(table, columns={name: kind for name, kind in table.columns.items() if name not in names})
