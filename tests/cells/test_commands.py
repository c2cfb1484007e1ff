"""`guibin cell`, and every other command by way of the slug to the cell."""

import asyncio
import base64
import json
from pathlib import Path

import asyncpg
import pytest
from tests.cli.conftest import _typed

from guibin.operation import embedded, migrations, supervisor
from guibin_tenants import cells, placement
from guibin_tenants.cells import BadCells, Cell, cells_of
from guibin_tenants.database import UnsafeDatabase, connected, refuse_unsafe
from support import pool_put_aside

from .conftest import owner_on, variable

pytestmark = pytest.mark.cells


@pytest.fixture
def guibin(named, world, tmp_path, monkeypatch):
    """Run the command within this process; exit code, standard output and error."""
    both, _ = named
    environment = {
        "GUIBIN_HOME": str(tmp_path),
        "GUIBIN_ROOT_KEY": base64.b64encode(b"\x07" * 32).decode(),
        "GUIBIN_REDIS_URL": world.redis_url,
        "GUIBIN_CELLS": variable(*both),
        "GUIBIN_DATABASE_URL": both[0].app,
        "GUIBIN_OWNER_URL": both[0].owner,
        "GUIBIN_RELAY_URL": both[0].relay,
        "GUIBIN_PASSWORD": "correct horse battery",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("guibin.cli.environment.packs", lambda: world.packs)

    async def run(*words):
        with pool_put_aside():
            return await asyncio.to_thread(_typed, words)

    return run


async def _asked(guibin, *words):
    code, out, err = await guibin(*words)
    assert code == 0, err
    return json.loads(out)


async def test_cells_are_listed_with_their_companies(guibin, both):
    listed = await _asked(guibin, "cell", "list", "--json")

    assert [(one["cell"], one["state"]) for one in listed] == [("north", "open"), ("south", "open")]
    assert all(one["companies"] >= 1 and one["server"].startswith("PostgreSQL") for one in listed)


async def test_of_a_cell_that_is_away_the_companies_are_named_and_the_others_are_told(guibin, named, both):
    north, south = both
    _, server = named
    await server.stop()
    try:
        code, out, err = await guibin("tenant", "list", "--json")
    finally:
        await server.start()

    told = {one["slug"] for one in json.loads(out)}
    assert (code, north.slug in told, south.slug in told) == (1, True, False)
    assert "cell south is away, with" in err
    assert south.slug in err


async def test_a_company_is_made_where_it_is_said_and_found_again(guibin):
    made = await guibin("tenant", "create", "said-south", "--pack", "cable_tv", "--cell", "south")
    nowhere = await guibin("tenant", "create", "said-west", "--pack", "cable_tv", "--cell", "west")

    assert made[0] == 0, made[2]
    assert nowhere[0] == 1
    assert "north, south" in nowhere[2]
    everyone = await _asked(guibin, "tenant", "list", "--json")
    assert [one["slug"] for one in everyone if one["slug"].startswith("said-")] == ["said-south"]
    assert (await placement.by_slug("said-south")).cell == "south"


async def test_commands_of_a_company_reach_its_cell(guibin, named, both):
    (north, south), _ = named
    _, company = both
    staff = await guibin("staff", "add", company.slug, "--login", "wang", "--name", "王敏", "--role", "manager")
    key = await guibin("key", "create", company.slug, "--scope", "*")
    suspended = await guibin("tenant", "suspend", company.slug, "--because", "unpaid")

    assert [code for code, _, _ in (staff, key, suspended)] == [0, 0, 0], (staff, key, suspended)
    async with owner_on(south) as there, owner_on(north) as elsewhere:
        assert await there.fetchval("select suspended_because from tenant where id = $1", company.id) == "unpaid"
        assert await elsewhere.fetchval("select count(*) from tenant where id = $1", company.id) == 0
    async with company.scope() as scope:
        assert await scope.connection.fetchval("select count(*) from staff where login = 'wang'") == 1
    assert (await guibin("tenant", "resume", company.slug))[0] == 0


async def test_a_domain_is_one_companys_over_all_cells(guibin, both):
    north, south = both
    first = await guibin("tenant", "domain", "add", south.slug, "vip.south.example")
    second = await guibin("tenant", "domain", "add", north.slug, "vip.south.example")
    found = await placement.by_domain("vip.south.example")
    removed = await guibin("tenant", "domain", "remove", south.slug, "vip.south.example")
    third = await guibin("tenant", "domain", "add", north.slug, "vip.south.example")

    assert [code for code, _, _ in (first, second, removed, third)] == [0, 1, 0, 0], (first, second, removed, third)
    assert south.slug in second[2]
    assert found.company == south.id
    assert (await placement.by_domain("vip.south.example")).company == north.id


async def test_a_drained_cell_takes_no_new_company_until_it_is_added_again(guibin, both):
    _, south = both
    drained = await _asked(guibin, "cell", "drain", "south", "--json")
    refused = await guibin("tenant", "create", "drained-one", "--cell", "south")
    placed = [await guibin("tenant", "create", f"drained-{number}") for number in ("two", "three")]
    elsewhere = [(await placement.by_slug(f"drained-{number}")).cell for number in ("two", "three")]
    again = await guibin("cell", "add", "south")
    now = await guibin("tenant", "create", "drained-four", "--cell", "south")

    assert south.slug in drained["companies"]
    assert (refused[0], [code for code, _, _ in placed], elsewhere) == (1, [0, 0], ["north", "north"])
    assert (again[0], now[0]) == (0, 0), (again, now)


async def test_an_erased_company_leaves_its_slug_to_nobody_on_any_cell(guibin, named, both):
    (_, south), _ = named
    _, company = both
    assert (await guibin("tenant", "suspend", company.slug, "--because", "left"))[0] == 0
    async with owner_on(south) as connection:
        await connection.execute("update tenant set suspended_at = now() - interval '1 hour' where id = $1", company.id)

    erased = await guibin("tenant", "erase", company.slug, "--yes", company.slug)
    again = await guibin("tenant", "create", company.slug, "--cell", "north")

    assert erased[0] == 0, erased[2]
    assert (again[0], "was erased" in again[2]) == (1, True)


async def test_the_doctor_looks_at_each_cell(guibin):
    found = await _asked(guibin, "doctor", "--json")

    said = {one["what"]: one["ok"] for one in found}
    assert said["the directory knows every cell and every company"] is True
    for name in ("north", "south"):
        assert {ok for what, ok in said.items() if what.startswith(f"cell {name}: ")} == {True}
        assert len([what for what in said if what.startswith(f"cell {name}: ")]) == 4


async def test_companies_of_the_time_before_cells_get_their_place_by_migrating(named, world, both):
    (north, south), _ = named
    async with owner_on(north) as connection:
        await connection.execute("delete from placement where company = $1", both[0].id)
    placement.forget_all()
    with pool_put_aside():
        with pytest.raises(UnsafeDatabase, match="guibin migrate"):
            async with connected(north.app, pool_size=1):
                pytest.fail("it was served without a place")
        await migrations.migrate_all(north.owner, world.packs.schemas())
        cells.use_cells((north,))
        try:
            with pytest.raises(UnsafeDatabase, match="south"):
                async with connected(north.app, pool_size=1):
                    pytest.fail("it was served without a cell that the directory knows")
        finally:
            cells.use_cells((north, south))

    assert (await placement.by_slug(both[0].slug)).cell == "north"


ONE = '{"north": {"app": "postgresql://a@h/d"}}'
BAD = {
    "north": "is not JSON",
    "{}": "names no cell",
    '{"North": {"app": "postgresql://a@h/d"}}': "is no name",
    '{"north": {}}': "has no address",
    '{"north": {"app": "mysql://a@h/d"}}': "is not postgresql://",
    '{"north": {"reader": "postgresql://a@h/d"}}': "is not JSON like",
    '{"north": {"app": "postgresql://a@h/d", "owner": "postgresql://b@h/e"}}': "lead to different databases",
    '{"north": {"app": "postgresql://a@h/d"}, "south": {"app": "postgresql://b@h:5432/d"}}': "are the same database",
}


@pytest.mark.parametrize("text", BAD)
def test_what_names_no_cells_is_told_in_a_sentence(text):
    with pytest.raises(BadCells, match=BAD[text]):
        cells_of({"GUIBIN_CELLS": text})


def test_one_address_alone_is_no_cell():
    assert cells_of({"GUIBIN_DATABASE_URL": "postgresql://a@h/d"}) == ()
    assert cells_of({"GUIBIN_CELLS": ONE}) == (Cell("north", "postgresql://a@h/d"),)


def test_the_first_cell_is_what_one_address_alone_would_be(named):
    both, _ = named
    environment = {"GUIBIN_CELLS": variable(*both)}

    cells.serve(environment)

    assert environment["GUIBIN_DATABASE_URL"] == both[0].app
    with pytest.raises(BadCells, match="GUIBIN_DATABASE_URL"):
        cells.serve({"GUIBIN_CELLS": variable(*both), "GUIBIN_DATABASE_URL": both[1].app})


def test_a_process_is_told_of_the_cells_what_it_needs(named, monkeypatch):
    both, _ = named
    begun = []
    monkeypatch.setattr("os.execve", lambda *arguments: begun.append(arguments[2]))
    monkeypatch.setenv("GUIBIN_CELLS", variable(*both))

    supervisor.hold_what_is_needed("serve")
    supervisor.hold_what_is_needed("worker")

    roles = [{role for one in json.loads(told["GUIBIN_CELLS"]).values() for role in one} for told in begun]
    assert roles == [{"app"}, {"app", "relay"}]


@pytest.fixture
async def with_citus(named, tmp_path_factory):
    """An extension of that name in the south: nothing but its control file."""
    (_, south), server = named
    folder = Path(tmp_path_factory.mktemp("citus", numbered=True))
    for part in (folder, *folder.parents):
        if str(part).startswith("/tmp/"):
            part.chmod(0o755)
    (folder / "extension").mkdir()
    (folder / "extension" / "citus.control").write_text("default_version = '14.0'\nrelocatable = true\n")
    (folder / "extension" / "citus--14.0.sql").write_text("select true;\n")
    address = embedded.superuser_url(server.home).replace("/postgres?", "/guibin?")
    superuser = await asyncpg.connect(address)
    await superuser.execute(f"set extension_control_path = '{folder}:$system'; create extension citus")
    yield south
    await superuser.execute("drop extension citus")
    await superuser.close()


async def test_a_database_with_citus_is_refused_and_told_why(with_citus, named, guibin, world):
    (north, _), _ = named
    connection = await asyncpg.connect(with_citus.app)
    try:
        with pytest.raises(UnsafeDatabase, match="AS RESTRICTIVE"):
            await refuse_unsafe(connection)
    finally:
        await connection.close()
    with pool_put_aside():
        with pytest.raises(UnsafeDatabase, match="citus"):
            async with connected(north.app, pool_size=1):
                pytest.fail("it was served")
        with pytest.raises(UnsafeDatabase, match="citus"):
            await migrations.migrate_all(north.owner, world.packs.schemas())
    code, out, _ = await guibin("doctor", "--json")

    assert code == 1
    wrong = [one["detail"] for one in json.loads(out) if not one["ok"]]
    # Neither the role nor the keys are looked at in it.
    assert len(wrong) == 2
    assert all("citus" in one for one in wrong)
