"""What was taken away is taken away: at once in this process, and in every other one as soon as it is told."""

import asyncio

import asyncpg
import pytest

from guibin_tenants import authentication, keys, registry, remembering
from guibin_tenants import listening as hearing
from guibin_tenants.access import WATCHERS
from guibin_tenants.authentication import Recognised
from guibin_tenants.credentials import parse
from guibin_tenants.remembering import Remembered, told_by_others
from support import PASSWORD

ME = "/api/v1/me"


@pytest.fixture(autouse=True)
def long_remembered(monkeypatch):
    """Nothing ends by being forgotten in time."""
    monkeypatch.setattr(remembering, "REMEMBERED_FOR_S", 3_600.0)
    monkeypatch.setattr("guibin.app.scope_middleware.REMEMBERED_FOR_S", 3_600.0)


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin", "tenant_admin")


async def status(client):
    return (await client.get(ME)).status_code


async def test_a_credential_is_remembered_meanwhile(tenant, monkeypatch):
    client = await tenant.client()
    # Its first use is written down, and it is looked up once more.
    await status(client)
    first = await status(client)

    async def away(*_, **__):
        raise AssertionError("it was looked up again")

    monkeypatch.setattr("guibin.app.scope_middleware.recognise", away)

    assert (first, await status(client)) == (200, 200)


async def test_a_revoked_key_ends_with_the_answer(world, tenant, admin):
    created = (await admin.post("/api/v1/keys", json={"name": "crm", "scopes": ["customers:read"]})).json()
    client = world.client(created["token"])
    before = await status(client)

    await admin.delete(f"/api/v1/keys/{created['key']['id']}")

    assert (before, await status(client)) == (200, 401)


async def test_changed_roles_count_with_the_next_request(tenant, admin):
    agent = await tenant.staff("agent", "manager")
    before = (await agent.get(ME)).json()["roles"]

    await admin.patch(f"/api/v1/staff/{agent.staff_id}", json={"roles": ["agent"]})

    assert (before, (await agent.get(ME)).json()["roles"]) == (["manager"], ["agent"])


async def test_a_changed_unit_counts_with_the_next_request(tenant, admin):
    await tenant.unit("east")
    east = str(tenant.units["east"])
    agent = await tenant.staff("agent", "agent")
    await agent.get(ME)

    await admin.patch(f"/api/v1/staff/{agent.staff_id}", json={"org_unit_id": east})

    assert (await agent.get(ME)).json()["org_unit_id"] == east


async def test_whoever_left_is_out(tenant, admin):
    agent = await tenant.staff("agent", "agent")
    before = await status(agent)

    await admin.post(f"/api/v1/staff/{agent.staff_id}/leaving", json={})

    assert (before, await status(agent)) == (200, 401)


async def test_a_password_set_by_an_admin_ends_the_sessions(tenant, admin):
    agent = await tenant.staff("agent", "agent")
    before = await status(agent)

    await admin.post(f"/api/v1/staff/{agent.staff_id}/password", json={"password": "another horse battery"})

    assert (before, await status(agent)) == (200, 401)


async def test_a_password_of_ones_own_ends_the_other_sessions(world, tenant):
    here = await tenant.staff("agent", "agent")
    there = world.client()
    body = {"company": tenant.slug, "login": "agent", "password": PASSWORD}
    await there.post("/api/v1/sessions", json=body)
    before = await status(there)

    await here.put("/api/v1/me/password", json={"present": PASSWORD, "new": "another horse battery"})

    assert (before, await status(there), await status(here)) == (200, 401, 200)


async def test_a_dissolved_units_people_see_the_successors(tenant, admin):
    await tenant.unit("east")
    west = await tenant.unit("west")
    agent = await tenant.staff("agent", "agent", unit="east")
    await agent.get(ME)
    key = tenant.world.client(await tenant.key("customers:read", org_unit_id=tenant.units["east"]))
    before = await status(key)

    done = await admin.post(f"/api/v1/org-units/{tenant.units['east']}/dissolution", json={"successor_id": str(west)})

    assert done.status_code == 200
    assert ((await agent.get(ME)).json()["org_unit_id"], before, await status(key)) == (str(west), 200, 401)


async def test_a_change_that_is_rolled_back_changes_nothing(world, tenant):
    client = await tenant.client("customers:read")
    await status(client)
    async with tenant.scope() as scope:
        await keys.revoke((await keys.all_keys())[0].id, now=world.clock())
        scope.rollback_only = True

    assert await status(client) == 200


async def test_what_was_looked_up_before_a_change_is_not_remembered_after_it(world, tenant, monkeypatch):
    """A request looks its key up, the key is revoked, and only then the first request goes on."""
    client = await tenant.client("customers:read")
    looked_up, revoked = asyncio.Event(), asyncio.Event()
    recognise = authentication.recognise

    async def held(*given, **named):
        found = await recognise(*given, **named)
        looked_up.set()
        await revoked.wait()
        return found

    monkeypatch.setattr("guibin.app.scope_middleware.recognise", held)
    slow = asyncio.create_task(status(client))
    await looked_up.wait()
    async with tenant.scope():
        await keys.revoke((await keys.all_keys())[0].id, now=world.clock())
    revoked.set()
    await slow
    monkeypatch.setattr("guibin.app.scope_middleware.recognise", recognise)

    assert await status(client) == 401


@pytest.fixture
async def elsewhere(world):
    """What another process remembers, which hears of changes by PostgreSQL alone."""
    remembered = Remembered()
    WATCHERS.discard(remembered)
    async with told_by_others(world.app_url, remembered):
        await _until(lambda: remembered.begin() > 0)
        yield remembered


async def test_another_process_is_told_of_a_revoked_key(world, tenant, elsewhere):
    credential = await _remembered(tenant, elsewhere)
    there = elsewhere.find(credential)

    async with tenant.scope():
        await keys.revoke((await keys.all_keys())[0].id, now=world.clock())
    await _until(lambda: elsewhere.find(credential) is None)

    assert there is not None


async def test_another_process_is_told_of_a_suspended_company(world, tenant, other_tenant, elsewhere):
    credential = await _remembered(tenant, elsewhere)
    neighbour = await _remembered(other_tenant, elsewhere)
    owner = await asyncpg.connect(world.owner_url)
    try:
        await registry.suspend(owner, tenant.slug, because="unpaid", now=world.clock())
    finally:
        await owner.close()
    await _until(lambda: elsewhere.find(credential) is None)

    assert elsewhere.find(neighbour) is not None


async def test_a_listener_that_was_cut_off_forgets_everything_and_listens_again(
    world, tenant, elsewhere, servers, monkeypatch
):
    monkeypatch.setattr(hearing, "LISTENS_AGAIN_AFTER_S", 0.0)
    credential = await _remembered(tenant, elsewhere)
    superuser = await asyncpg.connect(servers["superuser"])
    try:
        cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'guibin access'"
        await superuser.execute(cut)
    finally:
        await superuser.close()
    await _until(lambda: elsewhere.find(credential) is None)
    credential = await _remembered(tenant, elsewhere)

    async with tenant.scope():
        await keys.revoke((await keys.all_keys())[0].id, now=world.clock())

    await _until(lambda: elsewhere.find(credential) is None)


async def _remembered(tenant, remembered):
    """A key that the other process looked up."""
    credential = parse(await tenant.key("customers:read"))
    await asyncio.sleep(0.05)  # whatever making it told has arrived
    found: Recognised = await _recognised(tenant, credential)
    remembered.keep(credential, found, begun=remembered.begin(), for_s=3_600)
    assert remembered.find(credential) == found
    return credential


async def _recognised(tenant, credential):
    async with tenant.scope():
        return await authentication.recognise(credential, now=tenant.world.clock())


async def _until(holds):
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # nothing else tells
            await asyncio.sleep(0.005)
