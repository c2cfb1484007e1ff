"""Account managers outlet by outlet, VIPs nobody serves, and the leader who hears of them (S12-4)."""

from datetime import UTC, datetime

import pytest
from desk import open_desk
from running import come_round

from guibin.tiers.jobs import TellUnserved
from guibin_tenants.scope import fetch, fetch_value

SCHEME = "key_account"


@pytest.fixture
async def desk(world):
    """East with one VIP of Li's, one of nobody's and an ordinary customer of Li's; west with a VIP of a part-timer's."""
    desk = await open_desk(world, "cable_tv")
    tenant = desk.tenant
    for code in ("east", "west"):
        await tenant.unit(code)
    people = {name: await tenant.staff(name, "account_manager", unit=unit) for name, unit in WHERE.items()}
    desk.leads = {unit: await tenant.staff(f"lead-{unit}", "manager", unit=unit) for unit in ("east", "west")}
    async with tenant.scope() as scope:
        await scope.connection.execute("update staff set part_time = true where login = 'zhao'")
    desk.ids = {}
    for number, unit, manager, terminals in (
        ("E1", "east", "li", 10),
        ("E2", "east", None, 60),
        ("E3", "east", "li", None),
        ("W1", "west", "zhao", 10),
    ):
        more = {"org_unit_id": str(tenant.units[unit])}
        more |= {"account_manager_id": str(people[manager].staff_id)} if manager else {}
        desk.ids[number] = await desk.customer(number, "group", **more)
        if terminals:
            await desk.fact(desk.ids[number], "terminals", "2026-01-05", value=terminals)
    await desk.assess(SCHEME, "2026-03-01")
    return desk


WHERE = {"li": "east", "zhao": "west"}


async def listed(client, path=""):
    answer = await client.get(f"/api/v1/account-managers{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def shown(outlet):
    loads = [(m["name"], m["part_time"], m["customers"], m["vips"]) for m in outlet["managers"]]
    return outlet["code"], outlet["vips"], outlet["vips_without_manager"], loads


@pytest.mark.rule("S12-4")
async def test_each_outlet_shows_who_serves_how_many_vips_and_how_many_nobody_does(desk):
    found = await listed(desk.client)
    missing = await listed(desk.client, "/missing")

    assert [shown(one) for one in found] == [
        ("east", 2, 1, [("li", False, 2, 1)]),
        ("west", 1, 0, [("zhao", True, 1, 1)]),
    ]
    assert [(one["number"], one["customer_id"]) for one in missing["items"]] == [("E2", desk.ids["E2"])]
    async with desk.tenant.scope():
        audited = await fetch_value("select count(*) from audit_entry where action = 'account_manager.missing'")
    assert audited == 1


@pytest.mark.rule("S02-6")
async def test_an_outlet_sees_its_own_only(desk, other_tenant):
    west = await desk.tenant.client("tiers:read", org_unit_id=desk.tenant.units["west"])

    assert [one["code"] for one in await listed(west)] == ["west"]
    assert (await listed(west, "/missing"))["items"] == []
    assert await listed(await other_tenant.client()) == []


@pytest.mark.rule("S12-4")
async def test_the_outlets_leader_hears_once_a_day_while_there_are_any(desk, clock):
    for moment in (datetime(2026, 3, 3, 1, tzinfo=UTC), datetime(2026, 3, 3, 2, tzinfo=UTC)):
        clock.set(moment)
        await come_round(desk.tenant, TellUnserved())
    lead = desk.leads["east"]
    body = {"account_manager_id": str(lead.staff_id), "reason": "暂管"}
    assigned = await desk.client.post(f"/api/v1/customers/{desk.ids['E2']}/assignment", json=body)
    clock.set(datetime(2026, 3, 4, 1, tzinfo=UTC))
    await come_round(desk.tenant, TellUnserved())

    assert assigned.status_code == 201, assigned.text
    async with desk.tenant.scope():
        rows = await fetch("select staff_id, details from staff_notice where kind = 'vips_without_manager'")
    assert [(row["staff_id"], row["details"]) for row in rows] == [(lead.staff_id, '{"count": "1"}')]
    assert (await listed(desk.client))[0]["vips_without_manager"] == 0
