"""A company with two outlets whose agents answer the hotline."""

from types import SimpleNamespace

import pytest
from hotline_calls import MOBILE, sent
from running import work_off

from guibin.sla.sweep import fire_due
from guibin_tenants.scope import fetch


@pytest.fixture
async def house(tenant, client, clock):
    """An agent and a manager in each of two outlets, one at the head office, and a customer of the first outlet's."""
    for code in ("east", "west"):
        await tenant.unit(code)
    house = SimpleNamespace(
        tenant=tenant,
        client=client,
        clock=clock,
        east=await tenant.staff("east", "agent", unit="east"),
        west=await tenant.staff("west", "agent", unit="west"),
        lead=await tenant.staff("lead", "manager", unit="east"),
        own=await tenant.staff("own", "account_manager", unit="east"),
        head=await tenant.staff("head", "agent"),
        admin=await tenant.staff("admin", "tenant_admin"),
    )
    customer = {
        "number": "K1",
        "name": "王伟",
        "kind": "leader",
        "org_unit_id": str(tenant.units["east"]),
        "account_manager_id": str(house.own.staff_id),
        "confidential": {"mobile": [MOBILE]},
    }
    house.customer = (await sent(client, "/api/v1/customers", **customer))["id"]

    async def told(person):
        async with tenant.scope():
            rows = await fetch(
                "select kind from staff_notice where staff_id = $1 order by told_at, id", person.staff_id
            )
        return [row["kind"] for row in rows]

    async def owed(person, whose="mine"):
        work = (await person.get("/api/v1/work", params={"whose": whose})).json()["items"]
        return [line["kind"] for line in work if line["kind"] in ("call", "call_back", "question")]

    async def pass_time(span):
        clock.set(clock() + span)
        async with tenant.scope():
            await fire_due(clock())
        await work_off(tenant)

    house.told, house.owed, house.pass_time = told, owed, pass_time
    return house
