"""One department asks another: owner, due time, acknowledgement, answer, handing back, escalation, walls."""

from datetime import datetime, timedelta

import pytest
from running import run_job

from guibin.events import DeadlineEscalated
from guibin.sla.sweep import fire_due

PATH = "/api/v1/department-requests"


@pytest.fixture
async def people(tenant):
    """The key-account desk of a branch, a network department with its manager, and a department not concerned."""
    for code in ("branch", "network", "finance"):
        await tenant.unit(code)
    return {
        "desk": await tenant.staff("desk", "account_manager", unit="branch"),
        "network": await tenant.staff("network-lead", "manager", unit="network"),
        "engineer": await tenant.staff("engineer", "agent", unit="network"),
        "finance": await tenant.staff("finance-lead", "manager", unit="finance"),
    }


async def ask(tenant, who, *, to="network", status=201, **changes):
    body = {"task": "green_channel", "to_unit_id": str(tenant.units[to]), "text": "请优先抢修主干", **changes}
    answer = await who.post(PATH, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def do(who, request, what, *, status=201, **body):
    answer = await who.post(f"{PATH}/{request['id']}/{what}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def kinds(who):
    return [notice["kind"] for notice in (await who.get("/api/v1/notices")).json()["items"]]


@pytest.mark.rule("S01-8", "S07-21")
async def test_a_department_is_asked_takes_it_up_and_answers(tenant, people, clock):
    desk, network = people["desk"], people["network"]
    request = await ask(tenant, desk)
    assert (request["state"], request["owner_id"], request["clause"]) == ("sent", str(network.staff_id), "S07-21")
    assert datetime.fromisoformat(request["acknowledge_by"]) == clock() + timedelta(hours=1)
    assert datetime.fromisoformat(request["due_at"]) == clock() + timedelta(hours=12)
    assert await kinds(network) == ["department_asked"]

    clock.set(clock() + timedelta(minutes=30))
    await do(people["engineer"], request, "acknowledgement", text="已派单")
    await do(network, request, "acknowledgement", status=409)
    clock.set(clock() + timedelta(hours=2))
    answered = await do(network, request, "answer", text="主干已恢复")

    assert (answered["state"], answered["breached_at"]) == ("answered", None)
    assert datetime.fromisoformat(answered["answered_at"]) == clock()
    assert [(line["kind"], line["text"]) for line in answered["events"]] == [
        ("sent", ""),
        ("acknowledged", "已派单"),
        ("answered", "主干已恢复"),
    ]
    assert await kinds(desk) == ["department_answered"]
    async with tenant.scope():
        clock.set(clock() + timedelta(days=2))
        assert await fire_due(clock()) == []


@pytest.mark.rule("S07-21")
async def test_handing_back_needs_a_reason_and_gains_no_time(tenant, people, clock):
    desk, network = people["desk"], people["network"]
    request = await ask(tenant, desk)
    await do(network, request, "return", status=400)
    clock.set(clock() + timedelta(hours=3))

    returned = await do(network, request, "return", reason="光缆归财务采购")
    await do(network, request, "answer", status=409, text="不是我们")
    again = await do(
        desk, request, "sendings", reason="已核实，由网络部负责", owner_id=str(people["engineer"].staff_id)
    )

    assert (returned["state"], await kinds(desk)) == ("returned", ["department_returned"])
    assert (again["state"], again["round"], again["due_at"]) == ("sent", 2, request["due_at"])
    assert again["owner_id"] == str(people["engineer"].staff_id)
    assert datetime.fromisoformat(again["acknowledge_by"]) == clock() + timedelta(hours=1)
    elsewhere = await do(people["engineer"], request, "return", reason="设备归财务")
    elsewhere = await do(desk, request, "sendings", reason="转财务", to_unit_id=str(tenant.units["finance"]))
    assert elsewhere["owner_id"] == str(people["finance"].staff_id)
    assert [line["kind"] for line in elsewhere["events"]] == ["sent", "returned", "sent", "returned", "sent"]
    await do(network, request, "answer", status=404, text="还是我们")


@pytest.mark.rule("S07-21", "S01-8")
async def test_what_is_not_taken_up_or_answered_is_escalated(tenant, people, clock):
    admin = await tenant.staff("admin", "tenant_admin")
    request = await ask(tenant, people["desk"], owner_id=str(people["engineer"].staff_id), within_hours=4)

    clock.set(clock() + timedelta(hours=6))
    async with tenant.scope():
        fired = await fire_due(clock())
    escalations = [one for one in fired if one.kind == "escalation"]
    for one in escalations:
        event = DeadlineEscalated(
            timer_id=one.timer_id,
            subject=one.subject,
            subject_id=one.subject_id,
            milestone=one.milestone,
            generation=one.generation,
            step=one.step,
            roles=one.roles,
            due_at=one.due_at,
        )
        await run_job(tenant, event, kind="department_requests.tell_department_escalated")

    assert [(one.milestone, one.roles) for one in escalations] == [
        ("acknowledgement:1", ("manager",)),
        ("acknowledgement:1", ("tenant_admin",)),
        ("answer", ("manager",)),
        ("answer", ("tenant_admin",)),
    ]
    assert await kinds(people["network"]) == ["deadline_escalated", "deadline_escalated"]
    assert await kinds(admin) == ["deadline_escalated", "deadline_escalated"]
    assert await kinds(people["finance"]) == []
    late = (await people["desk"].get(PATH, params={"overdue": "true"})).json()["items"]
    assert [one["id"] for one in late] == [request["id"]]
    assert late[0]["breached_at"] == request["due_at"]


@pytest.mark.rule("S01-8")
async def test_an_answer_that_does_not_do_is_asked_for_again(tenant, people, clock):
    request = await ask(tenant, people["desk"], task="assessment", within_hours=6)
    clock.set(clock() + timedelta(hours=2))
    await do(people["network"], request, "answer", text="可以")
    clock.set(clock() + timedelta(hours=3))

    again = await do(people["desk"], request, "sendings", reason="请写明工期")

    # Two of the six hours were used when it was answered; the three in between do not count.
    assert datetime.fromisoformat(again["due_at"]) == clock() + timedelta(hours=4)
    assert (again["answered_at"], again["round"]) == (None, 2)


@pytest.mark.rule("S01-8")
async def test_each_side_does_its_own_part(tenant, people):
    request = await ask(tenant, people["desk"])

    await do(people["desk"], request, "answer", status=403, text="好了")
    await do(people["network"], request, "withdrawal", status=403, reason="不做")
    await do(people["desk"], request, "sendings", status=409, reason="催")
    withdrawn = await do(people["desk"], request, "withdrawal", reason="客户取消")
    await do(people["network"], request, "answer", status=409, text="好了")

    assert withdrawn["state"] == "withdrawn"
    assert (await people["finance"].get(f"{PATH}/{request['id']}")).status_code == 404
    assert (await people["finance"].get(PATH)).json()["items"] == []
    assert [one["id"] for one in (await people["network"].get(PATH)).json()["items"]] == [request["id"]]


@pytest.mark.rule("S07-21")
async def test_the_department_sees_the_request_and_not_the_archive(tenant, client, people):
    body = {"number": "K1", "name": "王建国", "kind": "leader", "org_unit_id": str(tenant.units["branch"])}
    customer = (await client.post("/api/v1/customers", json=body)).json()["id"]
    complaint = {"text": "主干中断", "channel": "phone", "customer_id": customer}
    case = (await client.post("/api/v1/complaints", json=complaint)).json()["id"]

    request = await ask(tenant, people["desk"], about={"subject": "complaint", "subject_id": case})

    assert (request["customer_id"], request["subject_id"]) == (customer, case)
    seen = (await people["network"].get(f"{PATH}/{request['id']}")).json()
    assert (seen["text"], seen["customer_id"], seen["subject_id"]) == (request["text"], None, None)
    await ask(tenant, people["finance"], about={"subject": "complaint", "subject_id": case}, status=404)
    entries = (await client.get("/api/v1/audit-entries", params={"customer_id": customer})).json()["items"]
    assert entries[0]["action"] == "department_request.ask"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"task": "gardening"}, "task"),
        ({"to": "branch"}, "owner_id"),
        ({"owner_id": "00000000-0000-0000-0000-000000000000"}, "owner_id"),
        ({"to_unit_id": "00000000-0000-0000-0000-000000000000"}, "to_unit_id"),
    ],
)
async def test_nobody_is_asked_without_owner_and_task(tenant, people, changes, field):
    refused = await ask(tenant, people["desk"], status=422, **changes)

    assert [error["field"] for error in refused["errors"]] == [field]


@pytest.mark.rule("S07-21", "S05-3")
async def test_whoever_takes_over_answers_what_was_asked_and_hears_what_was_asked_for(tenant, people):
    admin = await tenant.staff("admin", "tenant_admin")
    answering = await tenant.staff("answering", "manager", unit="network")
    asking = await tenant.staff("asking", "account_manager", unit="branch")
    request = await ask(tenant, people["desk"], owner_id=str(people["network"].staff_id))

    for leaver, heir in ((people["network"], answering), (people["desk"], asking)):
        path = f"/api/v1/staff/{leaver.staff_id}/leaving"
        refused = await admin.post(path, json={})
        done = await admin.post(path, json={"successor_id": str(heir.staff_id)})
        assert (refused.status_code, done.status_code) == (409, 200)
        assert "1 department requests" in refused.json()["detail"]

    await do(answering, request, "acknowledgement", text="已派单")
    answered = await do(answering, request, "answer", text="主干已恢复")
    assert (answered["owner_name"], answered["asked_by_name"]) == ("answering", "asking")
    assert "department_answered" in await kinds(asking)
