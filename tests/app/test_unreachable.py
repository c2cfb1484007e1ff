"""PostgreSQL ends a connection: before a request has begun, and in its middle. 503, nothing written, then on as before."""

import asyncio
import contextvars
import struct

import asyncpg
import pytest

from guibin_tenants.scope import execute

CUSTOMER = {"number": "DK00001", "name": "王建国", "kind": "leader", "employer": "成都市教育局"}
# What the server says to a connection it ends, as it goes over the wire.
_FIELDS = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"
ENDED = b"E" + struct.pack("!i", 4 + len(_FIELDS)) + _FIELDS
CUT_WAITING = (
    "select pg_terminate_backend(pid) from pg_stat_activity"
    " where datname = current_database() and usename = current_user and wait_event_type = 'Lock'"
)


@pytest.fixture
async def customer(client):
    answer = await client.post("/api/v1/customers", json=CUSTOMER)
    return answer.json()


async def test_a_connection_cut_in_mid_request(client, tenant, database, customer):
    path = f"/api/v1/customers/{customer['id']}"
    other = await asyncpg.connect(database.app)
    outside = contextvars.copy_context()
    async with tenant.scope():
        await execute("select 1 from customer where id = $1 for update", customer["id"])
        asking = client.patch(path, json={"name": "王小明"}, headers={"If-Match": '"1"'})
        asked = asyncio.create_task(asking, context=outside)
        async with asyncio.timeout(20):
            while not await other.fetch(CUT_WAITING):
                assert not asked.done()
        answer = await asked
    await other.close()

    after = await client.get(path)

    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert (after.status_code, after.json()["name"]) == (200, "王建国")


async def test_a_connection_that_has_been_told_of_its_end_and_not_ended_yet(client, pool, customer):
    path = f"/api/v1/customers/{customer['id']}"
    async with pool.acquire() as connection:
        protocol = connection._protocol
    protocol.data_received(ENDED)

    answers = [await client.get(path) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [503, 200]
