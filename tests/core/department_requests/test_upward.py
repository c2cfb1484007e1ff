"""S07-14: suggestions and demands go up promptly, have an owner above, are answered or escalated."""

from datetime import timedelta

import pytest
from running import run_job

from guibin.events import DeadlineEscalated
from guibin.sla.sweep import fire_due

PATH, REQUESTS = "/api/v1/upward-reports", "/api/v1/department-requests"


@pytest.fixture
async def people(tenant):
    await tenant.unit("branch")
    await tenant.unit("east", "branch")
    return {
        "own": await tenant.staff("own", "account_manager", unit="east"),
        "colleague": await tenant.staff("colleague", "account_manager", unit="east"),
        "lead": await tenant.staff("lead", "manager", unit="east"),
        "branch": await tenant.staff("branch-lead", "manager", unit="branch"),
        "admin": await tenant.staff("admin", "tenant_admin"),
    }


async def report(who, status=201, **changes):
    answer = await who.post(PATH, json={"kind": "suggestion", "text": "建议增设专席", **changes})
    assert answer.status_code == status, answer.text
    return answer.json()


async def do(who, path, status=201, **body):
    answer = await who.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def told(who):
    return [one["kind"] for one in (await who.get("/api/v1/notices")).json()["items"]]


@pytest.mark.rule("S07-14")
async def test_a_suggestion_reaches_the_leader_at_once_and_is_answered(people):
    made = await report(people["own"])

    assert (made["owner_id"], made["clause"], made["state"]) == (str(people["lead"].staff_id), "S07-14", "sent")
    assert await told(people["lead"]) == ["department_asked"]
    answered = await do(people["lead"], f"{REQUESTS}/{made['id']}/answer", text="同意，下月落实")
    assert answered["state"] == "answered"
    assert await told(people["own"]) == ["department_answered"]


@pytest.mark.rule("S07-14")
async def test_it_is_for_the_line_above_and_no_colleague_sees_it(people):
    made = await report(people["own"])

    assert (await people["colleague"].get(PATH)).json()["items"] == []
    assert (await people["colleague"].get(f"{REQUESTS}/{made['id']}")).status_code == 404
    await do(people["colleague"], f"{REQUESTS}/{made['id']}/answer", 404, text="我来答")
    await do(people["own"], f"{REQUESTS}/{made['id']}/answer", 403, text="自己答")
    assert [one["id"] for one in (await people["branch"].get(PATH)).json()["items"]] == [made["id"]]


@pytest.mark.rule("S07-14")
async def test_a_leader_reports_to_the_leader_above_and_passes_on_what_exceeds_their_authority(people):
    made = await report(people["own"], kind="demand", text="请批准专线提速")

    passed = await do(people["lead"], f"{PATH}/{made['id']}/passing-up", reason="超出网点权限")
    top = await do(people["branch"], f"{PATH}/{made['id']}/passing-up", reason="需总部批准")
    await do(people["lead"], f"{REQUESTS}/{made['id']}/answer", 403, text="已批")
    done = await do(people["admin"], f"{REQUESTS}/{made['id']}/answer", text="批准")
    leads = await report(people["lead"])
    alone = await report(people["admin"], 409)

    owners = [one["owner_id"] for one in (passed, top)]
    assert owners == [str(people["branch"].staff_id), str(people["admin"].staff_id)]
    assert (done["state"], done["due_at"]) == ("answered", made["due_at"])
    assert leads["owner_id"] == str(people["branch"].staff_id)
    assert alone["type"] == "/problems/nobody-above"


@pytest.mark.rule("S07-14")
async def test_what_nobody_answers_is_escalated(tenant, people, clock):
    made = await report(people["own"], kind="demand")
    clock.set(clock() + timedelta(days=2))

    async with tenant.scope():
        fired = await fire_due(clock())
    steps = [step for step in fired if str(step.subject_id) == made["id"] and step.milestone == "answer"]
    assert [step.step for step in steps] == ["warning", "breach", "escalation:manager", "escalation:tenant_admin"]
    for step in steps[2:]:
        event = DeadlineEscalated(
            timer_id=step.timer_id,
            subject=step.subject,
            subject_id=step.subject_id,
            milestone=step.milestone,
            generation=step.generation,
            step=step.step,
            roles=step.roles,
            due_at=step.due_at,
        )
        await run_job(tenant, event, kind="department_requests.tell_department_escalated")

    async with tenant.scope() as scope:
        rows = await scope.connection.fetch("select staff_id from staff_notice where kind = 'deadline_escalated'")
    assert {row["staff_id"] for row in rows} >= {people["lead"].staff_id, people["admin"].staff_id}


@pytest.mark.parametrize(("path", "body"), [(PATH, {"kind": "green_channel"}), (PATH, {"kind": "gardening"})])
async def test_only_what_the_policy_sends_upward_goes_up(people, path, body):
    refused = await report(people["own"], 422, **body)

    assert [error["field"] for error in refused["errors"]] == ["kind"]


async def test_a_department_is_not_asked_with_what_goes_upward(tenant, people):
    body = {"task": "suggestion", "to_unit_id": str(tenant.units["branch"]), "text": "x"}

    refused = await do(people["own"], REQUESTS, 422, **body)

    assert [error["field"] for error in refused["errors"]] == ["task"]
