"""What `guibin doctor` looks at."""

from pathlib import Path

import asyncpg
import redis.asyncio
from msgspec import Struct
from redis.exceptions import RedisError

from guibin.catalog import TABLES
from guibin.packs import Packs
from guibin_tenants import keyring, lint
from guibin_tenants.database import UnsafeDatabase, connected
from guibin_tenants.schema import APP_ROLE


class Finding(Struct, frozen=True):
    """One thing looked at: whether it is well, and what was seen."""

    what: str
    ok: bool
    detail: str = ""


async def examine(urls: tuple[str, str, str], packs: Packs, *, home: Path) -> list[Finding]:
    """Everything a service needs, in the order in which it needs it; `urls` of the application, the owner and Redis."""
    app_url, owner_url, redis_url = urls
    return [
        await _application_role(app_url),
        await _tables(owner_url),
        await _isolation(owner_url),
        await _redis(redis_url),
        _root_key(home),
        *_packs(packs),
    ]


async def _application_role(app_url: str) -> Finding:
    what = f"the application role ({APP_ROLE}) cannot bypass row security"
    try:
        async with connected(app_url, pool_size=1) as pool:
            return Finding(what, True, f"PostgreSQL {await pool.fetchval('show server_version')}")
    except (UnsafeDatabase, asyncpg.PostgresError, OSError) as error:
        return Finding(what, False, str(error))


async def _tables(owner_url: str) -> Finding:
    what = "the database has every table of this release"
    try:
        connection = await asyncpg.connect(owner_url)
        present = {r["relname"] for r in await connection.fetch("select relname from pg_class where relkind = 'r'")}
        await connection.close()
    except (asyncpg.PostgresError, OSError) as error:
        return Finding(what, False, str(error))
    missing = [table._meta.tablename for table in TABLES if table._meta.tablename not in present]
    return Finding(
        what,
        not missing,
        f"missing: {', '.join(missing)}; run `guibin migrate`" if missing else f"{len(TABLES)} tables",
    )


async def _isolation(owner_url: str) -> Finding:
    what = "PostgreSQL's catalog keeps tenants apart"
    try:
        connection = await asyncpg.connect(owner_url)
        found = await lint.findings(connection)
        await connection.close()
    except (asyncpg.PostgresError, OSError) as error:
        return Finding(what, False, str(error))
    return Finding(what, not found, lint.in_words(found))


async def _redis(redis_url: str) -> Finding:
    what = "Redis answers"
    client = redis.asyncio.Redis.from_url(redis_url, socket_connect_timeout=3)
    try:
        await client.ping()
    except (RedisError, OSError) as error:
        return Finding(what, False, f"{error}; jobs wait in PostgreSQL until it does")
    finally:
        await client.aclose()
    return Finding(what, True)


def _root_key(home: Path) -> Finding:
    try:
        keyring.load_root_key(home)
    except (keyring.KeyringError, OSError, ValueError) as error:
        return Finding("there is a root key", False, str(error))
    return Finding("there is a root key", True)


def _packs(packs: Packs) -> list[Finding]:
    aside = [Finding("a pack is put aside", False, str(problem)) for each in packs.aside.values() for problem in each]
    return [Finding("the installed packs are sound", not aside, ", ".join(packs.names) or "none is installed"), *aside]
