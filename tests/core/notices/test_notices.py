"""Who is told what, once, and reads only their own."""

from guibin.cases import Case
from guibin.notices.actions import Notice, notify
from guibin_tenants import staff
from guibin_tenants.tables import new_id

WARNING = "deadline_warned"


async def _customer(tenant, unit, *, number="K1", manager=None):
    client = await tenant.client()
    body = {"number": number, "kind": "leader", "name": "王伟", "org_unit_id": str(tenant.units[unit])}
    if manager:
        body["account_manager_id"] = str(manager)
    answer = await client.post("/api/v1/customers", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def _told(client, **query):
    return (await client.get("/api/v1/notices", params=query)).json()["items"]


async def _tell(tenant, *, key="k", **about):
    async with tenant.scope():
        notice = Notice(WARNING, Case("complaint", new_id(), about.pop("customer_id", None)), **about)
        return await notify(notice, key=key, now=tenant.world.clock())


async def test_a_role_is_the_nearest_who_holds_it(tenant):
    await tenant.unit("city")
    await tenant.unit("hall", parent="city")
    city = await tenant.staff("city-manager", "manager", unit="city")
    hall = await tenant.staff("hall-manager", "manager", unit="hall")
    customer = await _customer(tenant, "hall")

    told = await _tell(tenant, customer_id=customer, roles=("manager",), details={"number": "TS1"})

    assert told == (hall.staff_id,)
    assert "TS1" in (await _told(hall))[0]["text"]
    assert await _told(city) == []


async def test_with_nobody_near_the_next_above_is_told(tenant):
    await tenant.unit("city")
    await tenant.unit("hall", parent="city")
    city = await tenant.staff("city-manager", "manager", unit="city")
    customer = await _customer(tenant, "hall")

    assert await _tell(tenant, customer_id=customer, roles=("manager",)) == (city.staff_id,)


async def test_the_account_manager_is_the_customers_own(tenant):
    await tenant.unit("hall")
    own = await tenant.staff("own", "account_manager", unit="hall")
    await tenant.staff("another", "account_manager", unit="hall")
    customer = await _customer(tenant, "hall", manager=own.staff_id)

    assert await _tell(tenant, customer_id=customer, roles=("account_manager",)) == (own.staff_id,)


async def test_what_nobody_would_hear_goes_to_the_admins(tenant):
    await tenant.unit("hall")
    admin = await tenant.staff("admin", "tenant_admin")
    customer = await _customer(tenant, "hall")

    assert await _tell(tenant, customer_id=customer, roles=("account_manager",)) == (admin.staff_id,)


async def test_one_occasion_is_told_once(tenant):
    admin = await tenant.staff("admin", "tenant_admin")

    assert await _tell(tenant, key="once", roles=("tenant_admin",)) == (admin.staff_id,)
    assert await _tell(tenant, key="once", roles=("tenant_admin",)) == ()
    assert len(await _told(admin)) == 1


async def test_reading_is_ones_own(tenant):
    first = await tenant.staff("first", "agent")
    second = await tenant.staff("second", "agent")
    await _tell(tenant, staff_ids=(first.staff_id,))
    notice = (await _told(first))[0]

    assert (await second.post(f"/api/v1/notices/{notice['id']}/reading")).status_code == 404
    assert (await first.get("/api/v1/notices/unread")).json() == {"unread": 1}
    assert (await first.post(f"/api/v1/notices/{notice['id']}/reading")).json() == {"unread": 0}
    assert await _told(first, unread=True) == []
    assert (await _told(first))[0]["read_at"] is not None


async def test_all_at_once(tenant):
    agent = await tenant.staff("agent", "agent")
    for key in "abc":
        await _tell(tenant, key=key, staff_ids=(agent.staff_id,))

    assert (await agent.post("/api/v1/notices/readings")).json() == {"unread": 0}
    assert await _told(agent, unread=True) == []


async def test_those_who_left_are_not_told(tenant):
    gone = await tenant.staff("gone", "manager")
    async with tenant.scope():
        await staff.leave(gone.staff_id, now=tenant.world.clock())

    assert await _tell(tenant, roles=("manager",), staff_ids=(gone.staff_id,)) == ()


async def test_a_key_has_no_inbox(client):
    assert (await client.get("/api/v1/notices")).status_code == 403


async def test_the_text_is_in_the_readers_language(tenant):
    agent = await tenant.staff("agent", "agent")
    await _tell(tenant, staff_ids=(agent.staff_id,), details={"number": "TS9"})

    chinese = (await _told(agent))[0]["text"]
    english = (await agent.get("/api/v1/notices", headers={"Accept-Language": "en"})).json()["items"][0]["text"]

    assert "TS9" in chinese
    assert "TS9" in english
    assert chinese != english
