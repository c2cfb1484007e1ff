"""Many decided with one word: each by itself, each refused by name; nothing of what is refused is written."""

import re

import pytest
from deciding import asked, principal_of

from guibin.policy.approvals import ApprovalFlow, ApprovalStep
from guibin_tenants.tables import new_id

PATH = "/api/v1/approvals/decisions"
FLOW = ApprovalFlow("renewal", "S07-17", (ApprovalStep("manager"),))
TWO = ApprovalFlow("renewal", "S07-17", (ApprovalStep("manager"), ApprovalStep("tenant_admin")))


@pytest.fixture
async def people(tenant):
    return {
        "agent": await tenant.staff("agent", "agent"),
        "lead": await tenant.staff("lead", "manager"),
        "admin": await tenant.staff("admin", "tenant_admin"),
    }


async def up(tenant, client, flow=FLOW):
    return str(await asked(tenant, await principal_of(tenant, client), flow))


async def decide(client, ids, **more):
    body = {"approvals": [{"approval_id": each} for each in ids], "approved": True} | more
    return await client.post(PATH, json=body)


async def outcomes(client, ids):
    return [(await client.get(f"/api/v1/approvals/{each}")).json()["outcome"] for each in ids]


async def test_what_may_be_decided_is_and_the_rest_says_why(tenant, people):
    agent, lead = people["agent"], people["lead"]
    ids = [await up(tenant, agent), await up(tenant, agent, TWO), await up(tenant, lead), str(new_id())]
    await decide(people["lead"], ids[1:2])

    answer = await decide(lead, ids, reason="同意")

    assert answer.status_code == 200, answer.text
    assert answer.json()["decided"] == ids[:1]
    assert {each["approval_id"]: (each["flow"], each["kind"]) for each in answer.json()["refused"]} == {
        ids[1]: ("renewal", "already-decided"),
        ids[2]: ("renewal", "own-application"),
        ids[3]: ("", "not-found"),
    }
    assert await outcomes(lead, ids[:3]) == ["approved", None, None]


async def test_a_step_that_was_not_seen_is_not_decided(tenant, people):
    one = await up(tenant, people["agent"])

    body = {"approvals": [{"approval_id": one, "step": 1}], "approved": True}
    answer = await people["lead"].post(PATH, json=body)

    assert [each["kind"] for each in answer.json()["refused"]] == ["already-decided"]
    assert await outcomes(people["lead"], [one]) == [None]


async def test_no_asks_for_a_reason_before_anything_is_decided(tenant, people):
    ids = [await up(tenant, people["agent"]) for _ in range(2)]

    silent = await decide(people["lead"], ids, approved=False)
    none = await decide(people["lead"], [])
    before = await outcomes(people["lead"], ids)
    said = await decide(people["lead"], ids, approved=False, reason="资料不全")

    assert (silent.status_code, silent.json()["errors"][0]["field"]) == (422, "reason")
    assert none.status_code == 400
    assert (before, await outcomes(people["lead"], ids)) == ([None, None], ["rejected", "rejected"])
    assert said.json()["refused"] == []


async def test_an_agent_decides_none(tenant, people):
    one = await up(tenant, people["lead"])

    assert (await decide(people["agent"], [one])).status_code == 403


async def test_what_was_not_decided_says_why_in_the_language_of_whoever_asks(tenant, people):
    lead = people["lead"]
    ids = [await up(tenant, lead), str(new_id())]
    body = {"approvals": [{"approval_id": each} for each in ids], "approved": True}
    told = {
        language: [
            (each["title"], each["detail"])
            for each in (await lead.post(PATH, json=body, headers={"Accept-Language": language})).json()["refused"]
        ]
        for language in ("zh-CN", "en")
    }

    assert len(told["zh-CN"]) == 2
    assert [word for each in told["zh-CN"] for word in each if not re.search("[\u4e00-\u9fff]", word)] == []
    assert [word for each in told["en"] for word in each if re.search("[\u4e00-\u9fff]", word)] == []
