"""Packs from outside the project, found on the path as an installed one would be."""

import sys
from pathlib import Path

import asyncpg
import pytest
from pack_values import plugins

from guibin.packs import Packs
from support import TestClock, make_app

HERE = Path(__file__).parent
sys.path.append(str(HERE))

import guibin_airline_lounge  # noqa: E402  # only now that its folder is on the path
import guibin_gallery  # noqa: E402
import guibin_marina  # noqa: E402

OUTSIDE = {"airline_lounge": guibin_airline_lounge, "gallery": guibin_gallery, "marina": guibin_marina}


@pytest.fixture(scope="session")
def packs() -> Packs:
    """The packs of the run and those from outside."""
    return Packs({**plugins(), **OUTSIDE})


@pytest.fixture(scope="module", autouse=True)
async def _tables_go(database, anyio_backend):
    """What companies of one file had made for these packs is no other file's: tests elsewhere go through every table there is."""
    yield
    outside = Packs(dict(OUTSIDE))
    connection = await asyncpg.connect(database.owner)
    try:
        for table in outside.tables():
            await connection.execute(f"drop table if exists {table._meta.tablename} cascade")
        await connection.execute("delete from applied_change where owner = any ($1)", list(OUTSIDE))
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def application(database, packs):
    """An application of its own: the one other tests share does not know these packs."""
    clock = TestClock()
    return make_app(database.app, packs, clock), clock
