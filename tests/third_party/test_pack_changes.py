"""A pack whose tables were made by a former version of it: its changes run when the database is migrated, and until then it is
put aside."""

import asyncpg
import guibin_airline_lounge
import pytest
from pack_values import plugins

from guibin.conformance.soundness import sound
from guibin.operation import checks, migrations
from support import make_app

STAYS = "/api/v1/packs/airline_lounge/stays"
BACK = "alter table airline_lounge_stay rename column wish to remark"


@pytest.fixture
async def owner(database):
    connection = await asyncpg.connect(database.owner)
    yield connection
    await connection.execute("drop table if exists airline_lounge_stay")
    await connection.execute("delete from applied_change where owner = 'airline_lounge'")
    await connection.close()


@pytest.fixture
async def former(world, owner):
    """A company with a guest in the lounge, in a database of the first version, in which `wish` was called `remark`."""
    company = await world.tenant(packs=("airline_lounge",))
    client = await company.client()
    customer = (await client.post("/api/v1/customers", json={"number": "1", "name": "Z", "kind": "flyer"})).json()["id"]
    await client.post(STAYS, json={"customer_id": customer, "lounge": "T2", "wish": "tea"})
    await owner.execute(BACK)
    await owner.execute("delete from applied_change where owner = 'airline_lounge'")
    return company, customer


def started():
    return sound({**plugins(), "airline_lounge": guibin_airline_lounge})


async def test_a_pack_whose_changes_wait_is_put_aside_and_the_others_are_served(world, database, former):
    company, _ = former
    packs = started()

    await migrations.put_aside_unchanged(packs, database.app)
    app = make_app(database.app, packs, world.clock)
    world.app = app
    client = await company.client()

    assert [str(one) for one in packs.aside["airline_lounge"]] == [
        "pack 'airline_lounge': change 1 'wish': waits for its tables (guibin migrate)"
    ]
    assert (await client.get(STAYS)).status_code == 503
    assert (await client.get("/api/v1/customers")).status_code == 200
    found = await checks._changes(database.owner, started())
    assert (found.ok, "change 1 'wish'" in found.detail) == (False, True)


async def test_after_the_migration_the_guest_is_there_and_nothing_waits(database, former, owner):
    company, customer = former
    packs = started()

    done = await migrations.migrate(database.owner, packs.schemas())
    await migrations.put_aside_unchanged(packs, database.app)

    assert (done.changed, done.refused, packs.aside) == (("airline_lounge/1 wish",), (), {})
    client = await company.client()
    assert [one["customer_id"] for one in (await client.get(STAYS)).json()] == [customer]
    async with company.scope() as scope:
        assert await scope.connection.fetchval("select wish from airline_lounge_stay") == "tea"


async def test_erasing_the_customer_blanks_what_a_change_renamed(database, former):
    company, customer = former
    await migrations.migrate(database.owner, started().schemas())
    client = await company.client()

    erased = await client.delete(f"/api/v1/customers/{customer}")

    assert erased.status_code in (200, 204), erased.text
    async with company.scope() as scope:
        assert await scope.connection.fetchval("select wish from airline_lounge_stay") == "—"
