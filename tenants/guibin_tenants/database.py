"""The connection pools to PostgreSQL, as the application role: one for each cell, mostly one alone."""

import contextlib
import logging
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncpg
from msgspec import Struct
from piccolo.engine.postgres import PostgresEngine

from . import cells
from .refusals import Busy, Unavailable
from .turns import Turns

_log = logging.getLogger("guibin.tenants")
# A cell that did not let us in is not tried again for so long: whoever asks is told at once.
AWAY_FOR_S = 1.0
CONNECTS_WITHIN_S = 3.0


class Sharing(Struct, frozen=True, kw_only=True):
    """How a process shares its connections out; times in seconds.

    One tenant has at most `scopes_max` scopes open at once and `waiting_max` waiting, each for at most `turn_within_s`.
    Whoever has a turn waits for a connection for at most `connection_within_s`.
    """

    scopes_max: int | None = None
    waiting_max: int = 100
    turn_within_s: float = 10.0
    connection_within_s: float = 30.0

    def turns(self) -> Turns | None:
        """Whose turn it is, None when nobody has to wait."""
        if self.scopes_max is None:
            return None
        return Turns(self.scopes_max, waiting_max=self.waiting_max, within_s=self.turn_within_s)


class _LazyEngine(PostgresEngine):
    """Piccolo's engine, but it does not go looking for a server when it is created."""

    turns: Turns | None = None
    connection_within_s: float = Sharing().connection_within_s
    lanes: "Mapping[str, Lane]" = {}

    async def check_version(self) -> None:
        """The service checks the version itself when it connects."""

    async def prep_database(self) -> None:
        """Extensions are the owner's business."""


# What somebody owes is one long statement over every slice; planning it anew each time takes longer than running it.
STATEMENT_BYTES_MAX = 128 * 1024

# Configured once by a composition root through `connected`; tables are bound to it when they are defined.
ENGINE = _LazyEngine(config={})

# The first minor release of each major without a known hole in row security (CVE-2025-8713).
SAFE_RELEASES = {15: 14, 16: 10, 17: 6}


# Registrations of a cell that the directory on it does not know: of the time when it was the only one.
UNPLACED = (
    "select count(*) from tenant t where moving_to is null"
    " and not exists (select from placement p where p.company = t.id)"
)

# What a statement raises when the server is away or shutting down, or the connection was cut under it.
UNREACHABLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # asyncpg's word for a connection that ended between two of its own steps
    OSError,
)


class UnsafeDatabase(Exception):
    """The database or its role cannot keep tenants apart; the service does not start."""


class CellAway(Unavailable):
    """The company's database is away: ask again in a moment. That of others may be there; nothing was shown and nothing was written."""

    retry_after = 2


@dataclass
class Lane:
    """The way to one of several cells: its connections, whether its role was looked at, and until when it counts as away."""

    pool: asyncpg.Pool
    safe: bool = False
    away_until: float = 0.0


class Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg is untyped
    """Every setting we make is `SET LOCAL`, so a returned connection needs no reset round trip.

    A cancelled request leaves its transaction open: it is rolled back here, quietly, where asyncpg would report a fault.
    """

    def get_reset_query(self) -> str:
        return ""

    async def reset(self, *, timeout: float | None = None) -> None:
        if self.is_in_transaction():
            await self.execute("ROLLBACK", timeout=timeout)
        await super().reset(timeout=timeout)


@contextlib.asynccontextmanager
async def connected(
    url: str,
    *,
    name: str = "guibin",
    pool_size: int = 16,
    check: bool = True,
    settings: Mapping[str, str] | None = None,
    sharing: Sharing | None = None,
) -> AsyncIterator[asyncpg.Pool]:
    """Open the pool for as long as the context lasts, and one for each further cell. `url` belongs to the application role.

    `name` is what PostgreSQL's list of connections calls them, `settings` are PostgreSQL's own. Raises UnsafeDatabase
    when row security could be bypassed. The first cell has to be there; another may come later, and is looked at then.
    """
    if ENGINE.pool is not None:
        raise RuntimeError("the database pool is already open in this process")
    ENGINE.config = connection_settings(url)
    options = {"max_size": pool_size, "server_settings": {"application_name": name, **(settings or {})}}
    async with contextlib.AsyncExitStack() as opened:
        pool = await opened.enter_async_context(_pool(url, min_size=1, **options))
        if check:
            async with pool.acquire() as connection:
                await refuse_unsafe(connection)
        lanes = {
            cell.name: Lane(pool if place == 0 else await opened.enter_async_context(_further(cell, **options)))
            for place, cell in enumerate(cells.used())
        }
        shared, before = sharing or Sharing(), (ENGINE.turns, ENGINE.connection_within_s, ENGINE.lanes)
        ENGINE.pool, ENGINE.lanes = pool, lanes
        ENGINE.turns, ENGINE.connection_within_s = shared.turns(), shared.connection_within_s
        try:
            if check and lanes:
                await _look_at(lanes)
            yield pool
        finally:
            ENGINE.pool = None
            ENGINE.turns, ENGINE.connection_within_s, ENGINE.lanes = before


@contextlib.asynccontextmanager
async def _pool(url: str, **options: Any) -> AsyncIterator[asyncpg.Pool]:
    pool = await asyncpg.create_pool(
        url,
        connection_class=Connection,
        command_timeout=120,
        max_cacheable_statement_size=STATEMENT_BYTES_MAX,
        **options,
    )
    try:
        yield pool
    finally:
        await pool.close()


def _further(cell: cells.Cell, **options: Any) -> contextlib.AbstractAsyncContextManager[asyncpg.Pool]:
    return _pool(cell.url("app"), min_size=0, timeout=CONNECTS_WITHIN_S, **options)


async def _look_at(lanes: Mapping[str, Lane]) -> None:
    """Raises UnsafeDatabase for a cell that is there and cannot keep tenants apart, and where the directory, which is the first's,
    knows a cell or a company of its own otherwise than this process."""
    async with borrowed() as connection:
        known = {row["name"] for row in await connection.fetch("select name from cell")}
        unplaced = await connection.fetchval(UNPLACED)
    if unplaced or next(iter(lanes)) not in known:
        raise UnsafeDatabase(f"the directory on cell {next(iter(lanes))} is not written yet: run `guibin migrate`")
    if known - set(lanes):
        raise UnsafeDatabase(
            f"the directory knows cells that {cells.VARIABLE} does not name: {', '.join(sorted(known - set(lanes)))}"
        )
    for name in lanes:
        try:
            async with borrowed(name):
                pass
        except Unavailable:
            _log.error("cell %s is away: its companies are not served until it is back", name)


@contextlib.asynccontextmanager
async def borrowed(cell: str = "") -> AsyncIterator[asyncpg.Connection]:
    """A connection outside any scope, given back at the end; to the first cell, where none is named.

    Raises Unavailable; Busy when none is free in time; of several cells CellAway for one that cannot be reached.
    """
    name = cell or next(iter(ENGINE.lanes), "")
    lane = ENGINE.lanes.get(name)
    if ENGINE.pool is None or (cell and lane is None):
        raise Unavailable("The database is not connected")
    if lane is None:
        connection = await _acquired(ENGINE.pool)
    else:
        connection = await _entered(name, lane)
    pool = ENGINE.pool if lane is None else lane.pool
    try:
        yield connection
    finally:
        await pool.release(connection)


async def _acquired(pool: asyncpg.Pool) -> asyncpg.Connection:
    try:
        return await pool.acquire(timeout=ENGINE.connection_within_s)
    except TimeoutError:
        raise Busy(f"No connection was free within {ENGINE.connection_within_s:g} s; nothing was written") from None


async def _entered(name: str, lane: Lane) -> asyncpg.Connection:
    if time.monotonic() < lane.away_until:
        raise CellAway()
    try:
        connection = await _acquired(lane.pool)
    except (*UNREACHABLE, Busy) as error:
        # Where connections are missing it was not that others have them: nobody answers there.
        if isinstance(error, Busy) and lane.pool.get_size() >= lane.pool.get_max_size():
            raise
        lane.away_until = time.monotonic() + AWAY_FOR_S
        _log.error("cell %s: %s", name, type(error).__name__)
        raise CellAway() from error
    if not lane.safe:
        try:
            await refuse_unsafe(connection)
        except BaseException:
            await lane.pool.release(connection)
            raise
        lane.safe = True
    return connection


def connection_settings(url: str) -> dict[str, str | int]:
    """The parts of a PostgreSQL URL as asyncpg names them."""
    parts = urlsplit(url)
    settings: dict[str, str | int] = {
        "host": parts.hostname or "127.0.0.1",
        "port": parts.port or 5432,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": parts.path.lstrip("/"),
    }
    return settings


@contextlib.asynccontextmanager
async def connected_to(url: str) -> AsyncIterator[asyncpg.Connection]:
    """One connection in whichever role `url` is for, beside every pool; closed at the end. Raises what opening one does."""
    connection: asyncpg.Connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def refuse_unsafe(connection: asyncpg.Connection) -> None:
    """Raises UnsafeDatabase where the server or the role behind this connection cannot keep tenants apart."""
    version = connection.get_server_version()
    role = await connection.fetchrow(
        "select rolname, rolsuper, rolbypassrls,"
        " (select count(*) from pg_class where relowner = pg_roles.oid) as owned,"
        " exists (select from pg_extension where extname = 'citus') as citus"
        " from pg_roles where rolname = current_user"
    )
    if version.major < 15 or version.minor < SAFE_RELEASES.get(version.major, 0):
        raise UnsafeDatabase(
            f"PostgreSQL {version.major}.{version.minor} has known holes in row security: "
            "use at least 15.14, 16.10, 17.6 or 18"
        )
    refuse_citus(role["citus"])
    if role["rolsuper"] or role["rolbypassrls"] or role["owned"]:
        raise UnsafeDatabase(
            f"role {role['rolname']} is a superuser, bypasses row security or owns tables: "
            "connect as the application role (`guibin db url --role app`)"
        )


def refuse_citus(installed: bool) -> None:
    """Raises UnsafeDatabase: the extension drops what keeps tenants and outlets apart (docs/decisions/0056)."""
    if installed:
        raise UnsafeDatabase(
            "the database has the extension citus, which drops AS RESTRICTIVE without a word, so that one company or outlet"
            " reads another's rows, and loses policies when shards move: use plain PostgreSQL, several of them as cells"
        )
