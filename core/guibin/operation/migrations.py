"""Bringing a database up to the tables of this release, as the owner role."""

from collections.abc import Iterable

import asyncpg
from msgspec import Struct

from guibin.catalog import CHANGES, TABLES
from guibin.packs import Packs
from guibin.policy.problems import PackProblem
from guibin_tenants import cells, changes, directory, lint, versions
from guibin_tenants.changes import AppliedChange, BadChange, Schema
from guibin_tenants.database import UnsafeDatabase, connected_to, refuse_citus

_LOCK = 0x6775_6962  # one migration at a time, however many servers start
CORE = Schema("", TABLES, CHANGES)


class Migrated(Struct, frozen=True):
    """What was `created`, which numbered changes ran (`changed`), and those that were refused: their pack's tables are as they were."""

    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    refused: tuple[BadChange, ...] = ()


async def migrate_all(owner_url: str, packs: Iterable[Schema] = ()) -> Migrated:
    """As `migrate`, each cell after the other, and the directory of companies on the first, whose address `owner_url` is.

    What a cell's sentence begins with is its name. A cell that is not there is raised when the others are done.
    """
    schemas, done, away = tuple(packs), [], None
    for cell, url in directory.owners(owner_url):
        try:
            done.append(_of_cell(cell, await migrate(url, schemas)))
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as error:
            away = away or error
    if away is not None:
        raise away
    if cells.used():
        async with connected_to(owner_url) as connection:
            await directory.begin(connection)
    return _together(done)


async def migrate(owner_url: str, packs: Iterable[Schema] = (), *, core: Schema = CORE) -> Migrated:
    """Run the changes that this database does not have behind it, then create what is missing: the core's tables and each pack's in
    a transaction of its own. Safe to run again and from several places at once.

    Raises UnsafeDatabase when the catalog does not keep tenants apart, BadChange for one of the core's: then nothing was done. A pack
    whose change is refused stays as it was, and the others go on.
    """
    async with connected_to(owner_url) as connection:
        citus = await connection.fetchval("select exists (select from pg_extension where extname = 'citus')")
        refuse_citus(citus)
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        done = [await _bring_up(connection, core)]
        for schema in packs:
            try:
                done.append(await _bring_up(connection, schema))
            except BadChange as refused:
                done.append(Migrated(refused=(refused,)))
        return _together(done)


async def bring_up(connection: asyncpg.Connection, schemas: Iterable[Schema]) -> None:
    """The tables of these packs, inside a transaction. Raises BadChange, and UnsafeDatabase when they cannot keep tenants apart."""
    for schema in schemas:
        await _inside(connection, schema)


def problems(done: Migrated) -> list[PackProblem]:
    """The refused changes, as what is wrong with their packs."""
    return [PackProblem(each.owner, f"{each.place}:", each.said, each.fix) for each in done.refused]


async def put_aside_unchanged(packs: Packs, app_url: str) -> None:
    """Go on without the packs whose changes a database does not have behind it: their code knows tables that it has not. A cell
    that is not there says nothing."""
    for cell in cells.used() or (cells.Cell("", app_url),):
        try:
            connection = await asyncpg.connect(cell.app)
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError):
            continue
        try:
            packs.put_aside([problem for schema in packs.schemas() for problem in await unchanged(connection, schema)])
        finally:
            await connection.close()


async def applied(owner_url: str) -> list[tuple[str, asyncpg.Record]]:
    """The changes that each cell has behind it, with the cell's name."""
    found = []
    for cell, url in directory.owners(owner_url):
        async with connected_to(url) as connection:
            rows = await connection.fetch("select * from applied_change order by owner, number")
        found += [(cell, row) for row in rows]
    return found


async def unchanged(connection: asyncpg.Connection, schema: Schema) -> list[PackProblem]:
    """What keeps a pack from working with this database: the first change that it does not have behind it."""
    try:
        waiting = await changes.waiting(connection, schema)
    except BadChange as refused:
        return [PackProblem(schema.owner, f"{refused.place}:", refused.said, refused.fix)]
    return [
        PackProblem(schema.owner, f"change {each.number} {each.name!r}:", "waits for its tables", "guibin migrate")
        for each in waiting[:1]
    ]


def _together(done: Iterable[Migrated]) -> Migrated:
    each = tuple(done)
    return Migrated(
        tuple(name for one in each for name in one.created),
        tuple(name for one in each for name in one.changed),
        tuple(refused for one in each for refused in one.refused),
    )


def _of_cell(cell: str, done: Migrated) -> Migrated:
    if not cell:
        return done
    named = [tuple(f"{cell}: {name}" for name in names) for names in (done.created, done.changed)]
    return Migrated(named[0], named[1], done.refused)


async def _bring_up(connection: asyncpg.Connection, schema: Schema) -> Migrated:
    async with connection.transaction():
        return await _inside(connection, schema)


async def _inside(connection: asyncpg.Connection, schema: Schema) -> Migrated:
    if not schema.tables and not schema.changes:
        return Migrated()
    created: list[str] = []
    if not await connection.fetchval("select to_regclass('public.applied_change') is not null"):
        created = await versions.ensure(connection, (AppliedChange,))
    waiting = await changes.waiting(connection, schema)
    ran = await changes.run(connection, schema, waiting)
    try:
        created += await versions.ensure(connection, schema.tables)
    except asyncpg.PostgresError as error:
        if not schema.owner and not ran:
            raise
        said = "leaves what its tables do not allow" if ran else "cannot be brought up"
        fix = "a change brings rows and columns to what the tables say"
        raise BadChange(schema.owner, ran[-1] if ran else None, f"{said}: {error}", fix=fix) from error
    await changes.refuse_otherwise(connection, schema, ran)
    if created or ran or not schema.owner:
        await _refuse_unsafe(connection, schema, ran)
    await changes.keep(connection, schema.owner, waiting, ran)
    return Migrated(tuple(created), tuple(f"{schema.owner or 'core'}/{each.number} {each.name}" for each in ran))


async def _refuse_unsafe(connection: asyncpg.Connection, schema: Schema, ran: list[changes.Change]) -> None:
    unsafe = await lint.findings(connection)
    if unsafe and ran and schema.owner:
        fix = "a change leaves row security, keys and rights as the tables say"
        raise BadChange(
            schema.owner, ran[-1], f"leaves tables that do not keep tenants apart: {lint.in_words(unsafe)}", fix=fix
        )
    if unsafe:
        raise UnsafeDatabase(lint.in_words(unsafe))
