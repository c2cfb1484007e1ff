"""Bringing a database up to the tables of this release, as the owner role."""

from collections.abc import Iterable

import asyncpg
from piccolo.table import Table

from guibin.catalog import TABLES
from guibin_tenants import lint, versions
from guibin_tenants.database import UnsafeDatabase

_LOCK = 0x6775_6962  # one migration at a time, however many servers start


async def migrate(owner_url: str, pack_tables: Iterable[type[Table]] = ()) -> list[str]:
    """Create what is missing; what was created. Safe to run again and from several places at once.

    Raises UnsafeDatabase when the catalog does not keep tenants apart; then nothing was created.
    """
    connection = await asyncpg.connect(owner_url)
    try:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", _LOCK)
            created = await versions.ensure(connection, (*TABLES, *pack_tables))
            unsafe = await lint.findings(connection)
            if unsafe:
                raise UnsafeDatabase(lint.in_words(unsafe))
            return created
    finally:
        await connection.close()
