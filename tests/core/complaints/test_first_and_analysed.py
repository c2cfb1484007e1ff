"""Complaints of key accounts come first, and their cause is analysed before they are handed on (S07-33)."""

from datetime import timedelta

import pytest
from standing import member

PATH = "/api/v1/complaints"


@pytest.fixture
async def house(tenant, client):
    """An account manager with three customers: of the highest tier, of another, and of none; a department beside."""
    await tenant.unit("network")
    await tenant.unit("desk", parent="network")
    own = await tenant.staff("own", "account_manager", unit="desk")
    await tenant.staff("net", "manager", unit="network")
    mate = await tenant.staff("mate", "agent", unit="desk")
    found = {}
    for number, tier in (("N", ""), ("S", "standard"), ("K", "key")):
        body = {
            "number": number,
            "name": f"客户{number}",
            "kind": "leader",
            "org_unit_id": str(tenant.units["desk"]),
            "account_manager_id": str(own.staff_id),
        }
        found[number] = (await client.post("/api/v1/customers", json=body)).json()["id"]
        if tier:
            await member(tenant, found[number], tier=tier)
    return own, mate, found


async def taken(own, customer_id, **more):
    body = {"customer_id": customer_id, "text": "没有信号", "channel": "phone"}
    answer = await own.post(PATH, json=body | more)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def passed(own, case, path="hand-overs", **body):
    answer = await own.post(f"{PATH}/{case['id']}/{path}", json={"reason": "请处理"} | body)
    return answer.status_code, answer.json()


@pytest.mark.rule("S07-33")
async def test_the_queue_and_the_work_list_begin_with_key_accounts_whatever_is_due_sooner(house, clock):
    own, _, customers = house
    numbers = []
    for each in ("N", "S", "K"):
        numbers.append((await taken(own, customers[each]))["number"])
        clock.set(clock() + timedelta(minutes=10))
    planned = {
        "customer_id": customers["N"],
        "planned_at": (clock() + timedelta(minutes=5)).isoformat(),
        "purpose": "走访",
    }
    assert (await own.post("/api/v1/visits", json=planned)).status_code == 201

    work = (await own.get("/api/v1/work")).json()["items"]
    queue = (await own.get("/console/complaints?running=true")).text

    none, other, key = numbers
    assert [(row["kind"], row["number"]) for row in work if row["kind"] in ("complaint", "visit")] == [
        ("complaint", key),
        ("complaint", other),
        ("visit", ""),
        ("complaint", none),
    ]
    assert [queue.index(number) for number in (key, other, none)] == sorted(queue.index(number) for number in numbers)


@pytest.mark.rule("S07-33")
async def test_nothing_is_handed_to_a_department_before_its_cause_is_analysed(house, tenant):
    own, _, customers = house
    case = await taken(own, customers["K"])
    network = {"to_unit_id": str(tenant.units["network"])}

    refused, problem = await passed(own, case, **network)
    unknown, _ = await passed(own, case, **network, cause="moon", analysis="月相")
    half, _ = await passed(own, case, **network, cause="signal")
    analysed, shown = await passed(own, case, **network, cause="signal", analysis="主干线路老化")

    assert (refused, unknown, half, analysed) == (422, 422, 422, 201)
    assert [one["field"] for one in problem["errors"]] == ["cause", "analysis"]
    form = (await own.get(f"{PATH}/{case['id']}")).json()
    assert [(one["cause"], one["text"]) for one in form["analyses"]] == [("signal", "主干线路老化")]
    assert (shown["handler_unit_id"], len(form["hand_overs"])) == (str(tenant.units["network"]), 1)


@pytest.mark.rule("S07-33")
async def test_analysed_once_it_is_handed_on_and_a_colleague_of_the_desk_needs_none(house, tenant):
    own, mate, customers = house
    first, second = await taken(own, customers["K"]), await taken(own, customers["S"])

    body = {"cause": "equipment", "text": "机顶盒批次缺陷"}
    said = (await own.post(f"{PATH}/{first['id']}/analyses", json=body)).status_code
    handed, _ = await passed(own, first, to_unit_id=str(tenant.units["network"]))
    to_mate, _ = await passed(own, second, to_staff_id=str(mate.staff_id))

    assert (said, handed, to_mate) == (201, 201, 201)


@pytest.mark.rule("S07-33")
async def test_a_level_that_opens_the_internal_flow_wants_the_cause_too_and_a_lower_one_does_not(house):
    own, _, customers = house
    case = await taken(own, customers["K"])

    refused, _ = await passed(own, case, "level", level="2")
    raised, _ = await passed(own, case, "level", level="2", cause="signal", analysis="需网络部查线")
    again, _ = await passed(own, case, "level", level="3")
    lowered, _ = await passed(own, case, "level", level="1")

    assert (refused, raised, again, lowered) == (422, 201, 201, 201)
