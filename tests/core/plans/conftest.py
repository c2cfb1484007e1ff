"""A carrier's outlet with account managers, its leader, and the neighbours; the work of a morning."""

import pytest
from desk import open_desk

from guibin_tenants.scope import execute, fetch
from support import PASSWORD


@pytest.fixture
async def desk(world):
    return await open_desk(world, "telecom")


@pytest.fixture
async def people(desk):
    """The people of two outlets, who began before the year did."""
    for code in ("east", "west"):
        await desk.tenant.unit(code)
    found = {
        "own": await desk.tenant.staff("own", "account_manager", unit="east"),
        "colleague": await desk.tenant.staff("colleague", "account_manager", unit="east"),
        "lead": await desk.tenant.staff("lead", "manager", "account_manager", unit="east"),
        "west": await desk.tenant.staff("west", "manager", unit="west"),
        "head": await desk.tenant.staff("head", "manager"),
    }
    async with desk.tenant.scope():
        await execute("update staff set created_at = '2025-06-01T00:00:00Z'")
    return found


@pytest.fixture
def told(desk):
    """What a member of staff was told, in order: the kind of each notice."""

    async def read(client):
        async with desk.tenant.scope():
            rows = await fetch(
                "select kind from staff_notice where staff_id = $1 order by told_at, kind", client.staff_id
            )
        return [row["kind"] for row in rows]

    return read


@pytest.fixture
def again(desk):
    """Sign in once more: sessions last twelve hours."""

    async def sign_in(client, login):
        fresh = desk.tenant.world.client()
        body = {"company": desk.tenant.slug, "login": login, "password": PASSWORD}
        answer = await fresh.post("/api/v1/sessions", json=body)
        fresh.headers["X-CSRF-Token"] = answer.json()["csrf"]
        fresh.staff_id = client.staff_id
        return fresh

    return sign_in
