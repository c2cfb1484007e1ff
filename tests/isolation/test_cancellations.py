"""T5: one connection, tenants in turn, cancelled in mid-transaction: no scope survives, nothing is half-written."""

import asyncio
import random

import pytest

from guibin.operation import provisioning
from guibin_tenants import keyring, org_units
from guibin_tenants.database import ENGINE, connected
from guibin_tenants.registry import NewTenant
from guibin_tenants.scope import tenant_or_none, tenant_scope
from guibin_tenants.tables import new_id
from support import pool_put_aside

WRITERS = 150


@pytest.fixture
async def one_connection(database, anyio_backend):
    """The pool with a single connection, so that whatever one tenant leaves behind the next one meets."""
    keyring.use_root_key(b"\x07" * 32)
    with pool_put_aside():
        async with connected(database.app, pool_size=1) as pool:
            yield pool


@pytest.fixture
async def two(one_connection, database, packs, clock):
    return [await _company(database, packs, clock) for _ in range(2)]


async def test_no_scope_survives_a_time_out(one_connection, two, caplog):
    rolls = random.Random(1)
    needed_s = await _needed_s(two[0])
    timed_out = 0
    for number in range(WRITERS):
        try:
            async with asyncio.timeout(needed_s * rolls.uniform(0, 1.5)):
                await _write_a_pair(two[number % 2], f"n{number}")
        except TimeoutError:
            timed_out += 1

        assert tenant_or_none() is None
        assert await _outside(one_connection) == ("", 0)

    assert 0 < timed_out < WRITERS
    assert caplog.records == []
    for tenant, remainder in zip(two, (0, 1), strict=True):
        left, right = await _written(tenant)
        assert left == right
        assert left
        assert {int(code[1:]) % 2 for code in left} == {remainder}


async def test_waiting_in_line_may_be_cancelled(one_connection, two):
    """Cancelled before a connection was had: nobody else's turn is lost."""
    rolls = random.Random(2)
    tasks = [asyncio.create_task(_write_a_pair(two[n % 2], f"n{n}")) for n in range(60)]
    for task in rolls.sample(tasks, 40):
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert await _outside(one_connection) == ("", 0)
    finished = {f"n{n}" for n, outcome in enumerate(outcomes) if outcome is None}
    assert len(finished) == 20
    assert {code for tenant in two for code in (await _written(tenant))[0]} == finished


async def _write_a_pair(tenant, code):
    async with tenant_scope(tenant.id):
        await org_units.open_unit(code=f"{code}-left", name=code, parent="head-office")
        await org_units.open_unit(code=f"{code}-right", name=code, parent="head-office")


async def _needed_s(tenant):
    started = asyncio.get_running_loop().time()
    for number in range(5):
        await _write_a_pair(tenant, f"warm-{number}")
    return (asyncio.get_running_loop().time() - started) / 5


async def _outside(pool):
    assert ENGINE.pool is pool
    async with pool.acquire() as connection:
        return await connection.fetchval(
            "select current_setting('guibin.tenant', true)"
        ) or "", await connection.fetchval("select count(*) from org_unit")


async def _written(tenant):
    async with tenant_scope(tenant.id) as scope:
        codes = [row["code"] for row in await scope.connection.fetch("select code from org_unit where code like 'n%'")]
    return tuple({code.partition("-")[0] for code in codes if code.endswith(side)} for side in ("-left", "-right"))


async def _company(database, packs, clock):
    slug = f"tenant-{new_id().hex[-12:]}"
    return await provisioning.provision(
        NewTenant(slug=slug, name=slug, packs=("cable_tv",)),
        owner_url=database.owner,
        app_url=database.app,
        packs=packs,
        now=clock(),
    )
