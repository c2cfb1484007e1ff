"""Statements over the whole base: allowed to take long, and planned for many rows whatever the statistics say."""

from typing import Any

import asyncpg

from guibin_tenants.scope import current_scope, execute

# A million customers take minutes on a small machine; an ordinary statement is stopped long before.
WITHIN_S = 1_800.0


async def fetch_all(sql: str, *values: Any) -> list[asyncpg.Record]:
    """The rows of a statement over everybody.

    Straight after an import the statistics still say that a tenant has a handful of rows, and how many there are of this
    tenant the planner never knows. A nested loop would compare everybody with everybody, a merge would read the table in
    the order of random ids, so both are out for this statement.
    """
    await execute("set local enable_nestloop = off; set local enable_mergejoin = off")
    rows: list[asyncpg.Record] = await current_scope().connection.fetch(sql, *values, timeout=WITHIN_S)
    await execute("set local enable_nestloop = on; set local enable_mergejoin = on")
    return rows


async def run(sql: str, *values: Any) -> None:
    """As `fetch_all`, for a statement without an answer."""
    await fetch_all(sql, *values)
