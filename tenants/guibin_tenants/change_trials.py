"""A copy of tables on which a change is tried: as they stand, with rows of several companies, in a schema of its own."""

from collections.abc import Sequence

import asyncpg

PLACE = "guibin_trial"
# The copy is a look at what rows are like, not at all of them: what a trial misses rolls everything back.
ROWS_MAX, ROWS_OF_ONE_MAX, COMPANIES_MAX = 1_000, 100, 200


async def copied(connection: asyncpg.Connection, names: Sequence[str]) -> None:
    """Make the copies; the caller rolls them back."""
    await connection.execute(f"create schema {PLACE}")
    for name in names:
        await connection.execute(f"create table {PLACE}.{name} (like public.{name} including defaults)")
    for name in names:
        await _rows(connection, name)
    await connection.execute(f"set local search_path = {PLACE}, public")
    await _constraints(connection, names)
    for name in names:
        await _indexes(connection, name)


async def _rows(connection: asyncpg.Connection, name: str) -> None:
    """The first rows of each company, the newest first, as many as may be: row security shows one at a time."""
    left = ROWS_MAX
    companies = await connection.fetch("select id::text from public.tenant order by id desc limit $1", COMPANIES_MAX)
    for company in companies:
        await connection.execute(
            "select set_config('guibin.tenant', $1, true), set_config('guibin.units', '*', true)", company["id"]
        )
        done = await connection.execute(
            f"insert into {PLACE}.{name} select * from public.{name} limit {min(left, ROWS_OF_ONE_MAX)}"
        )
        left -= int(done.rpartition(" ")[2])
        if left <= 0:
            break
    await connection.execute("select set_config('guibin.tenant', '', true), set_config('guibin.units', '', true)")


async def _constraints(connection: asyncpg.Connection, names: Sequence[str]) -> None:
    """By their own names. What refers to other tables is left out: it would lock them."""
    rows = await connection.fetch(
        "select c.relname, k.conname, k.contype = 'f' as refers, pg_get_constraintdef(k.oid) as said, t.relname as target"
        " from pg_constraint k join pg_class c on c.oid = k.conrelid left join pg_class t on t.oid = k.confrelid"
        " where c.relnamespace = 'public'::regnamespace and c.relname = any ($1) and k.contype in ('p', 'u', 'c', 'f')"
        " and (t.oid is null or t.relname = any ($1)) order by refers, c.relname, k.conname",
        list(names),
    )
    for row in rows:
        # Whom a row refers to need not be among those that were copied.
        unproved = " not valid" if row["refers"] else ""
        said = row["said"].replace(f"REFERENCES public.{row['target']}(", f"REFERENCES {row['target']}(")
        await connection.execute(f'alter table {row["relname"]} add constraint "{row["conname"]}" {said}{unproved}')


async def _indexes(connection: asyncpg.Connection, name: str) -> None:
    rows = await connection.fetch(
        "select pg_get_indexdef(i.indexrelid) as said from pg_index i where i.indrelid = $1::regclass and not exists ("
        " select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u'))",
        f"public.{name}",
    )
    for row in rows:
        await connection.execute(row["said"].replace(f" ON public.{name} ", f" ON {PLACE}.{name} ", 1))
