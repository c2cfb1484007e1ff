"""From a tier, an approval, a complaint's level or a deadline to figures, clause, version and what changed it since."""

import pytest
from looking import CUSTOMER


@pytest.fixture
async def auditor(tenant):
    return await tenant.staff("auditor", "auditor")


@pytest.fixture
async def opened(client):
    answer = await client.post("/api/v1/customers", json=CUSTOMER)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def got(client, path):
    answer = await client.get(path, headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def decisions(auditor, customer):
    return {each["kind"]: each for each in await got(auditor, f"/api/v1/traces/customers/{customer}")}


async def test_a_complaints_level_and_its_deadline_say_clause_version_and_what_moved_them(
    client, auditor, opened, tenant
):
    agent = await tenant.staff("agent", "agent")
    new = {"customer_id": opened, "channel": "phone", "text": "没有信号", "level": "2"}
    case = (await agent.post("/api/v1/complaints", json=new)).json()
    moved = await agent.post(
        f"/api/v1/complaints/{case['id']}/level",
        json={"level": "3", "reason": "多次报修", "cause": "signal", "analysis": "主干线路老化"},
    )
    assert moved.status_code in (200, 201), moved.text
    found = await decisions(auditor, opened)

    level = await got(auditor, f"/api/v1/traces/complaint/{found['complaint']['id']}")
    deadline = await got(auditor, f"/api/v1/traces/deadline/{found['deadline']['id']}")

    assert (level["customer"]["name"], level["policy"]["version"]) == ("王建国", 0)
    assert [(each["what"], each["detail"], each["who"]) for each in level["since"]] == [
        (level["since"][0]["what"], "多次报修", "agent")
    ]
    assert level["rule"]["clause"]
    assert deadline["rests_on"] or deadline["kind"] == "deadline"


async def test_reading_a_trace_is_on_record_with_whose_it_is(auditor, opened, tenant, client):
    agent = await tenant.staff("agent", "agent")
    new = {"customer_id": opened, "channel": "phone", "text": "没有信号", "level": "2"}
    case = (await agent.post("/api/v1/complaints", json=new)).json()

    await got(auditor, f"/api/v1/traces/complaint/{case['id']}")

    entry = (await auditor.get("/api/v1/audit-entries", params={"action": "audit.trace"})).json()["items"][0]
    assert (entry["customer_ids"], entry["actor_name"]) == ([opened], "auditor")


async def test_whoever_reads_such_things_reads_their_trace_and_nobody_else(auditor, opened, tenant):
    agent = await tenant.staff("agent", "agent")
    new = {"customer_id": opened, "channel": "phone", "text": "没有信号", "level": "2"}
    case = (await agent.post("/api/v1/complaints", json=new)).json()

    assert (await agent.get(f"/api/v1/traces/complaint/{case['id']}")).status_code == 200
    assert (await agent.get(f"/api/v1/traces/customers/{opened}")).status_code == 403
    assert (await auditor.get(f"/api/v1/traces/complaint/{opened}")).status_code == 404
    assert (await auditor.get(f"/api/v1/traces/secret/{opened}")).status_code in (400, 404)
