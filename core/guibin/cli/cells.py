"""`guibin cell`: the databases on which companies are placed."""

import contextlib
from collections.abc import AsyncIterator

import asyncpg
from cyclopts import App

from guibin.operation import migrations
from guibin_tenants import cells, directory
from guibin_tenants.database import connected_to
from guibin_tenants.refusals import Invalid

from . import environment
from .output import Json, answer, answer_table

app = App(name="cell", help="Add, list and drain the databases on which companies are placed.")


@app.command
async def add(name: str, *, json: Json = False) -> None:
    """Let new companies be placed on a cell that GUIBIN_CELLS names, again after it was drained; it is brought up to this release
    first. Companies that are registered there already keep their slugs."""
    async with _directory() as connection:
        cell = _named(name)
        await migrations.migrate(cell.url("owner"), environment.packs().schemas())
        taken_in = await directory.add_cell(connection, cell)
        await directory.refill(connection, name)
    there = f" {len(taken_in)} companies were there already: {', '.join(taken_in)}." if taken_in else ""
    answer({"cell": name, "companies": taken_in}, f"New companies are placed on {name}.{there}", json=json)


@app.command(name="list")
async def list_(*, json: Json = False) -> None:
    """Each cell, its companies, and whether it is there."""
    async with _directory() as connection:
        listed = {one.name: one for one in await directory.listed_cells(connection)}
    rows = []
    for cell in cells.used():
        one = listed.get(cell.name)
        state = "not added" if one is None else "draining" if one.draining_at else "open"
        rows.append((cell.name, one.companies if one else 0, state, await _seen(cell)))
    found = [
        {"cell": name, "companies": companies, "state": state, "server": server}
        for name, companies, state, server in rows
    ]
    answer_table(found, ("cell", "companies", "state", "server"), rows, json=json)


@app.command
async def drain(name: str, *, json: Json = False) -> None:
    """Place no new company there; those that are there stay."""
    async with _directory() as connection:
        left = [place.slug for place in await directory.drain(connection, name)]
    said = (
        f"{len(left)} companies are there: {', '.join(left)}." if left else "No company is there: it may be taken away."
    )
    answer({"cell": name, "companies": left}, f"No new company is placed on {name}. {said}", json=json)


@contextlib.asynccontextmanager
async def _directory() -> AsyncIterator[asyncpg.Connection]:
    with environment.urls() as urls:
        if not cells.used():
            raise Invalid.at("cell", f"one of several: {cells.VARIABLE} names them", "see docs/operating.md")
        async with connected_to(urls.owner) as connection:
            yield connection


def _named(name: str) -> cells.Cell:
    found = next((cell for cell in cells.used() if cell.name == name), None)
    if found is None:
        raise Invalid.at(
            "cell", f"one of {', '.join(cell.name for cell in cells.used())}", f"see {cells.VARIABLE}", name
        )
    return found


async def _seen(cell: cells.Cell) -> str:
    try:
        async with directory.owner_of(cell) as connection:
            return f"PostgreSQL {await connection.fetchval('show server_version')}"
    except (OSError, asyncpg.PostgresError) as error:
        return f"away: {type(error).__name__}"
