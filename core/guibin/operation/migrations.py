"""Bringing a database up to the tables of this release, as the owner role."""

from collections.abc import Iterable

import asyncpg
from piccolo.table import Table

from guibin.catalog import TABLES
from guibin_tenants import cells, directory, lint, versions
from guibin_tenants.database import UnsafeDatabase, refuse_citus

_LOCK = 0x6775_6962  # one migration at a time, however many servers start


async def migrate_all(owner_url: str, pack_tables: Iterable[type[Table]] = ()) -> list[str]:
    """As `migrate`, each cell after the other, and the directory of companies on the first, whose address `owner_url` is.

    What a cell's sentence begins with is its name. A cell that is not there is raised when the others are done.
    """
    tables, created, away = tuple(pack_tables), [], None
    for cell, url in directory.owners(owner_url):
        try:
            created += [f"{cell}: {name}" if cell else name for name in await migrate(url, tables)]
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as error:
            away = away or error
    if away is not None:
        raise away
    if cells.used():
        connection = await asyncpg.connect(owner_url)
        try:
            await directory.begin(connection)
        finally:
            await connection.close()
    return created


async def migrate(owner_url: str, pack_tables: Iterable[type[Table]] = ()) -> list[str]:
    """Create what is missing; what was created. Safe to run again and from several places at once.

    Raises UnsafeDatabase when the catalog does not keep tenants apart; then nothing was created.
    """
    connection = await asyncpg.connect(owner_url)
    try:
        citus = await connection.fetchval("select exists (select from pg_extension where extname = 'citus')")
        refuse_citus(citus)
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", _LOCK)
            created = await versions.ensure(connection, (*TABLES, *pack_tables))
            unsafe = await lint.findings(connection)
            if unsafe:
                raise UnsafeDatabase(lint.in_words(unsafe))
            return created
    finally:
        await connection.close()
