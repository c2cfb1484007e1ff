"""One PostgreSQL and one Valkey for the whole run; one database, one application and its connections per worker."""

import asyncio
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import documented
import pytest
from argon2 import PasswordHasher
from hypothesis import settings
from mutating.touches import OPTION, Touches
from pack_values import all_packs, take_away

from guibin.app import problems
from guibin.operation import embedded, migrations
from guibin.packs import Packs
from guibin_tenants import cells, directory, keyring, passwords
from guibin_tenants.database import connected
from support import ALTERED, PASSWORD, REDIS_DATABASE, SERVERS, TestClock, World, litestar_in, make_app

TEMPLATE = "guibin"
REDIS_DATABASES = 16
# How long an example takes says how busy the machine is.
settings.register_profile("guibin", deadline=None)
settings.load_profile("guibin")


@dataclass(frozen=True)
class Database:
    """This worker's database, by role."""

    owner: str
    app: str
    relay: str
    redis: str


# Without packs there is nothing of theirs to test, no story that they brought, nor a worker process that could load them.
NEED_PACKS = ("plugins", "third_party", "faults", "conformance/test_promises.py")


def pytest_addoption(parser):
    parser.addoption(
        "--without-packs", action="store_true", help="run the core's tests with no pack installed, its values as data"
    )
    parser.addoption(
        "--cells", type=int, default=1, metavar="N", help="place the companies of the tests on N databases, by turns"
    )
    parser.addoption(OPTION, metavar="FILE", help="write down which tests touch what, for `make mutate`")


def pytest_ignore_collect(collection_path, config):
    root = Path(__file__).parent
    if config.getoption("--without-packs") and collection_path in {root / name for name in NEED_PACKS}:
        return True
    return None


def pytest_configure(config):
    """The controller (or a run without workers) starts the servers; workers are told where."""
    if config.getoption("--without-packs"):
        take_away()
    if config.getoption(OPTION):
        touches = Touches(config.getoption(OPTION), all_packs())
        touches.watch()
        config.pluginmanager.register(touches)
    if hasattr(config, "workerinput"):
        return
    if SERVERS in os.environ:
        config.guibin_servers = json.loads(os.environ[SERVERS])
        return
    home = Path(tempfile.mkdtemp(prefix="guibin-tests-", dir=os.environ.get("TMPDIR", "/tmp")))
    home.chmod(0o755)
    servers = embedded.start(home, settings=embedded.FORGETFUL)
    try:
        asyncio.run(migrations.migrate(servers.owner_url, all_packs().schemas()))
    except BaseException:
        embedded.stop(home)
        raise
    config.guibin_home = home
    config.guibin_servers = {
        "owner": servers.owner_url,
        "app": servers.app_url,
        "relay": servers.relay_url,
        "redis": servers.redis_url,
        "presence": servers.presence_url,
        "superuser": embedded.superuser_url(home),
    }


def pytest_configure_node(node):
    node.workerinput["guibin_servers"] = json.dumps(node.config.guibin_servers)


def pytest_unconfigure(config):
    home = getattr(config, "guibin_home", None)
    if home is not None:
        embedded.stop(home)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="session")
def servers(request) -> dict[str, str]:
    """The servers of the whole run, one address for each role."""
    config = request.config
    return json.loads(config.workerinput["guibin_servers"]) if hasattr(config, "workerinput") else config.guibin_servers


@pytest.fixture(scope="session")
def database(request, servers) -> Database:
    """A database of this worker's own, made from the migrated template."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "alone")
    number = int(worker.removeprefix("gw")) + 1 if worker != "alone" else 1
    name = f"guibin_{worker}"
    if SERVERS in os.environ:
        name = f"guibin_within_{os.getpid()}"
        number = int(os.environ.get(REDIS_DATABASE, REDIS_DATABASES - 1))
    asyncio.run(_copy(servers["superuser"], name))
    urls = {role: servers[role].replace("/guibin?", f"/{name}?") for role in ("owner", "app", "relay")}
    asyncio.run(_alter(urls["owner"], json.loads(os.environ.get(ALTERED, "[]"))))
    if request.config.getoption("--cells") > 1:
        asyncio.run(_spread(servers["superuser"], urls, name, request.config.getoption("--cells")))
    return Database(**urls, redis=servers["redis"].replace("/0", f"/{number}"))


async def _spread(superuser: str, urls: dict[str, str], name: str, number: int) -> None:
    """Further databases of the same server as cells; processes that tests start are told of them, too."""
    places = {f"cell{place}": name if place == 1 else f"{name}_{place}" for place in range(1, number + 1)}
    for database in list(places.values())[1:]:
        await _copy(superuser, database)
    told = {
        cell: {role: url.replace(f"/{name}?", f"/{database}?") for role, url in urls.items()}
        for cell, database in places.items()
    }
    os.environ[cells.VARIABLE] = json.dumps(told)
    cells.use_cells(cells.cells_of(os.environ))
    async with directory.owner_of(cells.used()[0]) as connection:
        for cell in cells.used():
            await directory.add_cell(connection, cell)


async def _copy(superuser: str, name: str) -> None:
    connection = await asyncpg.connect(superuser)
    try:
        await connection.execute(f"drop database if exists {name}")
        await connection.execute(f"create database {name} template {TEMPLATE} owner guibin_owner")
    finally:
        await connection.close()


async def _alter(owner: str, statements: list[str]) -> None:
    if statements:
        connection = await asyncpg.connect(owner)
        try:
            await connection.execute("; ".join(statements))
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def packs() -> Packs:
    """Every pack of this run."""
    return all_packs()


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords():
    """Passwords are hashed by the same algorithm at its least cost, and how soon the tests' own is guessed is judged once:
    hundreds of accounts would be most of the run."""
    judge = passwords._strength
    strength = judge(PASSWORD, ())

    def judged(password, about):
        return strength if password == PASSWORD else judge(password, about)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        patch.setattr(passwords, "_strength", judged)
        yield


@pytest.fixture(scope="session", autouse=True)
def english_callers():
    """Who calls the API and names no language is refused in English: `tests/app/test_refusals.py` asks as it is served."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(problems, "unsaid", lambda _: "en")
        yield


@pytest.fixture(scope="session")
def shared_application(database):
    """This worker's application and its clock. Registering hundreds of routes takes longer than most tests."""
    clock = TestClock()
    return make_app(database.app, all_packs(), clock), clock


@pytest.fixture(scope="session")
def application(shared_application):
    """The application that is asked, and its clock."""
    return shared_application


@pytest.fixture
def clock(application) -> TestClock:
    """The application's clock, set back to its start."""
    _, clock = application
    clock.set(TestClock.START)
    return clock


@pytest.fixture(scope="session")
async def pool(database, anyio_backend):
    """The connections of every application of this worker: a new one knows no table yet, and learns slowly."""
    async with connected(database.app, pool_size=24) as pool:
        yield pool


@pytest.fixture(scope="session")
def lasting(shared_application, database, pool) -> World:
    """For companies that several tests look at: what these change they undo (`rollback_only`)."""
    keyring.use_root_key(b"\x07" * 32)
    app, clock = shared_application
    return World(app, all_packs(), clock, database.owner, database.app, database.redis)


@pytest.fixture(autouse=True)
def _answers_as_described():
    """No test gets an answer that the API's document does not tell of."""
    documented.untold.clear()
    yield
    assert documented.untold == set(), "the document says nothing of these answers"


@pytest.fixture
async def world(application, database, pool, packs, clock):
    """The application as it is between start and stop."""
    keyring.use_root_key(b"\x07" * 32)
    app, _ = application
    # What one test asks from its address slows no other test down.
    litestar_in(app).state.survey_limits.buckets.clear()
    litestar_in(app).state.sign_in_limits.buckets.clear()
    return World(app, packs, clock, database.owner, database.app, database.redis)


@pytest.fixture
async def owner(database):
    """A connection as the owner of the tables."""
    connection = await asyncpg.connect(database.owner)
    yield connection
    await connection.close()


@pytest.fixture
async def tenant(world):
    """A company with the cable-TV pack."""
    return await world.tenant()


@pytest.fixture
async def other_tenant(world):
    """Another company."""
    return await world.tenant()


@pytest.fixture
async def client(tenant):
    """A caller who may do everything in `tenant`."""
    async with await tenant.client() as client:
        yield client


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real records, which the project does not ship."""
    folder = Path(os.environ.get("GUIBIN_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the real records are not on this machine: set GUIBIN_SHARED_DATA to their folder")
    return folder
