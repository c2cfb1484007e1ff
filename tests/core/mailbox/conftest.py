"""A company with a mailbox, two outlets, and a customer of the first whose address is known."""

from types import SimpleNamespace

import pytest
from mails import open_door
from running import work_off

from guibin.sla.sweep import fire_due
from guibin_tenants.scope import fetch

EMAIL = "wang@qq.com"


@pytest.fixture
async def house(tenant, client, clock):
    """Agents and a manager, the customer's account manager, and the door of the head office's mailbox."""
    for code in ("east", "west"):
        await tenant.unit(code)
    house = SimpleNamespace(
        tenant=tenant,
        client=client,
        clock=clock,
        own=await tenant.staff("own", "account_manager", unit="east"),
        east=await tenant.staff("east", "agent", unit="east"),
        west=await tenant.staff("west", "agent", unit="west"),
        desk=await tenant.staff("desk", "agent"),
        lead=await tenant.staff("lead", "manager"),
        admin=await tenant.staff("admin", "tenant_admin"),
        door=await open_door(client, clock),
    )
    body = {
        "number": "K1",
        "name": "王伟",
        "kind": "leader",
        "org_unit_id": str(tenant.units["east"]),
        "account_manager_id": str(house.own.staff_id),
        "confidential": {"email": [EMAIL]},
    }
    answer = await client.post("/api/v1/customers", json=body)
    assert answer.status_code == 201, answer.text
    house.customer = answer.json()["id"]

    async def told(person):
        async with tenant.scope():
            rows = await fetch(
                "select kind from staff_notice where staff_id = $1 order by told_at, id", person.staff_id
            )
        return [row["kind"] for row in rows]

    async def pass_time(span):
        clock.set(clock() + span)
        async with tenant.scope():
            await fire_due(clock())
        await work_off(tenant)

    house.told, house.pass_time = told, pass_time
    return house
