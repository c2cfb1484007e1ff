"""First contact, next update, progress: clocks of their own beside the resolution's, met by a reply."""

import asyncio
from datetime import timedelta

import msgspec
import pytest
from running import run_job
from targets import FIRST_CONTACT, NEXT_UPDATE, PROGRESS, level, opened

from guibin.events import MilestoneReached
from guibin_tenants.scope import fetch


async def test_every_target_has_its_clock_from_the_receipt(tenant, client):
    case = await opened(tenant, client)

    assert {name: await case.due(name) for name in ("first_contact", "next_update", "resolution")} == {
        "first_contact": [1],
        "next_update": [2],
        "resolution": [5],
    }


async def test_each_clock_warns_breaches_and_escalates_by_itself_once(tenant, client):
    case = await opened(tenant, client)
    found = [await case.sweep(hours) for hours in (0.79, 0.8, 0.8, 0.95, 1, 1.5, 1.6, 3, 3)]

    assert found == [
        [],
        [("first_contact", "warning")],
        [],
        [("first_contact", "warning:95")],
        [("first_contact", "breach")],
        [("first_contact", "escalation:manager")],
        [("next_update", "warning")],
        [("next_update", "breach"), ("first_contact", "escalation:tenant_admin")],
        [],
    ]


async def test_a_reply_meets_what_waits_for_one_and_leaves_the_resolution(tenant, client):
    case = await opened(tenant, client)
    await case.message("out", at=0.5)

    assert await case.running() == {"resolution"}
    assert await case.sweep(3.9) == []


async def test_a_machines_answer_is_no_reply(tenant, client):
    case = await opened(tenant, client)
    await case.message("out", at=0.5, automatic=True)

    assert await case.running() == {"first_contact", "next_update", "resolution"}


async def test_an_internal_note_is_no_reply(tenant, client):
    case = await opened(tenant, client)
    await case.post("notes", {"text": "已查看", "kind": "contact"}, at=0.5)

    assert await case.running() == {"first_contact", "next_update", "resolution"}


async def test_what_the_complainant_writes_is_no_reply_though_it_is_staff_and_owns_the_case(tenant, client):
    desk = await tenant.staff("desk", "agent")
    case = await opened(tenant, client, complainant_id=str(desk.staff_id), owner_id=str(desk.staff_id), on_behalf=True)
    await case.message("out", at=0.5, client=desk)

    assert await case.running() == {"first_contact", "next_update", "resolution"}


async def test_what_the_customer_says_is_no_reply_though_the_owner_writes_it_down(tenant, client):
    desk = await tenant.staff("desk", "agent")
    case = await opened(tenant, client, owner_id=str(desk.staff_id))
    await case.message("in", at=0.5, client=desk)

    assert await case.running() == {"first_contact", "next_update", "resolution"}


async def test_the_next_update_counts_from_the_oldest_unanswered_message(tenant, client):
    case = await opened(tenant, client)
    await case.message("out", at=0.5)
    for hours in (1, 2, 2.5):
        await case.message("in", at=hours)

    assert await case.due("next_update") == [2, 3]
    await case.message("out", at=2.75)
    assert await case.running() == {"resolution"}


async def test_a_message_that_turns_out_to_be_older_brings_its_deadline_forward(tenant, client):
    case = await opened(tenant, client)
    await case.message("out", at=0.5)
    await case.message("in", at=2)
    await case.message("in", at=2.5, sent_at=case.at(1).isoformat())

    assert await case.due("next_update") == [2, 3]


async def test_a_reply_sent_before_the_question_does_not_answer_it(tenant, client):
    case = await opened(tenant, client)
    await case.message("out", at=0.5)
    await case.message("in", at=2)
    await case.message("out", at=2.5, sent_at=case.at(1).isoformat())

    assert "next_update" in await case.running()


async def test_the_first_contact_does_not_stand_while_we_wait_for_the_customer(tenant, client):
    case = await opened(tenant, client)
    await case.post("pauses", {"reason": "等客户回电"}, at=0.25)

    assert await case.sweep(1) == [
        ("first_contact", "warning"),
        ("first_contact", "warning:95"),
        ("first_contact", "breach"),
    ]
    assert await case.sweep(100) == [
        ("first_contact", "escalation:manager"),
        ("first_contact", "escalation:tenant_admin"),
    ]


async def test_what_stood_runs_on_with_the_time_it_had_left(tenant, client):
    case = await opened(tenant, client)
    pause = await case.post("pauses", {"reason": "等客户回电"}, at=1)
    case.go_to(4)
    await client.delete(f"/api/v1/complaints/{case.id}/pauses/{pause['id']}")

    assert (await case.due("next_update"), await case.due("resolution")) == ([5], [8])


async def test_a_sequence_counts_from_the_target_before_when_that_was_reached_early(tenant, client):
    case = await opened(tenant, client, level("1", 24, milestones=(PROGRESS,)))
    await case.message("out", at=1)
    await case.message("out", at=2)  # before the second began: it gains nothing
    await case.message("out", at=7)

    assert await case.due("progress") == [4, 8, 12]


async def test_a_sequence_counts_from_the_reply_when_that_came_late(tenant, client):
    case = await opened(tenant, client, level("1", 24, milestones=(PROGRESS,)))
    await case.sweep(5)
    await case.message("out", at=6)

    assert await case.due("progress") == [4, 10]


async def test_the_remedy_ends_every_clock_and_nothing_follows(tenant, client):
    case = await opened(tenant, client, level("1", 24, milestones=(FIRST_CONTACT, NEXT_UPDATE, PROGRESS)))
    await case.post("resolution", {"remedy": "更换机顶盒", "cause": "equipment"}, at=0.9)

    assert await case.running() == set()
    assert await case.sweep(100) == []
    shown = {one["milestone"]: one["completed_at"] for one in (await case.form())["deadlines"]}
    assert {case.hours(moment) for moment in shown.values()} == {0.9}


async def test_a_customer_not_satisfied_waits_for_a_reply_again(tenant, client):
    case = await opened(tenant, client, level("1", 24, milestones=(FIRST_CONTACT, NEXT_UPDATE, PROGRESS)))
    await case.message("out", at=0.5)
    await case.post("resolution", {"remedy": "更换机顶盒", "cause": "equipment"}, at=1)
    await case.post("callbacks", {"outcome": "not_satisfied"}, at=30)

    assert await case.running() == {"next_update", "progress", "resolution"}
    assert ((await case.due("next_update"))[-1], (await case.due("progress"))[-1]) == (32, 34)
    assert await case.due("resolution") == [53]


async def test_a_late_first_contact_is_a_contact_all_the_same_and_told(tenant, client):
    case = await opened(tenant, client)
    boss = await tenant.staff("boss", "manager")
    await case.sweep(2)
    await case.message("out", at=2)

    async with tenant.scope():
        rows = await fetch("select payload from job where kind = 'insight.tell_success' order by id")
    told = [msgspec.json.decode(row["payload"], type=MilestoneReached) for row in rows]
    reached = next(one for one in told if one.milestone == "first_contact")
    assert (reached.in_time, reached.roles) == (False, ("manager",))
    await run_job(tenant, reached, kind="insight.tell_success")
    await run_job(tenant, reached, kind="insight.tell_success")
    notices = (await boss.get("/api/v1/notices")).json()["items"]
    assert [notice["kind"] for notice in notices] == ["milestone_reached"]


async def test_another_level_keeps_the_starts_and_takes_its_own_targets(tenant, client):
    case = await opened(tenant, client)
    await case.post("level", {"level": "2", "reason": "需要其他部门"}, at=0.5)

    assert await case.running() == {"first_contact", "next_update", "progress", "resolution"}
    assert (await case.due("first_contact"), await case.due("resolution")) == ([1], [8])
    assert await case.due("progress") == [4.5]


async def test_a_target_new_with_the_level_and_passed_already_is_told_once(tenant, client):
    second_look = FIRST_CONTACT | {"name": "second_look"}
    case = await opened(tenant, client, level("1", 5, milestones=()), level("2", 8, milestones=(second_look,)))
    await case.post("level", {"level": "2", "reason": "需要其他部门"}, at=4)

    assert await case.due("second_look") == [1]
    assert await case.sweep(4) == [("second_look", "breach"), ("second_look", "escalation:tenant_admin")]


async def test_an_earlier_receipt_moves_what_counts_from_it(tenant, client):
    case = await opened(tenant, client)
    received_at = (case.start - timedelta(minutes=30)).isoformat()
    await case.post("intakes", {"channel": "hall", "received_at": received_at}, at=0.25)

    assert (await case.due("first_contact"), await case.due("next_update")) == ([0.5], [1.5])


async def test_two_messages_at_once_start_one_clock(tenant, client):
    case = await opened(tenant, client)
    await case.message("out", at=0.5)
    await asyncio.gather(*(case.message("in", at=1) for _ in range(5)))

    assert await case.due("next_update") == [2, 3]


async def test_a_message_from_the_future_is_refused(tenant, client):
    case = await opened(tenant, client)
    answer = await client.post(
        f"/api/v1/complaints/{case.id}/messages",
        json={"text": "…", "direction": "in", "sent_at": case.at(1).isoformat()},
    )

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "sent_at")


async def test_messages_to_a_closed_complaint_are_kept_and_start_nothing(tenant, client):
    case = await opened(tenant, client)
    await case.post("resolution", {"remedy": "更换机顶盒", "cause": "equipment"}, at=1)
    await case.message("in", at=2)

    assert await case.running() == set()
    assert [one["direction"] for one in (await case.form())["messages"]] == ["in"]


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"name": "resolution"}, "resolution"),
        ({"warn_at_percent": 0}, "first_contact"),
        ({"further_warnings": [120]}, "first_contact"),
        ({"calendar": "lunar"}, "first_contact.calendar"),
        ({"within": {"type": "hours", "count": 0}}, "first_contact.within"),
        ({"within": {"type": "at_once"}, "recurrence": "sequential"}, "first_contact.within"),
        ({"escalations": [{"role": "nobody"}]}, "first_contact.escalations"),
        ({"told_of_success": ["nobody"]}, "first_contact"),
    ],
)
async def test_a_target_that_contradicts_itself_is_refused(client, changes, part):
    policy = (await client.get("/api/v1/policy")).json()["complaints"]
    first = policy["levels"][0] | {"milestones": [FIRST_CONTACT | changes]}
    complaints = policy | {"levels": [first, *policy["levels"][1:]]}
    answer = await client.post("/api/v1/policy/versions", json={"overrides": {"complaints": complaints}, "note": "t"})

    assert answer.status_code == 422, answer.text
    assert any(error["field"].endswith(part) for error in answer.json()["errors"]), answer.json()["errors"]


async def test_targets_of_two_companies_keep_apart(tenant, client, other_tenant):
    case = await opened(tenant, client, level("1", 5, milestones=(NEXT_UPDATE,)))

    async with await other_tenant.client() as other:
        answer = await other.post(f"/api/v1/complaints/{case.id}/messages", json={"text": "…", "direction": "out"})
    assert answer.status_code == 404
    assert "next_update" in await case.running()


@pytest.mark.parametrize(("days", "status"), [(30, 201), (31, 409)])
async def test_after_so_many_days_a_complaint_is_not_reopened_but_followed_by_another(tenant, client, days, status):
    case = await opened(tenant, client, level("1", 5, milestones=()))
    await case.post("resolution", {"remedy": "更换机顶盒", "cause": "equipment"}, at=1)
    case.go_to(1 + days * 24)
    answer = await client.post(f"/api/v1/complaints/{case.id}/callbacks", json={"outcome": "not_satisfied"})
    assert answer.status_code == status, answer.text

    body = {"text": "又没有信号", "channel": "phone", "follows_id": case.id}
    new = await client.post("/api/v1/complaints", json=body)
    if status == 201:
        assert (new.status_code, new.json()["errors"][0]["field"]) == (422, "follows_id")
    else:
        assert case.id in answer.json()["detail"]
        assert (new.json()["follows_id"], new.json()["reopened"]) == (case.id, 0)
        assert (await case.form())["state"] == "resolved"
