"""Two outlets of a cable-TV company, an account manager with a key account in one of them."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from running import come_round, work_off
from standing import member

from guibin.signals.jobs import FindSignals
from guibin.sla.sweep import fire_due
from guibin_tenants.scope import fetch


@pytest.fixture
async def house(tenant, client, clock):
    """`own` looks after `customer` in the east, `lead` leads there; `west` is another outlet's account manager."""
    for code in ("east", "west"):
        await tenant.unit(code)
    house = SimpleNamespace(
        tenant=tenant,
        client=client,
        clock=clock,
        own=await tenant.staff("own", "account_manager", unit="east"),
        lead=await tenant.staff("lead", "manager", unit="east"),
        west=await tenant.staff("west", "account_manager", unit="west"),
        admin=await tenant.staff("admin", "tenant_admin"),
    )

    async def customer(number, *, unit="east", manager=house.own, holds=True, **more):
        body = {"number": number, "name": f"客户{number}", "kind": "leader", "org_unit_id": str(tenant.units[unit])}
        body["account_manager_id"] = str(manager.staff_id)
        answer = await client.post("/api/v1/customers", json=body | more)
        assert answer.status_code == 201, answer.text
        if holds:
            await member(tenant, answer.json()["id"])
        return answer.json()["id"]

    async def send(path, *, by=client, status=201, **body):
        answer = await by.post(f"/api/v1{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def signals(by=client, **params):
        return (await by.get("/api/v1/signals", params=params)).json()["items"]

    async def told(person):
        async with tenant.scope():
            rows = await fetch(
                "select kind from staff_notice where staff_id = $1 and kind like 'signal%' order by told_at, id",
                person.staff_id,
            )
        return [row["kind"] for row in rows]

    async def look():
        await come_round(tenant, FindSignals())

    async def pass_time(**span):
        clock.set(clock() + timedelta(**span))
        async with tenant.scope():
            await fire_due(clock())
        await work_off(tenant)

    async def help_wanted(customer_id, **more):
        said = {"channel": "phone", "direction": "in", "content": "没有信号", "need": "修理", "wants": "help"}
        return await send("/interactions", customer_id=customer_id, **(said | more))

    house.new, house.send, house.signals, house.told = customer, send, signals, told
    house.look, house.pass_time, house.help = look, pass_time, help_wanted
    house.customer = await customer("K1")
    return house
