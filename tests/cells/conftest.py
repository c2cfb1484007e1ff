"""Two cells: `north`, a database of the run's own server, and `south`, a server of its own that a test may stop."""

import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import asyncpg
import pytest

from guibin.operation import embedded, migrations
from guibin_tenants import cells, directory, keyring, placement
from guibin_tenants.cells import Cell
from guibin_tenants.database import connected
from support import World, pool_put_aside

# Whichever tests were collected before, what is borrowed from other folders is found.
sys.modules["tests"].__path__ = [str(Path(__file__).parents[1])]

from tests.conftest import _copy  # noqa: E402

START = "import sys, pathlib, guibin.operation.embedded as e; e.start(pathlib.Path(sys.argv[1]), settings=e.FORGETFUL)"


class South:
    """A server of its own, stopped and started as another process would."""

    def __init__(self, home: Path) -> None:
        self.home = home

    async def stop(self) -> None:
        """As a machine that is gone."""
        await asyncio.to_thread(embedded.stop_postgres, self.home)

    async def start(self) -> None:
        """It comes back with all it had."""
        await asyncio.to_thread(subprocess.run, [sys.executable, "-c", START, str(self.home)], check=True)


@pytest.fixture(scope="session")
def south_server(packs):
    home = Path(tempfile.mkdtemp(prefix="guibin-south-"))
    home.chmod(0o755)
    started = embedded.start(home, settings=embedded.FORGETFUL)
    try:
        yield South(home), Cell("south", started.app_url, started.owner_url, started.relay_url)
    finally:
        embedded.stop(home)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
async def named(database, servers, south_server, packs, anyio_backend):
    """Both cells, new and migrated, the directory on the first; and the server of the second."""
    name = database.app.split("?")[0].rsplit("/", 1)[1]
    north = Cell("north", *(_at(getattr(database, role), name, f"{name}_north") for role in ("app", "owner", "relay")))
    server, south = south_server
    await server.start()
    await _copy(servers["superuser"], f"{name}_north")
    superuser = await asyncpg.connect(embedded.superuser_url(server.home))
    await superuser.execute("drop database if exists guibin with (force)")
    await superuser.execute("create database guibin owner guibin_owner encoding 'UTF8'")
    await superuser.close()
    before = cells.used()
    cells.use_cells((north, south))
    try:
        await migrations.migrate_all(north.owner, packs.schemas())
        async with directory.owner_of(north) as connection:
            await directory.add_cell(connection, south)
        yield (north, south), server
    finally:
        cells.use_cells(before)
        placement.forget_all()


@pytest.fixture(scope="module")
async def pool(named, anyio_backend):
    """The application's connections: to both cells."""
    (north, _), _ = named
    with pool_put_aside():
        async with connected(north.app, pool_size=12) as pool:
            yield pool


@pytest.fixture
async def world(named, pool, application, packs, clock, database):
    """The application over both cells: companies are placed by turns."""
    (north, _), _ = named
    placement.forget_all()
    keyring.use_root_key(b"\x07" * 32)
    return World(application[0], packs, clock, north.owner, north.app, database.redis)


@pytest.fixture
async def both(world):
    """A company on each cell: the north's first."""
    return await world.tenant(cell="north"), await world.tenant(cell="south")


@contextlib.asynccontextmanager
async def owner_on(cell):
    """A connection to the cell as the owner role."""
    connection = await asyncpg.connect(cell.owner)
    try:
        yield connection
    finally:
        await connection.close()


def variable(*named_cells) -> str:
    """GUIBIN_CELLS for these."""
    return json.dumps({cell.name: {"app": cell.app, "owner": cell.owner, "relay": cell.relay} for cell in named_cells})


def _at(url: str, name: str, other: str) -> str:
    return url.replace(f"/{name}?", f"/{other}?")
