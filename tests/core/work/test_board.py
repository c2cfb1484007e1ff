"""The house as it stands now: counted by unit and level, within the wall, without a name."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

BOARD = "/api/v1/board"


@pytest.fixture
async def house(tenant, client, clock):
    """Two outlets with a customer, an agent and a leader each, and the leader of the whole."""
    house = SimpleNamespace(tenant=tenant, client=client, clock=clock, customers={}, agents={}, leads={})
    for code in ("east", "west"):
        await tenant.unit(code)
        house.agents[code] = await tenant.staff(f"agent-{code}", "agent", unit=code)
        house.leads[code] = await tenant.staff(f"lead-{code}", "manager", unit=code)
        body = {"number": code, "name": f"{code}客户", "kind": "leader", "org_unit_id": str(tenant.units[code])}
        house.customers[code] = (await sent(client, "/api/v1/customers", body))["id"]
    house.head = await tenant.staff("head", "manager")
    return house


async def sent(client, path, body):
    answer = await client.post(path, json=body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def complains(house, code, text="机顶盒无信号"):
    body = {"customer_id": house.customers[code], "channel": "phone", "text": text}
    return await sent(house.agents[code], "/api/v1/complaints", body)


async def read(client):
    answer = await client.get(BOARD)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.rule("S10-5")
async def test_it_counts_by_unit_and_level_and_what_is_late(house):
    first = await complains(house, "east")
    await complains(house, "west")
    house.clock.set(house.clock.now + timedelta(days=30))
    head = await house.tenant.staff("head-later", "manager")
    before = await read(head)
    house.clock.set(house.clock.now + timedelta(minutes=1))
    await complains(house, "east")

    found = await read(await house.tenant.staff("head-again", "manager"))

    lines = {line["unit_name"]: line for line in found["desks"]}
    assert (before["open"], before["late"], before["received_today"]) == (2, 2, 0)
    assert (found["open"], found["late"], found["received_today"]) == (3, 2, 1)
    assert {name: (line["open"], line["late"]) for name, line in lines.items()} == {"east": (2, 1), "west": (1, 1)}
    assert [cell["open"] for cell in lines["east"]["cells"] if cell["level"] == first["level"]] == [2]
    assert next(each["number"] for each in found["longest"]) == first["number"]


async def test_a_leader_of_one_outlet_sees_that_outlet_only_and_nobody_is_named(house):
    mine, other = await complains(house, "east"), await complains(house, "west")

    answer = await house.leads["east"].get(BOARD)

    assert [line["unit_name"] for line in answer.json()["desks"]] == ["east"]
    assert [each["number"] for each in answer.json()["longest"]] == [mine["number"]]
    assert other["number"] not in answer.text
    assert not any(name in answer.text for name in ("east客户", "agent-east", mine["customer_id"]))


async def test_what_is_settled_leaves_it_and_owes_a_call(house):
    taken = await complains(house, "east")
    causes = (await house.client.get("/api/v1/policy")).json()["complaints"]["causes"]
    await sent(
        house.agents["east"],
        f"/api/v1/complaints/{taken['id']}/resolution",
        {"remedy": "已更换", "cause": causes[0]["name"] if isinstance(causes[0], dict) else causes[0]},
    )

    found = await read(house.head)

    assert (found["open"], found["calls"], found["settled_today"], found["longest"]) == (0, 1, 1, [])


async def test_what_nobody_has_taken_up_is_counted_too(house):
    body = {"customer_id": house.customers["east"], "channel": "phone", "text": "机顶盒无信号"}
    await sent(house.client, "/api/v1/complaints", body)

    found = await read(house.leads["east"])

    assert [(line["unit_id"], line["open"]) for line in found["desks"]] == [(None, 1)]
    assert [each["unit_name"] for each in found["longest"]] == [None]


async def test_it_is_on_record_and_for_leaders(house):
    await read(house.head)
    auditor = await house.tenant.staff("auditor", "auditor")
    entries = (await auditor.get("/api/v1/audit-entries", params={"action": "board.read"})).json()["items"]

    assert [each["actor_name"] for each in entries] == ["head"]
    assert (await house.agents["east"].get(BOARD)).status_code == 403


async def test_the_page_names_customers_and_the_wall_nobody(house):
    await complains(house, "east")
    house.clock.set(house.clock.now + timedelta(days=30))
    head = await house.tenant.staff("head-later", "manager")

    page = (await head.get("/console/board")).text
    wall = (await head.get("/console/board/wall")).text

    assert "east客户" in page
    assert "east客户" not in wall
    assert "agent-east" not in wall
    assert all('data-follows="complaint' in each for each in (page, wall))
    assert (await house.agents["east"].get("/console/board")).status_code == 403
