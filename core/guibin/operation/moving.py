"""Moving a company from one cell to another while it is served, by PostgreSQL's own logical replication.

Copy and follow; fence (the company's lock is held alone: what is in progress has ended, and nothing begins); compare; close the
source; switch, which is one line of the directory; serve at the target; erase at the source, where a tombstone stays. Each step looks
at what stands and does what is missing: a move that was broken off goes on where it was, or is given up before the source is closed.
The fence ends with the connection that holds it, so that whoever is killed there leaves the company served where it was.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.operation.erasure import in_order
from guibin.watch import failpoints
from guibin_tenants import cells, directory
from guibin_tenants.access import CHANNEL
from guibin_tenants.cells import Cell
from guibin_tenants.database import connected_to
from guibin_tenants.placement import Place
from guibin_tenants.refusals import Conflict
from guibin_tenants.scope import lock_of
from guibin_tenants.tables import new_id

# Later releases say whose rights a subscription has.
RUNS_AS_OWNER_UNTIL = 15
Say = Callable[[str], None]
# What is numbered by its cluster, and of little use a moment later: whoever listens reads anew.
LEFT_BEHIND = frozenset({"stream_event"})
# What had begun at the source gets so long to end, so many times, before the move waits for a better hour.
SETTLES_WITHIN_S, PAUSE_S, TRIES = 2.0, 5.0, 12
CATCHES_UP_WITHIN_S = 30.0
LOOKS_EVERY_S = 0.2
ERRORS_MAX = 3
# The row that the target gets last: when it is there, all that was committed before it is, too.
MARK = "moved_here"
# What proves what was looked at and decided: compared row by row.
LOGS = ("audit_entry", "evidence_entry", "evidence_checkpoint")
FIRST, LAST = UUID(int=0), UUID(int=(1 << 128) - 1)


class CannotMove(Conflict):
    """The company cannot be moved now. Nothing of it has changed."""


class Differs(Conflict):
    """What arrived is not what was sent: the company stays where it was, and is served there."""


class Moved(Struct, frozen=True):
    """A company that was moved: how many rows, and for how many seconds nothing of it was served."""

    slug: str
    source: str
    target: str
    rows: int
    stood_still_s: float


class _Ends(Struct, frozen=True):
    """Where from and where to: a connection as the owner role each, and at the target one that may replicate."""

    place: Place
    from_cell: Cell
    to_cell: Cell
    source: asyncpg.Connection
    target: asyncpg.Connection
    replicator: asyncpg.Connection
    listed: asyncpg.Connection

    @property
    def company(self) -> UUID:
        return self.place.company

    @property
    def name(self) -> str:
        """Of publication, subscription and slot."""
        return f"guibin_move_{self.place.company.hex}"


class _Counting(Struct, frozen=True):
    """Statements of one end: how many rows each table has, and what the record says."""

    connection: asyncpg.Connection
    counted: Any
    hashed: Any


async def move(directory_url: str, slug: str, to: str, *, say: Say) -> Moved:
    """Bring the company there; what was broken off goes on. Raises NotFound, CannotMove, Differs, BadCells."""
    async with _ends(directory_url, slug, to) as ends:
        stood_still_s = 0.0
        if ends.place.cell != to:
            await _follow(ends, say)
            stood_still_s = await _switch(ends, say)
        rows = await _clean_up(ends, say)
    return Moved(slug, ends.from_cell.name, to, rows, stood_still_s)


async def give_up(directory_url: str, slug: str, *, say: Say) -> None:
    """Let it be where it was, before the switch: it is served there again, and nothing is left at the target. Raises CannotMove after
    it, where only going on is left."""
    async with connected_to(directory_url) as listed:
        place = await directory.moving_place(listed, slug)
    if place.moving_to in ("", place.cell):
        raise CannotMove(
            f"{slug} is on {place.cell} already: `guibin tenant move {slug} --to {place.cell}` ends its move"
        )
    async with _ends(directory_url, slug, place.moving_to) as ends:
        await _open_again(ends)
        await _part(ends)
        await _empty(ends.target, ends.company, tombstone="")
        await directory.arrive(ends.listed, ends.company)
    say(f"{slug} stays on {place.cell}.")


async def _follow(ends: _Ends, say: Say) -> None:
    """The target has all that the source has, and gets what comes."""
    await _refuse_impossible(ends)
    tables = await in_order(ends.source)
    await directory.leave(ends.listed, ends.company, ends.to_cell.name)
    failpoints.reach("move.begun")
    for end, cell in ((ends.source, ends.from_cell), (ends.target, ends.to_cell)):
        mover = unquote(urlsplit(cell.url("mover")).username or "")
        await end.execute(f'grant select, insert, update, delete on all tables in schema public to "{mover}"')
    if not await ends.source.fetchval("select true from pg_publication where pubname = $1", ends.name):
        whose = f"where (tenant_id = '{ends.company}')"
        rows = ", ".join(f'"{table}" {whose}' for table in tables if table not in LEFT_BEHIND)
        await ends.source.execute(f"create publication {ends.name} for table {rows}")
    failpoints.reach("move.published")
    if await _follows(ends):
        await ends.replicator.execute(f"alter subscription {ends.name} enable")
    else:
        # What an earlier try left there is not copied upon.
        await _empty(ends.target, ends.company, tombstone="")
        await _drop_slot(ends)
        source = ends.from_cell.url("mover").replace("'", "''")
        # Row security is forced: only as itself, and not as the tables' owner, does it write a company's rows.
        as_itself = (
            " with (run_as_owner = true)" if ends.replicator.get_server_version().major > RUNS_AS_OWNER_UNTIL else ""
        )
        await ends.replicator.execute(
            f"create subscription {ends.name} connection '{source}' publication {ends.name}{as_itself}"
        )
    failpoints.reach("move.subscribed")
    await _copied(ends, say)
    failpoints.reach("move.copied")


async def _refuse_impossible(ends: _Ends) -> None:
    """Raises CannotMove where the servers cannot do it, or the target has a company of this name."""
    level = await ends.source.fetchval("show wal_level")
    if level != "logical":
        raise CannotMove(f"{ends.from_cell.name} has wal_level={level}: set it to logical and start the server again")
    if await ends.source.fetchval(
        "select purge ->> 'confirmed_at' is not null from tenant where id = $1", ends.company
    ):
        raise CannotMove(f"{ends.place.slug} is being purged: guibin tenant purge confirm {ends.place.slug} ends it")
    if await ends.target.fetchval("select true from tenant where id = $1 and moving_to is null", ends.company):
        raise CannotMove(f"{ends.to_cell.name} serves {ends.place.slug} as well: the directory and the cell contradict")
    if await ends.target.fetchval(
        "select true from tenant where slug = $1 and id <> $2", ends.place.slug, ends.company
    ):
        raise CannotMove(f"{ends.to_cell.name} has another company of the slug {ends.place.slug}")
    sent, taken = [{tuple(row) for row in await end.fetch(_COLUMNS)} for end in (ends.source, ends.target)]
    if differ := sorted({f"{table}.{column}" for table, column, _ in sent ^ taken}):
        raise CannotMove(
            f"{ends.from_cell.name} and {ends.to_cell.name} differ in {', '.join(differ[:5])}: run `guibin migrate`,"
            f" then `guibin cell add {ends.to_cell.name}` for the tables of packs"
        )


_COLUMNS = (
    "select c.relname, a.attname, a.atttypid::regtype::text from pg_class c join pg_attribute a on a.attrelid = c.oid"
    " where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped"
)


_ERRORS = (
    "select coalesce(sum(apply_error_count + sync_error_count), 0) from pg_stat_subscription_stats where subname = $1"
)


async def _copied(ends: _Ends, say: Say) -> None:
    said = -1
    while True:
        row = await ends.replicator.fetchrow(
            "select count(*) as tables, count(*) filter (where srsubstate = 'r') as ready from pg_subscription_rel r"
            " join pg_subscription s on s.oid = r.srsubid where s.subname = $1",
            ends.name,
        )
        if row["ready"] != said and (row["ready"] == row["tables"] or row["ready"] >= said + 50):
            said = row["ready"]
            say(f"Copied {row['ready']} of {row['tables']} tables of {ends.place.slug}")
        if row["tables"] and row["ready"] == row["tables"]:
            return
        if await ends.replicator.fetchval(_ERRORS, ends.name) > ERRORS_MAX:
            raise CannotMove(f"{ends.to_cell.name} does not take it: the log of its server says why")
        await asyncio.sleep(LOOKS_EVERY_S)


async def _switch(ends: _Ends, say: Say) -> float:
    """From the fence to where the target serves; for how long nobody did."""
    clock = asyncio.get_running_loop().time
    counting = await _counting(ends.source), await _counting(ends.target)
    since = await _compared_until_now(ends, *counting)
    begun = await _fence(ends, say)
    try:
        failpoints.reach("move.fenced")
        await _register(ends)
        await _caught_up(ends)
        failpoints.reach("move.caught_up")
        await _compare(ends, *counting, since)
        failpoints.reach("move.compared")
    except BaseException:
        await _open_again(ends)
        raise
    # On the connection that holds the lock: were it cut, somebody may have written since, and this fails.
    await ends.source.execute("update tenant set moving_to = $2 where id = $1", ends.company, ends.to_cell.name)
    failpoints.reach("move.closed")
    await directory.switch(ends.listed, ends.company, ends.to_cell.name)
    failpoints.reach("move.switched")
    await _serve(ends)
    stood_still_s = clock() - begun
    say(f"{ends.place.slug} is served from {ends.to_cell.name}; it stood still for {stood_still_s:.2f} s")
    return stood_still_s


async def _fence(ends: _Ends, say: Say) -> float:
    """What had begun at the source has ended and nothing begins; since when."""
    clock = asyncio.get_running_loop().time
    for _ in range(TRIES):
        begun = clock()
        try:
            async with ends.source.transaction():
                await ends.source.execute(f"set local lock_timeout = '{SETTLES_WITHIN_S:g}s'")
                await ends.source.execute("select pg_advisory_lock($1)", lock_of(ends.company))
            return begun
        except asyncpg.LockNotAvailableError:
            say(f"{ends.place.slug} has work that does not end within {SETTLES_WITHIN_S:g} s: trying again")
            await asyncio.sleep(PAUSE_S)
    raise CannotMove(f"{ends.place.slug} was never at rest: try again when no long import or report runs")


async def _open_again(ends: _Ends) -> None:
    """The source serves the company, as before; the target follows again where it stopped."""
    async with _inside(ends.source, ends.company):
        await ends.source.execute("delete from tenant_setting where name = $1", MARK)
    await ends.source.execute("update tenant set moving_to = null where id = $1", ends.company)
    await ends.source.execute("select pg_advisory_unlock_all()")
    if await _follows(ends):
        await ends.replicator.execute(f"alter subscription {ends.name} enable")


async def _register(ends: _Ends) -> None:
    """The registration stands at the target, and serves nobody yet."""
    row = await ends.source.fetchrow("select * from tenant where id = $1", ends.company)
    values = {**row, "moving_to": ends.to_cell.name}
    columns = ", ".join(f'"{column}"' for column in values)
    places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    async with ends.target.transaction():
        await ends.target.execute("delete from tenant where id = $1", ends.company)
        await ends.target.execute(f"insert into tenant ({columns}) values ({places})", *values.values())


async def _caught_up(ends: _Ends) -> None:
    """What was committed last at the source has come. Raises TimeoutError."""
    mark = new_id()
    async with _inside(ends.source, ends.company):
        await ends.source.execute("delete from tenant_setting where name = $1", MARK)
        await ends.source.execute(
            "insert into tenant_setting (tenant_id, id, name, value) values ($1, $2, $3, 'true')",
            ends.company,
            mark,
            MARK,
        )
    async with asyncio.timeout(CATCHES_UP_WITHIN_S):
        await _until(lambda: _has(ends.target, ends.company, mark))
        # Nothing more may come: what the relay still marks at the source would undo what was done at the target.
        await ends.replicator.execute(f"alter subscription {ends.name} disable")
        await _until(lambda: ends.replicator.fetchval(_AT_REST, ends.name))


_AT_REST = "select count(*) = 0 from pg_stat_subscription where subname = $1 and pid is not null"


async def _until(come_true: Callable[[], Awaitable[bool]]) -> None:
    while not await come_true():  # noqa: ASYNC110  # what is waited for happens in PostgreSQL
        await asyncio.sleep(0.02)


async def _has(connection: asyncpg.Connection, company: UUID, mark: UUID) -> bool:
    async with _inside(connection, company):
        return bool(await connection.fetchval("select true from tenant_setting where id = $1", mark))


async def _counting(connection: asyncpg.Connection) -> _Counting:
    """What is compared, planned before anybody has to wait for it: over all tables that takes longer than to run it."""
    tables = [table for table in await in_order(connection) if table not in LEFT_BEHIND]
    counted = " union all ".join(
        f"select '{table}' as name, count(*)::text as seen from \"{table}\" where tenant_id = $1::uuid"
        for table in tables
    )
    hashed = " union all ".join(
        f"select 'the root of {table}', md5(coalesce(string_agg(md5(t::text), '' order by t.id), '')) from {table} t"
        " where tenant_id = $1::uuid and id > $2::uuid and id <= $3::uuid"
        for table in LOGS
        if table in tables
    )
    return _Counting(connection, await connection.prepare(counted), await connection.prepare(hashed))


async def _roots(company: UUID, counting: _Counting, after: UUID, until: UUID) -> dict[str, str]:
    async with _inside(counting.connection, company):
        return {row[0]: row[1] for row in await counting.hashed.fetch(company, after, until)}


async def _counts(company: UUID, counting: _Counting) -> dict[str, str]:
    async with _inside(counting.connection, company):
        return {row[0]: row[1] for row in await counting.counted.fetch(company)}


async def _compared_until_now(ends: _Ends, sent: _Counting, arrived: _Counting) -> UUID:
    """The record and its log are the same on both sides so far: up to which row. Nobody waits for that. Raises Differs."""
    now = new_id()
    for _ in range(TRIES):
        if await _roots(ends.company, sent, FIRST, now) == await _roots(ends.company, arrived, FIRST, now):
            # As the counts are planned and their pages read.
            await _counts(ends.company, sent)
            await _counts(ends.company, arrived)
            return now
        await asyncio.sleep(LOOKS_EVERY_S)
    raise Differs(f"{ends.place.slug} stays on {ends.from_cell.name}: the record's root is not the same")


async def _compare(ends: _Ends, sent: _Counting, arrived: _Counting, since: UUID) -> None:
    """Raises Differs: as many rows of every table, and what the record and its log have since then the same."""
    here = await _counts(ends.company, sent) | await _roots(ends.company, sent, since, LAST)
    there = await _counts(ends.company, arrived) | await _roots(ends.company, arrived, since, LAST)
    wrong = [f"{what}: {there.get(what)} and not {seen}" for what, seen in here.items() if there.get(what) != seen]
    if wrong:
        raise Differs(f"{ends.place.slug} stays on {ends.from_cell.name}: {', '.join(wrong)}")


async def _serve(ends: _Ends) -> None:
    async with _inside(ends.target, ends.company):
        await ends.target.execute("delete from tenant_setting where name = $1", MARK)
    await ends.target.execute("update tenant set moving_to = null where id = $1", ends.company)
    await ends.target.execute("select pg_notify($1, $2)", CHANNEL, str(ends.company))
    await ends.source.execute("select pg_advisory_unlock_all()")
    failpoints.reach("move.served")


async def _clean_up(ends: _Ends, say: Say) -> int:
    """The source has a tombstone and nothing else; how many rows went."""
    if await ends.target.fetchval("select moving_to from tenant where id = $1", ends.company):
        await _serve(ends)
    await _part(ends)
    failpoints.reach("move.parted")
    rows = await _empty(ends.source, ends.company, tombstone=ends.to_cell.name)
    failpoints.reach("move.erased")
    await directory.arrive(ends.listed, ends.company)
    say(f"{rows} rows of {ends.place.slug} were erased on {ends.from_cell.name}")
    return rows


async def _part(ends: _Ends) -> None:
    """Neither end follows the other any more."""
    if await _follows(ends):
        await ends.replicator.execute(f"drop subscription {ends.name}")
    await _drop_slot(ends)
    await ends.source.execute(f"drop publication if exists {ends.name}")


async def _follows(ends: _Ends) -> bool:
    """Whether the target has a subscription of this move: they are of the whole server, those of a database count."""
    return bool(
        await ends.replicator.fetchval(
            "select true from pg_subscription where subname = $1"
            " and subdbid = (select oid from pg_database where datname = current_database())",
            ends.name,
        )
    )


async def _drop_slot(ends: _Ends) -> None:
    """One that a broken-off try left at the source."""
    async with connected_to(ends.from_cell.url("mover")) as connection:
        await connection.execute(
            "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1 and not active",
            ends.name,
        )


async def _empty(connection: asyncpg.Connection, company: UUID, *, tombstone: str) -> int:
    """Erase what is there of the company; its registration becomes a tombstone that names a cell, or goes as well."""
    rows = 0
    async with _inside(connection, company):
        for table in await in_order(connection):
            status = await connection.execute(f'delete from "{table}" where tenant_id = $1', company)
            rows += int(status.rsplit(" ", 1)[-1])
        if tombstone:
            await connection.execute(
                "update tenant set moving_to = $2, domains = null where id = $1", company, tombstone
            )
        else:
            await connection.execute("delete from tenant where id = $1 and moving_to is not null", company)
    return rows


@contextlib.asynccontextmanager
async def _inside(connection: asyncpg.Connection, company: UUID) -> AsyncIterator[None]:
    async with connection.transaction():
        await connection.execute(
            "select set_config('guibin.tenant', $1, true), set_config('guibin.units', '*', true)", str(company)
        )
        yield


@contextlib.asynccontextmanager
async def _ends(directory_url: str, slug: str, to: str) -> AsyncIterator[_Ends]:
    async with contextlib.AsyncExitStack() as opened:
        listed = await opened.enter_async_context(connected_to(directory_url))
        place = await directory.moving_place(listed, slug)
        source_name = place.moved_from if place.cell == to and place.moved_from else place.cell
        if place.moving_to not in ("", to) or (place.cell == to) != bool(place.moved_from):
            unfinished = place.moving_to or (place.cell if place.moved_from else "")
            raise CannotMove(
                f"{slug} is on {place.cell}" + (f"; first end its move to {unfinished}" if unfinished else "")
            )
        source, target = cells.named(source_name), cells.named(to)
        yield _Ends(
            place,
            source,
            target,
            await opened.enter_async_context(connected_to(source.url("owner"))),
            await opened.enter_async_context(connected_to(target.url("owner"))),
            await opened.enter_async_context(connected_to(target.url("mover"))),
            listed,
        )
