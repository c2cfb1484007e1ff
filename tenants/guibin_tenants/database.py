"""The one connection pool to PostgreSQL, as the application role."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from urllib.parse import unquote, urlsplit

import asyncpg
from msgspec import Struct
from piccolo.engine.postgres import PostgresEngine

from .refusals import Busy, Unavailable
from .turns import Turns


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
    """Open the pool for as long as the context lasts. `url` belongs to the application role.

    `name` is what PostgreSQL's list of connections calls them, `settings` are PostgreSQL's own. Raises UnsafeDatabase
    when row security could be bypassed.
    """
    if ENGINE.pool is not None:
        raise RuntimeError("the database pool is already open in this process")
    ENGINE.config = connection_settings(url)
    pool = await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=pool_size,
        connection_class=Connection,
        command_timeout=120,
        max_cacheable_statement_size=STATEMENT_BYTES_MAX,
        server_settings={"application_name": name, **(settings or {})},
    )
    shared, before = sharing or Sharing(), (ENGINE.turns, ENGINE.connection_within_s)
    ENGINE.pool, ENGINE.turns, ENGINE.connection_within_s = pool, shared.turns(), shared.connection_within_s
    try:
        if check:
            await _refuse_unsafe(pool)
        yield pool
    finally:
        ENGINE.pool = None
        ENGINE.turns, ENGINE.connection_within_s = before
        await pool.close()


@contextlib.asynccontextmanager
async def borrowed() -> AsyncIterator[asyncpg.Connection]:
    """A connection outside any scope, given back at the end. Raises Unavailable; Busy when none is free in time."""
    pool = ENGINE.pool
    if pool is None:
        raise Unavailable("The database is not connected")
    try:
        connection = await pool.acquire(timeout=ENGINE.connection_within_s)
    except TimeoutError:
        raise Busy(f"No connection was free within {ENGINE.connection_within_s:g} s; nothing was written") from None
    try:
        yield connection
    finally:
        await pool.release(connection)


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


async def _refuse_unsafe(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        version = connection.get_server_version()
        role = await connection.fetchrow(
            "select rolname, rolsuper, rolbypassrls,"
            " (select count(*) from pg_class where relowner = pg_roles.oid) as owned"
            " from pg_roles where rolname = current_user"
        )
    if version.major < 15 or version.minor < SAFE_RELEASES.get(version.major, 0):
        raise UnsafeDatabase(
            f"PostgreSQL {version.major}.{version.minor} has known holes in row security: "
            "use at least 15.14, 16.10, 17.6 or 18"
        )
    if role["rolsuper"] or role["rolbypassrls"] or role["owned"]:
        raise UnsafeDatabase(
            f"role {role['rolname']} is a superuser, bypasses row security or owns tables: "
            "connect as the application role (`guibin db url --role app`)"
        )
