"""Automations do what their sentence says, after it was tried and switched on, no more than their author may, and each look is on record."""

from datetime import timedelta

import msgspec
import pytest
from receiving import guest, send, told
from running import come_round
from standing import contacted

from guibin.automations.history import DATED, PAST
from guibin.automations.jobs import ComeRound, ForgetAutomationRuns
from guibin.policy.automations import Automation
from guibin_tenants.scope import execute, fetch, fetch_value

from .conftest import CALL, THIRD


async def test_the_third_complaint_of_a_vip_within_thirty_days_is_the_managers_to_call_about(house):
    await house.write(THIRD)
    await house.on("third_complaint")
    for _ in range(2):
        await house.complain()
    await house.work()
    assert await house.tasks() == []

    complaint = await house.complain()
    await house.work()

    (task,) = await house.tasks()
    assert (task["text"], task["customer_id"], task["subject_id"]) == (CALL["text"], house.vip, complaint["id"])
    (run,) = await house.runs(outcome="done")
    assert [one["outcome"] for one in run["commands"]] == ["done"]
    assert [one["because"] for one in await house.runs(outcome="not_met")] == ["when", "when"]

    await house.complain()
    await house.work()
    assert len(await house.tasks()) == 1, "quiet until the days are over"


async def test_nothing_is_done_about_whoever_does_not_meet_the_condition(house):
    await house.write(THIRD)
    await house.on("third_complaint")
    nobody = await guest(house.client, "G-2", kind="leader")
    for _ in range(3):
        await house.complain(nobody)
    await house.work()

    assert await house.tasks() == []
    assert (await house.runs())[0]["because"] == "condition"


async def test_it_is_tried_on_what_happened_before_anybody_wrote_it(house):
    for _ in range(4):
        await house.complain()
    body = {"automation": THIRD, "days": 30}

    trial = await send(house.admin, "/api/v1/automation-trials", body, 200)

    assert (trial["looked"], trial["acted"], trial["problems"]) == (4, 1, [])
    assert [one["customer_id"] for one in trial["would_have"]] == [house.vip]
    assert trial["sentence"]["zh"] == (
        "同一客户 30 天内第 3 次受理投诉时，如果客户是有等级的贵宾，就请经理在 24 小时内办：致电客户，致歉并说明处理。"
    )
    assert trial["sentence"]["en"].startswith("When this happens to a customer 3 times within 30 days")
    assert await house.tasks() == []


async def test_an_outlet_tries_it_on_its_own_customers_only(house):
    await house.tenant.unit("east")
    outlet = await house.tenant.staff("east-1", "manager", unit="east")
    for _ in range(3):
        await house.complain()

    trial = await send(outlet, "/api/v1/automation-trials", {"automation": THIRD}, 200)

    assert (trial["looked"], trial["acted"]) == (0, 0)


async def test_a_refusal_is_heard_at_once_and_nothing_of_it_is_written(house):
    refuse = {
        "name": "no_social",
        "when": {"type": "happens", "event": "contact_recorded"},
        "condition": {"type": "says", "payload": "channel", "values": ["phone"]},
        "then": [{"type": "refuse", "zh": "此客户只许面谈", "en": "Only face to face"}],
    }
    await house.write(refuse)
    await house.on("no_social")
    new = {"customer_id": house.vip, "channel": "phone", "direction": "out", "content": "问候"}

    answer = await house.client.post("/api/v1/interactions", json=new, headers={"Accept-Language": "zh-CN"})

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/refused-by-rule")
    assert answer.json()["detail"] == "公司自己的规则不允许：此客户只许面谈"
    async with house.tenant.scope():
        assert await fetch_value("select count(*) from interaction") == 0
    await contacted(house.client, house.vip, "2026-03-01T09:00:00+08:00", channel="visit")


async def test_a_level_is_given_while_a_complaint_is_taken_in(house):
    level = {
        "name": "vip_level",
        "when": {"type": "happens", "event": "complaint_received"},
        "condition": {"type": "holds_tier", "tiers": []},
        "then": [{"type": "set_level", "level": "2", "because": "贵宾投诉"}],
    }
    await house.write(level)
    await house.on("vip_level")

    made = await house.complain(level=None)
    plain = await house.complain(await guest(house.client, "G-2", kind="leader"), level=None)

    assert (made["level"], made["because"], plain["level"]) == ("2", "贵宾投诉", "1")


async def test_a_while_after_something_it_is_looked_at_then(house):
    late = {
        "name": "still_there",
        "when": {"type": "after", "event": "complaint_received", "hours": 48},
        "then": [CALL],
    }
    await house.write(late)
    await house.on("still_there")
    await house.complain()
    await house.work()
    assert await house.tasks() == []

    await house.pass_by(hours=49)

    assert len(await house.tasks()) == 1


async def test_two_that_set_each_other_off_are_not_both_switched_on(house):
    first = {
        "name": "first",
        "when": {"type": "happens", "event": "customer_changed"},
        "then": [{"type": "ask_approval", "flow": "complaint_internal", "note": "请批"}],
    }
    flows = (await house.client.get("/api/v1/policy")).json()["approvals"]
    first["then"][0]["flow"] = flows[0]["name"]
    field = next(
        one["name"]
        for one in (await house.client.get("/api/v1/policy")).json()["fields"]
        if one.get("confidentiality") != "confidential"
    )
    second = {
        "name": "second",
        "when": {"type": "happens", "event": "approval_asked"},
        "then": [{"type": "set_field", "field": field, "value": "是"}],
    }
    await house.write(first, second)
    await house.on("first")

    refused = await house.on("second", status=409)

    assert refused["type"] == "/problems/goes-round"
    assert refused["detail"] == "second → first → second"


async def test_one_that_would_tell_thousands_stops_at_its_bound_of_the_day(house):
    many = {
        "name": "many",
        "when": {"type": "happens", "event": "complaint_received"},
        "then": [{"type": "notify", "roles": ["manager"], "text": "请留意"}],
        "per_day_max": 3,
    }
    await house.write(many)
    await house.on("many")
    for _ in range(6):
        await house.complain()
    await house.work()

    assert len(await house.runs(outcome="done")) == 3
    assert len(await house.runs(outcome="bounded")) == 3
    assert (await told(house.tenant, house.leader)).count("told_by_rule") == 3
    assert (await told(house.tenant, house.admin)).count("automation_bounded") == 1


async def test_an_author_whose_rights_end_is_told_and_it_stops(house):
    other = await house.tenant.staff("admin-2", "tenant_admin")
    await house.write(THIRD)
    await house.on("third_complaint")
    async with house.tenant.scope():
        await execute("update staff set left_at = $2 where id = $1", house.admin.staff_id, house.clock.now)
    for _ in range(3):
        await house.complain()
    await house.work()

    assert await house.tasks() == []
    (found,) = (await house.client.get("/api/v1/automations")).json()
    assert (found["on"], found["because"]) == (False, "author")
    assert "automation_stopped_author" in await told(house.tenant, other)


async def test_one_that_was_changed_waits_until_it_is_switched_on_again(house):
    await house.write(THIRD)
    await house.on("third_complaint")
    await house.write(THIRD | {"then": [CALL | {"within_hours": 2}]})

    (found,) = (await house.client.get("/api/v1/automations")).json()

    assert (found["on"], found["changed"]) == (False, True)
    for _ in range(3):
        await house.complain()
    await house.work()
    assert await house.tasks() == []


async def test_one_that_was_taken_out_is_off_when_it_comes_back_and_whoever_switched_it_on_is_told(house):
    await house.write(THIRD)
    await house.on("third_complaint")
    await house.write()
    await house.complain()
    await house.work()
    await come_round(house.tenant, ComeRound())
    await house.write(THIRD)

    (found,) = (await house.client.get("/api/v1/automations")).json()

    assert (found["on"], found["changed"], found["because"]) == (False, False, "changed")
    assert "automation_stopped_changed" in await told(house.tenant, house.admin)
    assert await house.runs() == []


async def test_switched_off_it_does_nothing(house):
    await house.write(THIRD)
    await house.on("third_complaint")
    await send(house.admin, "/api/v1/automations/third_complaint/deactivation")
    for _ in range(3):
        await house.complain()
    await house.work()

    assert (await house.tasks(), await house.runs()) == ([], [])


async def test_what_fails_again_and_again_is_switched_off(house):
    failing = {
        "name": "failing",
        "when": {"type": "happens", "event": "contact_recorded"},
        "then": [{"type": "add_note", "text": "不适用于联系"}],
        "per_day_max": 100,
    }
    await house.write(failing)
    await house.on("failing")
    for minute in range(12):
        await contacted(house.client, house.vip, f"2026-03-01T09:{minute:02}:00+08:00")
    await house.work()

    assert len(await house.runs(outcome="refused")) == 10
    (found,) = (await house.client.get("/api/v1/automations")).json()
    assert (found["on"], found["because"]) == (False, "failing")


async def test_names_that_nothing_is_called_by_are_found_before_it_is_on(house):
    wrong = {
        "name": "wrong",
        "when": {"type": "happens", "event": "complaint_received"},
        "then": [{"type": "send_message", "message": "none"}],
    }
    await house.write(wrong)

    refused = await house.on("wrong", status=422)

    assert [one["field"] for one in refused["errors"]] == ["then[0].message"]


@pytest.mark.parametrize("when", ["happens", "after", "adds_up"])
async def test_one_that_follows_a_misspelt_event_is_not_saved(house, when):
    misspelt = {**THIRD, "when": {"type": when, "event": "complaint_recieved"}}
    texts = {"automation.third_complaint": {"zh": "第三次", "en": "third"}}

    refused = await house.write(misspelt, status=422)
    gathered = await house.admin.patch(
        "/api/v1/policy/draft", json={"overrides": {"automations": [misspelt], "texts": texts}}
    )

    wrong = [("automations.third_complaint.when.event", "complaint_recieved")]
    assert [(one["field"], one["value"]) for one in refused["errors"]] == wrong
    assert [(one["field"], one["value"]) for one in gathered.json()["problems"]] == wrong
    assert (await house.admin.get("/api/v1/automations")).json() == []


async def test_only_somebody_who_may_and_sees_the_company_whole_switches_it_on(house):
    await house.write(THIRD)
    await house.tenant.unit("east")
    outlet = await house.tenant.staff("east-1", "tenant_admin", unit="east")

    for caller in (house.leader, outlet):
        answer = await caller.post("/api/v1/automations/third_complaint/activation")
        assert answer.status_code == 403, answer.text


async def test_runs_are_kept_for_a_quarter(house, clock):
    await house.write(THIRD)
    await house.on("third_complaint")
    await house.complain()
    await house.work()
    ran, kept = clock(), []
    for days in (91, 93):
        clock.set(ran + timedelta(days=days))
        await come_round(house.tenant, ForgetAutomationRuns())
        async with house.tenant.scope():
            kept.append(await fetch_value("select count(*) from automation_run"))

    assert kept == [1, 0]


async def test_two_companies_have_each_their_own(house, other_tenant):
    await house.write(THIRD)
    await house.on("third_complaint")
    async with await other_tenant.client() as other:
        assert (await other.get("/api/v1/automations")).json() == []
        for _ in range(3):
            await send(other, "/api/v1/complaints", {"channel": "phone", "text": "没有信号", "level": "1"})
        assert (await other.get("/api/v1/automation-runs")).json()["items"] == []


@pytest.mark.parametrize("sql", [*PAST.values(), *DATED.values()], ids=[*PAST, *DATED])
async def test_the_past_of_every_event_can_be_read(tenant, sql):
    async with tenant.scope():
        assert await fetch(f"select at, customer_id, subject, subject_id, said from ({sql}) p") == []


def test_one_is_stored_and_read_back_as_it_was():
    written = msgspec.json.encode(msgspec.convert(THIRD, Automation))
    assert msgspec.json.decode(written, type=Automation) == msgspec.convert(THIRD, Automation)
