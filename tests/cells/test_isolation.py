"""Two companies on different cells: neither sees the other, nothing is written on the wrong cell, no stale word is gone by."""

import asyncio

import asyncpg
import pytest
from table_rows import insert, values_for
from tests.isolation.conftest import two  # noqa: F401  # the fixture, over this folder's world
from tests.isolation.matrix import TENANT_TABLES, leaks
from tests.isolation.test_route_matrix import (
    test_another_tenants_ids_answer_as_ids_that_do_not_exist as ids_of_another_answer_as_none,
)

from guibin_tenants import credentials, placement
from guibin_tenants.org_units import OrgUnit
from guibin_tenants.placement import NotHere
from guibin_tenants.refusals import Conflict
from guibin_tenants.scope import fetch_value, lock_of, tenant_scope
from guibin_tenants.tables import new_id

from .conftest import owner_on

pytestmark = pytest.mark.cells

CUSTOMER = {"number": "DK00001", "name": "王建国", "kind": "leader", "employer": "成都市教育局"}


async def _rows(cell, company, table):
    async with owner_on(cell) as connection, connection.transaction():
        await connection.execute("select set_config('guibin.tenant', $1, true)", str(company.id))
        await connection.execute("set local guibin.units = '*'")
        return await connection.fetchval(f"select count(*) from {table} where tenant_id = $1", company.id)


async def _stands(world, company):
    return (await placement.by_slug(company.slug)).cell


async def test_companies_are_placed_by_turns(world):
    made = [await world.tenant() for _ in range(4)]

    places = [await _stands(world, company) for company in made]

    assert sorted(places) == ["north", "north", "south", "south"]


async def test_a_company_is_whole_on_one_cell(named, both):
    (north, south), _ = named
    for company in both:
        async with await company.client() as client:
            assert (await client.post("/api/v1/customers", json=CUSTOMER)).status_code == 201

    found = [[await _rows(cell, company, "customer") for cell in (north, south)] for company in both]

    assert found == [[1, 0], [0, 1]]
    for table in TENANT_TABLES:
        name = table._meta.tablename
        assert (name, await _rows(south, both[0], name), await _rows(north, both[1], name)) == (name, 0, 0)


async def test_two_tables_matrix(world, two):  # noqa: F811
    a, b, rows = two
    assert await _stands(world, a) != await _stands(world, b)
    found = []
    async with tenant_scope(b.id):
        for table in TENANT_TABLES:
            found += await leaks(table, a, b, rows)

    # A row with another's tenant id is refused; that its reference leads nowhere here refuses it, too.
    assert found == []


async def test_two_routes_matrix(world, two):  # noqa: F811
    assert await _stands(world, two[0]) != await _stands(world, two[1])
    await ids_of_another_answer_as_none(world, two)


async def test_a_key_of_one_is_nobodys_on_the_other(world, both):
    north, south = both
    token = await north.key()
    forged, _ = credentials.issue("gb_live_", south.id)
    unknown, _ = credentials.issue("gb_live_", new_id())

    codes = [(await world.client(one).get("/api/v1/customers")).status_code for one in (token, forged, unknown)]

    assert codes == [200, 401, 401]


async def test_what_is_remembered_wrongly_is_asked_again_and_never_gone_by(named, both):
    """As in a process that has heard nothing of a move."""
    (north, south), _ = named
    company = both[1]
    place = await placement.by_slug(company.slug)
    placement._places[company.id] = placement.Place(place.company, place.slug, "north", "served")

    async with await company.client() as client:
        answer = await client.post("/api/v1/customers", json=CUSTOMER)

    assert answer.status_code == 201
    assert (await _rows(north, company, "customer"), await _rows(south, company, "customer")) == (0, 1)
    assert await _stands(None, company) == "south"


async def test_an_old_registration_is_a_tombstone(named, both, monkeypatch):
    """What still lies where the company was is read by nobody, and nothing is written there, even when the directory is wrong."""
    (_, south), _ = named
    company = both[1]
    token = await company.key()
    async with owner_on(south) as connection:
        await connection.execute("update tenant set moving_to = 'north' where id = $1", company.id)
    monkeypatch.setattr("guibin_tenants.scope.MOVES_WITHIN_S", 0.2)

    with pytest.raises(NotHere):
        async with tenant_scope(company.id):
            pytest.fail("a scope was opened on a tombstone")
    async with company.world.client(token) as client:
        answer = await client.post("/api/v1/customers", json=CUSTOMER)

    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/company-moving")
    assert answer.headers["Retry-After"] == "1"
    assert await _rows(south, company, "customer") == 0


async def test_whoever_moves_a_company_waits_for_what_is_in_progress_and_lets_nobody_in(named, both, monkeypatch):
    (_, south), _ = named
    company = both[1]
    monkeypatch.setattr("guibin_tenants.scope.MOVES_WITHIN_S", 0.2)
    async with owner_on(south) as connection:
        async with company.scope():
            during = await connection.fetchval("select pg_try_advisory_lock($1)", lock_of(company.id))
        after = await connection.fetchval("select pg_try_advisory_lock($1)", lock_of(company.id))
        with pytest.raises(NotHere):
            async with company.scope():
                pytest.fail("a scope was opened beside whoever moves the company")

    assert (during, after) == (False, True)


async def test_nothing_is_seen_or_written_for_a_company_that_nobody_knows(named, world, both):
    (north, _), _ = named
    stranger = new_id()
    async with owner_on(north) as connection, connection.transaction():
        await connection.execute("select set_config('guibin.tenant', $1, true)", str(stranger))
        await connection.execute("set local guibin.units = '*'")
        await connection.execute(
            "insert into tenant_setting (tenant_id, id, name, value) values ($1, $2, 'idle_minutes', '5')",
            stranger,
            new_id(),
        )

    async with tenant_scope(stranger) as scope:
        seen = await fetch_value("select count(*) from tenant_setting")
        with pytest.raises(asyncpg.PostgresError):
            await insert(scope.connection, OrgUnit, values_for(OrgUnit, stranger, {}))
        scope.rollback_only = True

    assert seen == 0


async def test_a_slug_is_one_companys_over_all_cells(world):
    first = await world.tenant(cell="north")
    with pytest.raises(Conflict):
        await world.tenant(first.slug, cell="south")

    assert await asyncio.wait_for(_stands(world, first), 5) == "north"
