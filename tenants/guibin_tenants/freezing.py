"""A company that is read-only, in the database: whatever path the application takes, no row of it is written.

What a look, a sign-in and the log write down still is: a table says so by `Keys.while_frozen`. The owner's role, which erases, and the
relay's, which hands out no work of such a company, are not asked.
"""

import asyncio
from collections.abc import Collection, Iterator

import asyncpg

from .schema import APP_ROLE, TENANT, moving
from .tables import TenantTable, differs
from .walls import WRITES, Wall

EVERY_COLUMN = "*"
# Asked once per statement: it depends on no row. The function refuses, also where a policy would only see no row.
_WRITTEN = f"(select case when exists (select from tenant t where t.id = {TENANT} and t.frozen_at is not null) then guibin_frozen() else true end)"
NAMES = tuple(f"frozen_{command}" for command in WRITES)

# What had written before it was frozen is committed, or gone, within its time limit; a long import takes more.
ENDS_WITHIN_S, LOOKS_EVERY_S = 30.0, 0.05


async def at_rest(connection: asyncpg.Connection, *, within_s: float = ENDS_WITHIN_S) -> bool:
    """Wait until every transaction has ended that may have written before this: whether they all did in time.

    Of whichever company it was; what only reads is not waited for.
    """
    begun = await connection.fetchval("select pg_current_xact_id()::text")
    asked = "select pg_snapshot_xmin(pg_current_snapshot()) > $1::text::xid8"
    try:
        async with asyncio.timeout(within_s):
            while not await connection.fetchval(asked, begun):  # noqa: ASYNC110  # what is waited for happens in PostgreSQL
                await asyncio.sleep(LOOKS_EVERY_S)
    except TimeoutError:
        return False
    return True


def guards(table: type[TenantTable]) -> Iterator[Wall]:
    """What keeps the rows of a frozen company as they are: a restrictive policy for each command that the application is granted.

    An update's policy looks at the new row alone, so that a look may lock one.
    """
    name, keys = table._meta.tablename, table.keys
    if keys.while_frozen == EVERY_COLUMN:
        return
    yield _policy(name, "insert", f"with check ({_WRITTEN})")
    if keys.while_frozen:
        yield _but(table, keys.while_frozen)
    elif not keys.append_only or keys.erasable or moving(table):
        yield _policy(name, "update", f"using (true) with check ({_WRITTEN})")
    if not keys.append_only or keys.expires:
        yield _policy(name, "delete", f"using ({_WRITTEN})")


def _policy(name: str, command: str, clauses: str) -> Wall:
    policy = f"frozen_{command}"
    return Wall(policy, f"create policy {policy} on {name} as restrictive for {command} to {APP_ROLE} {clauses}")


def _but(table: type[TenantTable], columns: Collection[str]) -> Wall:
    """Policies know no columns."""
    name = table._meta.tablename
    return Wall(
        "frozen_update",
        f"create trigger frozen_update before update on {name} for each row"
        f" when ({differs(table, columns)}) execute function guibin_frozen_change()",
        "trigger",
    )
