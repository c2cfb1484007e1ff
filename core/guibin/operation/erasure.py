"""Erasing a company that is no longer served: all its rows and keys go, a tombstone in the registry stays.

Which tables hold rows of it, and in which order they can go, PostgreSQL's catalog says: a pack that was taken out of the
installation leaves none behind.
"""

import math
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from graphlib import TopologicalSorter
from types import MappingProxyType
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin.jobs.ledger import LET_GO, RUNNING
from guibin_tenants import purges, registry
from guibin_tenants.refusals import Conflict
from guibin_tenants.tables import HOLDS_COMPANIES

# Requests that were let in before the suspension have ended by then; a key is remembered for two seconds at most.
SETTLES_WITHIN = timedelta(seconds=10)
# With these goes whatever was sealed, wherever a copy of it is.
_KEYS = ("subject_key", "tenant_key")

_TABLES = f"""
select c.relname::text as name, array(
    select distinct referring.relname::text from pg_constraint k join pg_class referring on referring.oid = k.conrelid
    where k.confrelid = c.oid and k.contype = 'f' and k.conrelid <> c.oid
) as referring
from pg_class c where {HOLDS_COMPANIES}
order by c.relname
"""


class StillServed(Conflict):
    """Suspend the tenant first. The company is not suspended, or only just."""

    kind = "tenant-still-served"


class StillWorking(Conflict):
    """Jobs of this tenant still run. Jobs that had begun before the suspension have not ended."""

    kind = "tenant-still-working"


class Erasure(Struct, frozen=True):
    """What was done: how many rows went, by table."""

    slug: str
    erased_at: datetime
    erased_by: str
    rows: dict[str, int]


async def erase(connection: asyncpg.Connection, slug: str, *, by: str, now: datetime) -> Erasure:
    """Delete whatever the company has, as the owner role, in one transaction; jobs that wait go with the rest.

    Erasing it again takes what somebody managed to write meanwhile and keeps the first tombstone. Raises NotFound,
    StillServed, StillWorking.
    """
    async with connection.transaction():
        tombstone = await registry.locked(connection, slug)
        if tombstone.suspended_at is None:
            raise StillServed(f"Tenant {slug} is served: guibin tenant suspend {slug} --because …")
        settled_in = (tombstone.suspended_at + SETTLES_WITHIN - now).total_seconds()
        if settled_in > 0:
            raise StillServed(
                f"Tenant {slug} was suspended a moment ago and what had begun may still write:"
                f" try again in {math.ceil(settled_in)} s"
            )
        await connection.execute(
            "select set_config('guibin.tenant', $1, true), set_config('guibin.units', '*', true)", str(tombstone.id)
        )
        running = await connection.fetchval(RUNNING)
        if running:
            raise StillWorking(f"{running} jobs of {slug} still run: they end within their time limit, then try again")
        rows = await delete_rows(connection, tombstone.id)
        erased_at = tombstone.erased_at or now
        await registry.bury(connection, tombstone.id, by=by, now=erased_at, rows=msgspec.json.encode(rows).decode())
    await sweep_keys(connection)
    return Erasure(slug, erased_at, tombstone.erased_by or by, rows)


async def delete_rows(connection: asyncpg.Connection, company: UUID) -> dict[str, int]:
    """All of the company whose setting is set, inside a transaction; how many, by table that had any."""
    rows = {}
    for table in await in_order(connection):
        status = await connection.execute(f'delete from "{table}" where tenant_id = $1', company)
        if count := int(status.rsplit(" ", 1)[-1]):
            rows[table] = count
    return rows


async def sweep_keys(connection: asyncpg.Connection) -> None:
    """A deleted row stays on its page until then."""
    for table in _KEYS:
        await connection.execute(f"vacuum {table}")


async def erase_again(
    connection: asyncpg.Connection,
    ids: Collection[UUID],
    *,
    by: str,
    now: datetime,
    certificates: Mapping[UUID, str] = MappingProxyType({}),
) -> list[str]:
    """After a restore: the companies of these that are back, erased, served or not; their slugs. Those that were purged have their
    `certificates` again."""
    gone = []
    for company in await registry.everyone(connection):
        if company.id in ids and company.erased_at is None:
            because, since = "erased before this backup was restored", now - 2 * SETTLES_WITHIN
            await registry.suspend(connection, company.slug, because=because, now=since)
            await connection.execute("select set_config('guibin.tenant', $1, false)", str(company.id))
            # What ran when the backup was written runs no more.
            await connection.execute(LET_GO)
            await erase(connection, company.slug, by=by, now=now)
            if company.id in certificates:
                await purges.keep(connection, company.slug, None, certificate=certificates[company.id])
            gone.append(company.slug)
    return gone


async def in_order(connection: asyncpg.Connection) -> list[str]:
    """Every table with a `tenant_id`, each behind those that refer to it."""
    found = {row["name"]: row["referring"] for row in await connection.fetch(_TABLES)}
    return list(TopologicalSorter(found).static_order())
