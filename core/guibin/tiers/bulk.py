"""Statements over the whole base: allowed to take long, and planned for many rows whatever the statistics say."""

from typing import Any

import asyncpg

from guibin_tenants.scope import current_scope, execute

# A million customers take minutes on a small machine; an ordinary statement is stopped long before.
WITHIN_S = 1_800.0


async def fetch_all(sql: str, *values: Any) -> list[asyncpg.Record]:
    """The rows of a statement over everybody.

    Straight after an import the statistics still say that a tenant has a handful of rows. A nested loop planned on them
    would compare everybody with everybody, so such plans are out for this statement.
    """
    await execute("set local enable_nestloop = off")
    rows: list[asyncpg.Record] = await current_scope().connection.fetch(sql, *values, timeout=WITHIN_S)
    await execute("set local enable_nestloop = on")
    return rows


async def run(sql: str, *values: Any) -> None:
    """As `fetch_all`, for a statement without an answer."""
    await fetch_all(sql, *values)
