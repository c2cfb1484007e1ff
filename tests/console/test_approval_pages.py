"""Pages of approvals: what waits for whom, what it is about, deciding with a reason, withdrawing."""

import json
import re

import pytest
from caring import customer

PAGES = "/console/approvals"
ROWS = re.compile(rf'<tr data-row="{PAGES}/([^"]+)"')
ANSWERS = {
    "customer_kind": "leader",
    "special_contribution": "协调管网入户",
    "network": "two_way",
    "reason": "新开通互动点播",
    "equipment": "set_top_box",
    "programmes": "高清互动基础包",
    "starts_on": "2026-03-05",
    "ends_on": "2027-03-05",
}


@pytest.fixture
async def desk(tenant):
    return await tenant.staff("desk", "account_manager")


@pytest.fixture
async def leader(tenant):
    return await tenant.staff("leader", "manager")


@pytest.fixture
async def person(client):
    return await customer(client, "DK1", name="王建国", fields={"network": "two_way"})


async def asked(desk, person, text="要看体育"):
    """A request that waits for the leader; its approval."""
    body = {"customer_id": person, "item": "new_programmes", "channel": "phone", "text": text, "answers": ANSWERS}
    answer = await desk.post("/api/v1/service-requests", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["approval_id"]


async def rows(client, **given):
    answer = await client.get(PAGES, params=given)
    assert answer.status_code == 200, answer.text
    return ROWS.findall(answer.text)


async def outcome(client, approval):
    return (await client.get(f"/api/v1/approvals/{approval}")).json()["outcome"]


async def test_everybody_sees_what_is_theirs_to_decide_and_what_they_asked_for(desk, leader, person):
    approval = await asked(desk, person)

    found = [
        await rows(leader),
        await rows(desk),
        await rows(desk, whose="asked"),
        await rows(leader, whose="decided"),
    ]

    assert found == [[approval], [], [approval], []]


async def test_the_page_says_what_it_is_about_whose_step_it_is_and_by_when(desk, leader, person):
    approval = await asked(desk, person)

    page = (await leader.get(f"{PAGES}/{approval}")).text

    words = (
        "王建国",
        "已双向改造",
        "新开通互动点播",
        "你为什么能批",
        "这一步由主管批。",
        "S07-17",
        "明天 10:00",
        "要看体育",
    )
    assert [word for word in words if word not in page] == []


async def test_a_yes_lets_the_request_be_carried_out(desk, leader, person):
    approval = await asked(desk, person)
    form = (await leader.get(f"{PAGES}/{approval}/do/approve")).text
    answer = await leader.post(f"{PAGES}/{approval}/do/approve", data={"step": "0"})

    assert '<input type="hidden" name="step" value="0">' in form
    assert answer.status_code == 200
    assert await outcome(leader, approval) == "approved"
    assert await rows(leader) == []
    assert await rows(leader, whose="decided") == [approval]


async def test_a_no_without_a_reason_is_refused_at_the_field_and_nothing_is_decided(desk, leader, person):
    approval = await asked(desk, person)

    refused = await leader.post(f"{PAGES}/{approval}/do/reject", data={"step": "0"})
    before = await outcome(leader, approval)
    await leader.post(f"{PAGES}/{approval}/do/reject", data={"step": "0", "reason": "资料不全"})

    assert refused.status_code == 422
    assert re.search(r'id="f-reason-error">.*?请填写。', refused.text, re.S)
    assert before is None
    assert await outcome(leader, approval) == "rejected"
    assert "资料不全" in (await desk.get(f"{PAGES}/{approval}")).text


async def test_a_step_that_was_decided_meanwhile_is_not_decided_again(desk, leader, tenant, person):
    approval = await asked(desk, person)
    other = await tenant.staff("other", "manager")
    await other.post(f"{PAGES}/{approval}/do/approve", data={"step": "0"})

    late = await leader.post(f"{PAGES}/{approval}/do/reject", data={"step": "0", "reason": "不符合"})

    assert late.status_code == 409
    assert await outcome(leader, approval) == "approved"


async def test_whoever_asked_withdraws_and_is_offered_no_decision(desk, person):
    approval = await asked(desk, person)
    page = (await desk.get(f"{PAGES}/{approval}")).text

    await desk.post(f"{PAGES}/{approval}/do/withdraw", data={"reason": "客户不要了"})

    assert "/do/withdraw" in page
    assert "/do/approve" not in page
    assert await outcome(desk, approval) == "withdrawn"


async def test_several_are_approved_at_once(client, desk, leader, person):
    second = await customer(client, "DK2", name="李梅", fields={"network": "two_way"})
    approvals = [await asked(desk, person), await asked(desk, second)]

    await leader.post(f"{PAGES}/bulk/approve", data={"id": approvals})

    assert [await outcome(leader, each) for each in approvals] == ["approved", "approved"]


async def test_the_list_and_one_of_it_are_on_record(client, desk, leader, person):
    approval = await asked(desk, person)
    await rows(leader)
    await leader.get(f"{PAGES}/{approval}")

    record = (await client.get("/api/v1/audit-entries", params={"customer_id": person})).json()["items"]

    assert {"approval.list", "approval.read"} <= {entry["action"] for entry in record}


async def test_another_outlets_approval_is_not_there(tenant, desk, person):
    await tenant.unit("west")
    approval = await asked(desk, person)
    west = await tenant.staff("west", "manager", unit="west")

    assert (await west.get(f"{PAGES}/{approval}")).status_code == 404
    assert await rows(west) == []
    assert (await west.post(f"{PAGES}/{approval}/do/approve", data={})).status_code == 404


async def test_who_may_not_decide_is_refused(desk, person):
    approval = await asked(desk, person)

    answer = await desk.post(f"{PAGES}/{approval}/do/approve", data={"step": "0"})

    assert answer.status_code == 403
    assert await outcome(desk, approval) is None


async def test_several_are_decided_together_and_what_is_not_the_readers_is_said_by_name(desk, leader, person):
    first, second = await asked(desk, person), await asked(desk, person, "要看电影")
    own = await asked(leader, person, "自己提的")

    form = await leader.get(f"{PAGES}/bulk/reject", params={"id": [first, own]})
    empty = await leader.post(f"{PAGES}/bulk/reject", data={"id": [first, second, own]})
    before = [await outcome(leader, each) for each in (first, second, own)]
    done = await leader.post(f"{PAGES}/bulk/reject", data={"id": [first, second, own], "reason": "资料不全"})

    said = json.loads(done.headers["HX-Trigger"])["said"]
    assert ('name="reason"' in form.text, empty.status_code, before) == (True, 422, [None, None, None])
    assert [await outcome(leader, each) for each in (first, second, own)] == ["rejected", "rejected", None]
    assert said["text"].startswith("已批 2 项；1 项没有批：“")
    assert "王建国”" in said["text"]
    assert said["stays"] is True
    assert "资料不全" in (await desk.get(f"{PAGES}/{second}")).text
