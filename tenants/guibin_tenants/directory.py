"""The directory of companies over all cells: finding one by its slug or domain, and giving a new one its place.

Where one address alone is served there is none, and the registry says it all.
"""

import contextlib
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from . import cells, placement, registry
from .database import ENGINE, UNPLACED, UNREACHABLE, borrowed, connected_to
from .placement import NotHere, Place, place_of_row
from .refusals import Conflict, Invalid, NotFound
from .registry import NewTenant, TenantView
from .tables import new_id

# A registration that was broken off, and of which its cell knows nothing, is given up after so long.
BROKEN_OFF = "10 minutes"


class Draining(Conflict):
    """The cell takes no new companies: choose another, or add it again."""


class Listed(Struct, frozen=True):
    """A cell of the directory and how many companies it has; `draining_at` when it takes no new ones."""

    name: str
    companies: int
    added_at: datetime | None
    draining_at: datetime | None


class Everyone(Struct, frozen=True):
    """All companies, each with its cell, which is empty where there is but one; and by cell that is away the slugs of its."""

    found: list[tuple[str, TenantView]]
    away: dict[str, list[str]]


async def find(slug: str) -> TenantView:
    """The company, from the cell that serves it. Raises NotFound, also for one that was erased; NotHere while it moves."""
    if not ENGINE.lanes:
        async with borrowed() as connection:
            return await registry.by_slug(connection, slug)
    place = await placement.by_slug(slug)
    if place is None:
        raise registry.unknown(slug)
    return await _registered(place)


async def find_by_domain(domain: str) -> TenantView:
    """Whose domain it is. Raises NotFound; NotHere while the company moves."""
    if not ENGINE.lanes:
        async with borrowed() as connection:
            return await registry.by_domain(connection, domain)
    place = await placement.by_domain(registry.in_letters(domain))
    if place is None:
        raise registry.nobodys_domain()
    return await _registered(place)


async def domain_owners() -> dict[str, UUID]:
    """Whose each domain is."""
    async with borrowed() as connection:
        if not ENGINE.lanes:
            return await registry.owners(connection)
        rows = await connection.fetch(
            "select company as id, unnest(domains) as domain from placement where state <> 'erased'"
        )
    return {row["domain"]: row["id"] for row in rows}


async def _registered(place: Place) -> TenantView:
    cell: str | None = place.cell
    for anew in (True, False):
        async with borrowed(cell or "") as connection:
            found = await registry.by_id(connection, place.company)
        if found is not None:
            return found
        if anew:
            cell = await placement.cell_of(place.company, anew=True)
    raise NotHere()


async def reserve(connection: asyncpg.Connection, new: NewTenant) -> Place:
    """A place for a new company, on the cell it names or else the emptiest, on the directory's cell as the owner role.

    Raises Invalid for a cell that is none, Draining, Conflict when the slug is taken.
    """
    registry.check(new)
    async with connection.transaction():
        # Whoever comes at the same time counts this one, too.
        await connection.execute("lock table placement in share row exclusive mode")
        await _give_up(connection, new.slug)
        cell = await _chosen(connection, new.cell)
        row = await connection.fetchrow(
            "insert into placement (company, slug, cell, state, placed_at) values ($1, $2, $3, 'making', now())"
            " on conflict (slug) do nothing returning *",
            new_id(),
            new.slug,
            cell,
        )
        if row is None:
            raise await _taken(connection, new.slug)
    return place_of_row(row)


async def _chosen(connection: asyncpg.Connection, wanted: str) -> str:
    known = {listed.name: listed for listed in await listed_cells(connection)}
    served = [cell.name for cell in cells.used() if cell.name in known]
    if wanted and wanted not in served:
        raise Invalid.at("cell", f"one of {', '.join(served)}", "guibin cell list", wanted)
    if wanted and known[wanted].draining_at is not None:
        raise Draining(f"Cell {wanted} takes no new companies: choose another, or `guibin cell add {wanted}` again")
    free = [name for name in served if known[name].draining_at is None]
    if not free:
        raise Draining("No cell takes new companies: guibin cell list")
    return wanted or min(free, key=lambda name: known[name].companies)


async def _taken(connection: asyncpg.Connection, slug: str) -> Conflict:
    state = await connection.fetchval("select state from placement where slug = $1", slug)
    if state == "erased":
        return Conflict(f"The slug {slug!r} belonged to a company that was erased: choose another")
    return Conflict(f"There is a tenant {slug!r} already")


async def _give_up(connection: asyncpg.Connection, slug: str) -> None:
    row = await connection.fetchrow(
        f"select company, cell from placement where slug = $1 and state = 'making'"
        f" and placed_at < now() - interval '{BROKEN_OFF}'",  # a constant
        slug,
    )
    if row is None:
        return
    async with owner_of(cells.named(row["cell"])) as there:
        registered = await there.fetchval("select true from tenant where id = $1", row["company"])
    if not registered:
        await release(connection, row["company"])


async def serve(connection: asyncpg.Connection, company: UUID) -> None:
    """It is made and may be worked in."""
    await connection.execute("update placement set state = 'served' where company = $1", company)


async def release(connection: asyncpg.Connection, company: UUID) -> None:
    """It was never made: the slug is free again."""
    await connection.execute("delete from placement where company = $1 and state = 'making'", company)
    placement.forget(company)


class Moving(Conflict):
    """The company is on its way to another cell: let its move end first, or give it up."""


async def refuse_moving(directory_url: str, slug: str) -> None:
    """Raises Moving."""
    if cells.used():
        async with connected_to(directory_url) as connection:
            if await connection.fetchval("select true from placement where slug = $1 and state = 'moving'", slug):
                raise Moving(f"{slug} is being moved: end it (`guibin tenant move`) or give it up (`--give-up`) first")


async def moving_place(connection: asyncpg.Connection, slug: str) -> Place:
    """The line of a company that is to be moved, for nobody else to move as long as the connection lasts.

    Raises NotFound, Conflict.
    """
    row = await connection.fetchrow("select * from placement where slug = $1", slug)
    if row is None:
        raise registry.unknown(slug)
    if row["state"] in ("making", "erased"):
        raise Conflict(f"Tenant {slug} is not served: its place is {row['state']}")
    if not await connection.fetchval("select pg_try_advisory_lock(hashtext('guibin move'), hashtext($1))", slug):
        raise Conflict(f"Another command moves {slug} at the moment")
    return place_of_row(row)


async def leave(connection: asyncpg.Connection, company: UUID, to: str) -> None:
    """It is on its way there, and still served where it is."""
    await connection.execute("update placement set state = 'moving', moving_to = $2 where company = $1", company, to)


async def switch(connection: asyncpg.Connection, company: UUID, to: str) -> None:
    """From now on it is there: the one statement by which it moves."""
    await connection.execute(
        "update placement set cell = $2, moved_from = cell, moving_to = null where company = $1 and cell <> $2",
        company,
        to,
    )
    placement.forget(company)


async def arrive(connection: asyncpg.Connection, company: UUID) -> None:
    """It has moved, and nothing is left of it where it was; or it stays where it is."""
    await connection.execute(
        "update placement set state = 'served', moving_to = null, moved_from = null where company = $1", company
    )


async def bury(directory_url: str, company: UUID) -> None:
    """Nothing but the slug is left of it."""
    if cells.used():
        async with connected_to(directory_url) as connection:
            await connection.execute(
                "update placement set state = 'erased', domains = null where company = $1", company
            )


@contextlib.asynccontextmanager
async def claiming(directory_url: str, slug: str, domain: str = "") -> AsyncIterator[None]:
    """The domains that the registry has of the company when this ends become the directory's; `domain` is nobody else's.

    Raises Conflict where it is.
    """
    if not cells.used():
        yield
        return
    named = registry.in_letters(domain)
    async with connected_to(directory_url) as connection, connection.transaction():
        await connection.execute("lock table placement in share row exclusive mode")
        others = await connection.fetchval(
            "select slug from placement where domains @> array[$1]::text[] and slug <> $2", named, slug
        )
        if named and others is not None:
            raise Conflict(f"{named} is a domain of {others!r} already")
        yield
        async with owner_of(await _cell(connection, slug)) as there:
            domains = (await registry.by_slug(there, slug)).domains
        await connection.execute("update placement set domains = $2 where slug = $1", slug, list(domains))


async def listed_cells(connection: asyncpg.Connection) -> list[Listed]:
    """All cells of the directory by name."""
    rows = await connection.fetch(
        "select c.name, count(p.company) as companies, c.added_at, c.draining_at from cell c"
        " left join placement p on p.cell = c.name and p.state <> 'erased' group by c.name order by c.name"
    )
    return [Listed(**row) for row in rows]


async def on_cell(connection: asyncpg.Connection, name: str) -> list[Place]:
    """The companies that are there, by slug."""
    rows = await connection.fetch("select * from placement where cell = $1 and state <> 'erased' order by slug", name)
    return [place_of_row(row) for row in rows]


async def add_cell(connection: asyncpg.Connection, cell: cells.Cell) -> list[str]:
    """Place new companies there from now on, and those that are registered there already: their slugs. As the owner role; the
    cell was migrated. Raises Conflict for a slug that another company has."""
    async with owner_of(cell) as there:
        rows = await there.fetch(
            "select id, slug, domains, erased_at from tenant where moving_to is null order by slug"
        )
    async with connection.transaction():
        await connection.execute("lock table placement in share row exclusive mode")
        await connection.execute(
            "insert into cell (name, added_at) values ($1, now()) on conflict (name) do nothing", cell.name
        )
        return [row["slug"] for row in rows if await _adopted(connection, cell.name, row)]


async def _adopted(connection: asyncpg.Connection, cell: str, row: asyncpg.Record) -> bool:
    there = await connection.fetchrow(
        "select company, cell from placement where company = $1 or slug = $2", row["id"], row["slug"]
    )
    if there is not None and there["company"] == row["id"] and there["cell"] == cell:
        return False
    if there is not None:
        raise Conflict(f"The slug {row['slug']!r} of cell {cell} is that of a company on cell {there['cell']} already")
    await connection.execute(
        "insert into placement (company, slug, cell, state, domains, placed_at) values ($1, $2, $3, $4, $5, now())",
        row["id"],
        row["slug"],
        cell,
        "erased" if row["erased_at"] else "served",
        row["domains"],
    )
    return True


async def begin(connection: asyncpg.Connection) -> None:
    """Let the first cell be one of the directory, with the companies that it had when it was the only one. As the owner role."""
    first = cells.used()[0]
    known = await connection.fetchval("select true from cell where name = $1", first.name)
    others = await connection.fetchval("select string_agg(name, ', ') from cell where name <> $1", first.name)
    if not known and others:
        raise cells.BadCells(
            f"the directory here is of the cells {others}: name the one first in {cells.VARIABLE} that was"
        )
    if not known or await connection.fetchval(UNPLACED):
        await add_cell(connection, first)


async def refill(connection: asyncpg.Connection, name: str) -> None:
    """Place new companies there again."""
    await connection.execute("update cell set draining_at = null where name = $1", name)


async def drain(connection: asyncpg.Connection, name: str) -> list[Place]:
    """Place no new company there; those that are there stay until they are moved. Raises NotFound."""
    done = await connection.execute("update cell set draining_at = coalesce(draining_at, now()) where name = $1", name)
    if done != "UPDATE 1":
        raise NotFound(f"The directory knows no cell {name!r}: guibin cell list")
    return await on_cell(connection, name)


async def everyone(directory_url: str) -> Everyone:
    """All companies by slug, as the owner role; of a cell that is away what the directory knows of it."""
    if not cells.used():
        async with connected_to(directory_url) as connection:
            return Everyone([("", tenant) for tenant in await registry.everyone(connection)], {})
    async with connected_to(directory_url) as connection:
        placed = {row["company"]: place_of_row(row) for row in await connection.fetch("select * from placement")}
    found, away = [], {}
    for cell in cells.used():
        here = {company for company, place in placed.items() if place.cell == cell.name}
        try:
            async with owner_of(cell) as there:
                found += [(cell.name, one) for one in await registry.everyone(there) if one.id in here]
        except UNREACHABLE:
            away[cell.name] = sorted(placed[company].slug for company in here)
    return Everyone(sorted(found, key=lambda one: one[1].slug), away)


async def owner_url(directory_url: str, slug: str) -> str:
    """The owner role's address of the cell that has the company. Raises NotFound."""
    if not cells.used():
        return directory_url
    async with connected_to(directory_url) as connection:
        return (await _cell(connection, slug)).url("owner")


async def _cell(connection: asyncpg.Connection, slug: str) -> cells.Cell:
    name = await connection.fetchval("select cell from placement where slug = $1", slug)
    if name is None:
        raise registry.unknown(slug)
    return cells.named(name)


def owner_of(cell: cells.Cell) -> contextlib.AbstractAsyncContextManager[asyncpg.Connection]:
    """A connection to the cell as the owner role."""
    return connected_to(cell.url("owner"))


def owners(directory_url: str) -> Iterable[tuple[str, str]]:
    """Each cell's name and the address of its owner role; an empty name where there is but one."""
    return [(cell.name, cell.url("owner")) for cell in cells.used()] or [("", directory_url)]
