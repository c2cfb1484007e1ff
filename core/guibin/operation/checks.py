"""What `guibin doctor` looks at."""

from pathlib import Path

import asyncpg
import redis.asyncio
from msgspec import Struct
from msgspec.structs import replace
from redis.exceptions import RedisError

from guibin.catalog import TABLES
from guibin.packs import Packs
from guibin_tenants import cells, directory, keyring, lint
from guibin_tenants.database import UNPLACED, UnsafeDatabase, connected, connected_to, refuse_unsafe
from guibin_tenants.refusals import Refusal
from guibin_tenants.schema import APP_ROLE

from . import migrations, root_keys


class Finding(Struct, frozen=True):
    """One thing looked at: whether it is well, and what was seen."""

    what: str
    ok: bool
    detail: str = ""


async def examine(urls: tuple[str, str, str], packs: Packs, *, home: Path) -> list[Finding]:
    """Everything a service needs, in the order in which it needs it; `urls` of the application, the owner and Redis."""
    app_url, owner_url, redis_url = urls
    found = []
    for cell in cells.used() or (cells.Cell("", app_url, owner_url),):
        seen = [await _application_role(cell.app), await _tables(cell.owner), await _changes(cell.owner, packs)]
        seen.append(await _isolation(cell.owner))
        found += [replace(one, what=f"cell {cell.name}: {one.what}") if cell.name else one for one in seen]
    return [
        *found,
        *([await _directory(owner_url)] if cells.used() else []),
        await _redis(redis_url),
        await _root_key(home, app_url),
        *_packs(packs),
    ]


async def _application_role(app_url: str) -> Finding:
    what = f"the application role ({APP_ROLE}) cannot bypass row security"
    try:
        async with connected_to(app_url) as connection:
            await refuse_unsafe(connection)
            return Finding(what, True, f"PostgreSQL {await connection.fetchval('show server_version')}")
    except (UnsafeDatabase, asyncpg.PostgresError, OSError) as error:
        return Finding(what, False, str(error))


async def _tables(owner_url: str) -> Finding:
    what = "the database has every table of this release"
    try:
        async with connected_to(owner_url) as connection:
            present = {r["relname"] for r in await connection.fetch("select relname from pg_class where relkind = 'r'")}
    except (asyncpg.PostgresError, OSError) as error:
        return Finding(what, False, str(error))
    missing = [table._meta.tablename for table in TABLES if table._meta.tablename not in present]
    return Finding(
        what,
        not missing,
        f"missing: {', '.join(missing)}; run `guibin migrate`" if missing else f"{len(TABLES)} tables",
    )


async def _changes(owner_url: str, packs: Packs) -> Finding:
    what = "the tables have every numbered change behind them"
    try:
        async with connected_to(owner_url) as connection:
            found = [
                problem
                for schema in (migrations.CORE, *packs.schemas())
                for problem in await migrations.unchanged(connection, schema)
            ]
    except (asyncpg.PostgresError, OSError) as error:
        return Finding(what, False, str(error))
    return Finding(what, not found, "; ".join(map(str, found)))


async def _isolation(owner_url: str) -> Finding:
    what = "PostgreSQL's catalog keeps tenants apart"
    try:
        async with connected_to(owner_url) as connection:
            found = await lint.findings(connection)
    except (asyncpg.PostgresError, OSError) as error:
        return Finding(what, False, str(error))
    return Finding(what, not found, lint.in_words(found))


async def _directory(owner_url: str) -> Finding:
    what = "the directory knows every cell and every company"
    try:
        async with connected_to(owner_url) as connection:
            listed = {cell.name for cell in await directory.listed_cells(connection)}
            unplaced = await connection.fetchval(UNPLACED)
    except (asyncpg.PostgresError, OSError) as error:
        return Finding(what, False, str(error))
    told = [cell.name for cell in cells.used()]
    wrong = [
        *(f"{name} is not in {cells.VARIABLE}" for name in sorted(listed - set(told))),
        *(f"{name} takes no company yet: guibin cell add {name}" for name in told if name not in listed),
        *([f"{unplaced} companies have no place: run `guibin migrate`"] if unplaced else []),
    ]
    return Finding(what, not wrong, "; ".join(wrong) or f"{len(listed)} cells")


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


async def _root_key(home: Path, app_url: str) -> Finding:
    what = "the root key opens every company's keys"
    try:
        keyring.load_root_key(home)
        async with connected(app_url, pool_size=1) as pool:
            return Finding(what, True, f"{await root_keys.refuse_wrong(pool)} companies")
    except (keyring.KeyringError, Refusal, UnsafeDatabase, asyncpg.PostgresError, OSError) as error:
        return Finding(what, False, str(error))


def _packs(packs: Packs) -> list[Finding]:
    aside = [Finding("a pack is put aside", False, str(problem)) for each in packs.aside.values() for problem in each]
    return [Finding("the installed packs are sound", not aside, ", ".join(packs.names) or "none is installed"), *aside]
