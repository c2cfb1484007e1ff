"""From a tier, an approval, a complaint's level or a deadline to figures, clause, version and what changed it since."""

from datetime import timedelta
from uuid import UUID

import asyncpg
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


async def test_a_deadline_computed_again_is_the_same_and_not_after_its_row_was_changed(client, auditor, opened, tenant):
    new = {"customer_id": opened, "channel": "phone", "text": "没有信号", "level": "2"}
    await client.post("/api/v1/complaints", json=new)
    timer = (await decisions(auditor, opened))["deadline"]["id"]

    before = (await got(auditor, f"/api/v1/traces/deadline/{timer}"))["replay"]
    owner = await asyncpg.connect(tenant.world.owner_url)
    async with owner.transaction():
        await owner.execute(
            "select set_config('guibin.tenant', $1, true), set_config('guibin.units', '*', true)", str(tenant.id)
        )
        await owner.execute("update timer set due_at = due_at + interval '1 hour' where id = $1", UUID(timer))
    await owner.close()
    after = (await got(auditor, f"/api/v1/traces/deadline/{timer}"))["replay"]
    page = await auditor.get(f"/console/traces/deadline/{timer}", headers={"Accept-Language": "zh-CN"})

    assert (before["same"], before["because"], before["then"]) == (True, [], before["decided"])
    assert (after["same"], after["because"], after["then"]) == (False, [{"why": "changed", "what": []}], before["then"])
    assert "与当时不一致" in page.text


async def spent(client, customer, amount):
    fact = {"customer_id": customer, "metric": "spending", "occurred_on": "2026-02-01", "amount": {"amount": amount}}
    answer = await client.post("/api/v1/facts", json={"facts": [fact | {"source_ref": "pos-1"}]})
    assert answer.status_code == 201, answer.text


async def test_a_tier_computed_again_is_the_same_until_a_fact_is_corrected_or_a_row_changed(client, auditor, tenant):
    new = {"number": "C-1", "name": "张三丽", "kind": "group"}
    customer = (await client.post("/api/v1/customers", json=new)).json()["id"]
    await spent(client, customer, "10000.00")
    assessed = await client.post("/api/v1/assessments", json={"scheme": "key_account", "as_of": "2026-03-01"})
    assert assessed.status_code == 201, assessed.text
    path = f"/api/v1/traces/membership/{(await decisions(auditor, customer))['membership']['id']}"

    same = (await got(auditor, path))["replay"]
    tenant.world.clock.set(tenant.world.clock() + timedelta(hours=1))
    await spent(client, customer, "2999.99")
    corrected = (await got(auditor, path))["replay"]
    owner = await asyncpg.connect(tenant.world.owner_url)
    async with owner.transaction():
        await owner.execute(
            "select set_config('guibin.tenant', $1, true), set_config('guibin.units', '*', true)", str(tenant.id)
        )
        await owner.execute("alter table assessment_result disable trigger user")
        await owner.execute("update assessment_result set tier = 'important'")
        await owner.execute("alter table assessment_result enable trigger user")
    await owner.close()
    forged = (await got(auditor, path))["replay"]

    assert same == {"decided": "key", "then": "key", "now": "key", "same": True, "because": []}
    assert corrected == same | {
        "now": "standard",
        "because": [{"why": "corrected", "what": corrected["because"][0]["what"]}],
    }
    assert corrected["because"][0]["what"] != []
    assert (forged["decided"], forged["then"], forged["same"]) == ("important", "key", False)
