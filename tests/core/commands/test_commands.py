"""Each command does what it says by the slice's own action, in the name of whoever wrote it, and what refuses it is data."""

import asyncio
from uuid import UUID

import msgspec
import pytest
from acting import acting
from receiving import guest, send

from guibin.cases import Case
from guibin.commands import checking
from guibin.commands.actions import NEEDS, Bidden, CarriedOut, answerable, carry_out
from guibin.commands.refusals import NotAnswerable
from guibin.context import Company as CompanyContext
from guibin.policies.queries import effective_policy
from guibin.policy.commands import Command
from guibin_tenants.scope import execute, fetch, fetch_value


@pytest.fixture
async def admin(tenant):
    return await tenant.staff("admin-1", "tenant_admin")


@pytest.fixture
async def leader(tenant):
    return await tenant.staff("leader-1", "manager")


@pytest.fixture
async def customer_id(client):
    return UUID(await guest(client, kind="leader"))


async def _act(tenant, admin):
    view, now = tenant.view, tenant.world.clock()
    company = CompanyContext(view.id, view.slug, view.packs, view.time_zone, view.language, view.simulated)
    policy = await effective_policy(tenant.world.packs, company, at=now)
    act = acting(by=tenant.principal(), now=now, company=company, policy=policy)
    return await answerable(UUID(str(admin.staff_id)), act, called="三次投诉")


async def carried_out(tenant, admin, command, about) -> CarriedOut:
    """What came of the command, written by the admin."""
    async with tenant.scope():
        act = await _act(tenant, admin)
        given = msgspec.convert(command, Command)
        assert await checking.problems(given, "then[0]", act.policy) == []
        return await carry_out(given, Bidden(about, "an occasion"), act)


async def rows(tenant, sql, *values):
    async with tenant.scope():
        return await fetch(sql, *values)


async def complained(client, customer_id, **more):
    new = {"channel": "phone", "text": "没有信号", "customer_id": str(customer_id), "level": "1", **more}
    made = await send(client, "/api/v1/complaints", new)
    return Case("complaint", UUID(made["id"]), customer_id)


async def test_a_task_is_somebodys_of_the_role_with_a_deadline_and_on_their_list(tenant, admin, leader, customer_id):
    about = Case("customer", customer_id, customer_id)
    command = {"type": "open_task", "text": "致电客户", "role": "manager", "within_hours": 24}

    made = await carried_out(tenant, admin, command, about)

    assert (made.outcome, made.subject) == ("done", "task")
    (task,) = (await leader.get("/api/v1/tasks")).json()["items"]
    assert (task["text"], task["owner_id"], task["state"]) == ("致电客户", str(leader.staff_id), "open")
    assert task["asked_by_name"].endswith("· 三次投诉")
    assert task["due_at"] == "2026-03-03T02:00:00Z"
    owed = (await leader.get("/api/v1/work")).json()["items"]
    assert [(one["kind"], one["matter"]) for one in owed if one["kind"] == "task"] == [("task", "致电客户")]


async def test_a_department_is_asked_about_the_complaint_at_hand(tenant, admin, leader, client, customer_id):
    about = await complained(client, customer_id)
    policy = (await client.get("/api/v1/policy")).json()
    task = next(one["name"] for one in policy["department_tasks"] if not one.get("upward"))
    command = {"type": "ask_department", "task": task, "unit": "head-office", "text": "请查线路"}

    made = await carried_out(tenant, admin, command, about)

    assert made.outcome == "done", made.said
    found = await rows(
        tenant, "select subject, subject_id from department_matter where request_id = $1", made.subject_id
    )
    assert [tuple(row) for row in found] == [("complaint", about.id)]


async def test_the_level_of_the_complaint_at_hand_changes_on_record(tenant, admin, client, customer_id):
    about = await complained(client, customer_id, level="2")

    made = await carried_out(tenant, admin, {"type": "set_level", "level": "1", "because": "窗口可以解决"}, about)

    assert made.outcome == "done", made.said
    assert (await client.get(f"/api/v1/complaints/{about.id}")).json()["level"] == "1"


async def test_what_refuses_is_told_as_data_and_undoes_that_command_alone(tenant, admin, client, customer_id):
    about = Case("customer", customer_id, customer_id)

    made = await carried_out(tenant, admin, {"type": "set_level", "level": "2", "because": "重要客户"}, about)

    assert (made.outcome, made.refusal) == ("refused", "not-for-this")


async def test_a_note_stands_on_the_complaint_and_is_its_authors(tenant, admin, client, customer_id):
    about = await complained(client, customer_id)

    await carried_out(tenant, admin, {"type": "add_note", "text": "三十天内第三次"}, about)

    (note,) = await rows(tenant, "select text, written_by_name from complaint_note where complaint_id = $1", about.id)
    assert note["text"] == "三十天内第三次"
    assert note["written_by_name"].endswith("· 三次投诉")


async def test_roles_are_told(tenant, admin, leader, customer_id):
    about = Case("customer", customer_id, customer_id)

    await carried_out(tenant, admin, {"type": "notify", "roles": ["manager"], "text": "请留意"}, about)

    told = (await leader.get("/api/v1/notices")).json()["items"]
    assert [one["text"].startswith("请留意") for one in told if one["kind"] == "told_by_rule"] == [True]


async def test_what_roles_were_told_goes_with_the_customer_and_nothing_more_is_said(tenant, admin, leader, customer_id):
    about, said = (
        Case("customer", customer_id, customer_id),
        {"type": "notify", "roles": ["manager"], "text": "欧阳海棠来访"},
    )
    await carried_out(tenant, admin, said, about)
    assert (await admin.delete(f"/api/v1/customers/{customer_id}")).status_code == 204

    again = await carried_out(tenant, admin, said, about)

    told = await rows(tenant, "select details->>'what' as said from staff_notice where kind = 'told_by_rule'")
    assert [row["said"] for row in told] == ["—"]
    assert (again.outcome, again.refusal) == ("refused", "archive-erased")


async def test_an_approval_is_asked_for_by_a_flow_of_the_policy(tenant, admin, client, customer_id):
    flow = (await client.get("/api/v1/policy")).json()["approvals"][0]["name"]
    about = Case("customer", customer_id, customer_id)

    made = await carried_out(tenant, admin, {"type": "ask_approval", "flow": flow, "note": "补偿"}, about)

    found = await rows(tenant, "select subject, customer_id from approval_request where id = $1", made.subject_id)
    assert [tuple(row) for row in found] == [("rule", customer_id)]


async def test_one_customer_is_asked_a_survey_once_in_its_rest(tenant, admin, client, customer_id):
    survey = (await client.get("/api/v1/policy")).json()["surveys"][0]["name"]
    about = Case("customer", customer_id, customer_id)
    command = {"type": "start_survey", "survey": survey}

    first = await carried_out(tenant, admin, command, about)
    again = await carried_out(tenant, admin, command, about)

    assert (first.outcome, again.refusal) == ("done", "nobody-to-ask")
    asked = await rows(tenant, "select customer_id from survey_invitation where round_id = $1", first.subject_id)
    assert [row["customer_id"] for row in asked] == [customer_id]


async def test_a_field_is_set_and_what_somebody_else_sets_meanwhile_stays(tenant, admin, client, customer_id):
    about = Case("customer", customer_id, customer_id)
    await client.patch(f"/api/v1/customers/{customer_id}", json={"fields": {"special_contribution": "无"}})
    held = asyncio.Event()

    async def meanwhile():
        async with asyncio.timeout(10), tenant.scope():
            sql = 'update customer set fields = fields || \'{"special_contribution": "捐赠"}\' where id = $1'
            await execute(sql, customer_id)
            held.set()
            while not await fetch_value("select exists (select from pg_locks where not granted), pg_sleep(0.01)"):
                pass

    other = asyncio.create_task(meanwhile())
    await held.wait()
    made = await carried_out(tenant, admin, {"type": "set_field", "field": "network", "value": "two_way"}, about)
    await other

    assert made.outcome == "done", made.said
    fields = (await client.get(f"/api/v1/customers/{customer_id}")).json()["fields"]
    assert (fields["special_contribution"], fields["network"]) == ("捐赠", "two_way")


async def test_a_webhook_hears_which_case_it_is_about(tenant, admin, client, customer_id):
    hook = await send(client, "/api/v1/webhooks", {"url": "https://hooks.example.com/g", "event_types": ["file_added"]})
    about = Case("customer", customer_id, customer_id)

    made = await carried_out(tenant, admin, {"type": "call_webhook", "webhook_id": hook["webhook"]["id"]}, about)

    assert made.outcome == "done", made.said
    found = await rows(tenant, "select body from webhook_event where type = 'rule_called'")
    assert [str(customer_id) in row["body"] for row in found] == [True]


async def test_a_customer_whom_no_message_reaches_is_sent_none(tenant, admin, client, customer_id):
    async with tenant.scope():
        kinds = checking.sendable((await _act(tenant, admin)).policy)
    assert kinds != []
    about = Case("customer", customer_id, customer_id)

    made = await carried_out(tenant, admin, {"type": "send_message", "message": kinds[0]}, about)

    assert (made.outcome, made.refusal) == ("refused", "not-for-this")


async def test_an_author_does_no_more_than_they_may_now(tenant, admin, leader, customer_id):
    about = Case("customer", customer_id, customer_id)
    command = {"type": "open_task", "text": "致电客户", "role": "manager"}
    async with tenant.scope():
        await execute("update staff set roles = '{auditor}' where id = $1", UUID(str(admin.staff_id)))

    made = await carried_out(tenant, admin, command, about)

    assert (made.outcome, made.refusal) == ("refused", "forbidden")
    assert await rows(tenant, "select id from task") == []


async def test_whoever_left_or_works_at_an_outlet_answers_for_nothing(tenant, admin):
    outlet = await tenant.unit("east")
    async with tenant.scope():
        await execute("update staff set org_unit_id = $2 where id = $1", UUID(str(admin.staff_id)), outlet)
        with pytest.raises(NotAnswerable):
            await _act(tenant, admin)
    async with tenant.scope():
        await execute(
            "update staff set org_unit_id = null, left_at = $2 where id = $1",
            UUID(str(admin.staff_id)),
            tenant.world.clock(),
        )
        with pytest.raises(NotAnswerable):
            await _act(tenant, admin)


async def test_names_the_company_does_not_have_are_found_before(tenant, admin):
    wrong = [
        {"type": "set_level", "level": "99", "because": "-"},
        {"type": "ask_department", "task": "none", "unit": "nowhere", "text": "-"},
        {"type": "open_task", "text": "-", "role": "king"},
        {"type": "notify", "text": "-", "roles": ["king"]},
        {"type": "send_message", "message": "none"},
        {"type": "ask_approval", "flow": "none", "note": "-"},
        {"type": "set_field", "field": "none", "value": "-"},
        {"type": "start_survey", "survey": "none"},
        {"type": "call_webhook", "webhook_id": "00000000-0000-0000-0000-000000000001"},
    ]
    async with tenant.scope():
        policy = (await _act(tenant, admin)).policy
        found = {
            each["type"]: [one.field for one in await checking.problems(msgspec.convert(each, Command), "c", policy)]
            for each in wrong
        }

    assert found == {
        "set_level": ["c.level"],
        "ask_department": ["c.task", "c.unit"],
        "open_task": ["c.role"],
        "notify": ["c.roles"],
        "send_message": ["c.message"],
        "ask_approval": ["c.flow"],
        "set_field": ["c.field"],
        "start_survey": ["c.survey"],
        "call_webhook": ["c.webhook_id"],
    }


def test_every_command_asks_something_of_whoever_is_answerable():
    assert set(NEEDS) == set(Command.__args__)
