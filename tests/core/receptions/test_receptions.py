"""A visit on a tenant with the core's defaults and no pack, from the news to the filed material."""

import asyncio
from datetime import datetime, timedelta

import pytest
from receiving import (
    ARRIVES,
    PARTICULARS,
    PATH,
    PLAN,
    ahead,
    decide,
    fall_due,
    guest,
    kind,
    orders,
    received,
    step,
    tasks,
    told,
)

from guibin_tenants import org_units
from guibin_tenants.scope import fetch

from .conftest import APPLICATION

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.mark.rule("S14-1")
async def test_the_centre_coordinates_a_visit_and_nobody_else_does(house):
    agent = await house.tenant.staff("agent", "agent")
    reception = await received(agent, await guest(house.key), source="业务部")

    for what, body in (("confirmation", {}), ("notice", {}), ("cancellation", {"reason": "x"})):
        refused = await step(agent, reception, what, body, 409 if what == "notice" else 403)
        assert kind(refused) == ("reception-not-this-far" if what == "notice" else "not-the-reception-centre")
    confirmed = await step(house.officer, reception, "confirmation", {"party_size": 3, "text": "已与对方核实"})

    assert await told(house.tenant, house.officer) == ["reception_received"]
    assert (confirmed["state"], confirmed["party_size"], confirmed["protocol"]) == ("confirmed", 3, "vip")
    assert [(one["kind"], one["written_by_name"]) for one in confirmed["events"]] == [("confirmation", "officer")]


@pytest.mark.rule("S14-1")
async def test_a_visit_goes_its_way_step_by_step(house):
    reception = await received(house.key, await guest(house.key))

    early = [await step(house.officer, reception, "applications", APPLICATION, 409)]
    await step(house.officer, reception, "confirmation")
    early.append(await step(house.officer, reception, "plans", PLAN, 409))
    asked = await step(house.officer, reception, "applications", APPLICATION)
    twice = await step(house.officer, reception, "applications", APPLICATION, 409)
    own = await decide(house.officer, asked["applications"][0]["approval_id"], status=403)
    await decide(house.manager, asked["applications"][0]["approval_id"])
    early.append(await step(house.officer, reception, "notice", {}, 409))
    planned = await step(house.officer, reception, "plans", PLAN)
    nobody = await step(house.officer, reception, "notice", {}, 409)

    assert {kind(one) for one in early} == {"reception-not-this-far"}
    assert (kind(twice), kind(nobody)) == ("already-asked", "nobody-assigned")
    assert own["status"] == 403
    assert (planned["state"], planned["terms"]["name"], planned["clause"]) == ("planned", "vip", "S14-3")
    assert planned["plans"][0]["content"]["standard"] == PLAN["standard"]


async def test_a_refused_application_can_be_made_anew(house):
    reception = await received(house.key, await guest(house.key))
    await step(house.officer, reception, "confirmation")
    asked = await step(house.officer, reception, "applications", APPLICATION)

    await decide(house.manager, asked["applications"][0]["approval_id"], approved=False)
    again = await step(house.officer, reception, "applications", APPLICATION | {"qualification": "invited_guest"})

    assert again["state"] == "confirmed"
    assert [one["outcome"] for one in again["applications"]] == ["rejected", None]


@pytest.mark.rule("S14-3")
async def test_departments_are_told_and_acknowledge_for_themselves(house):
    reception = await house.noticed()
    found = await orders(house.security)

    seen = (await house.security.get(f"/api/v1/reception-orders/{found[0]['id']}")).json()
    other = next(one for one in await orders(house.key) if one["department"] == "business")
    hidden = await house.security.get(f"/api/v1/reception-orders/{other['id']}")
    foreign = await house.officer.post(f"/api/v1/reception-orders/{found[0]['id']}/acknowledgement", json={})
    path = f"/api/v1/reception-orders/{found[0]['id']}/acknowledgement"
    done = await house.security.post(path, json={})
    again = await house.security.post(path, json={})

    assert [one["department"] for one in found] == ["security"]
    assert (seen["content"]["guest"], seen["content"]["host"]) == ("张三丽", "officer")
    assert seen["content"]["particulars"]["requirements"] == PARTICULARS["requirements"]
    assert (hidden.status_code, foreign.status_code, done.status_code, again.status_code) == (404, 403, 201, 409)
    assert (await house.security.get(f"{PATH}/{reception['id']}")).status_code == 404
    shown = (await house.key.get(f"{PATH}/{reception['id']}")).json()
    assert (shown["unacknowledged"], shown["open_tasks"], shown["host_name"]) == (3, 4, "officer")
    assert await told(house.tenant, house.security) == ["reception_notice"]


@pytest.mark.rule("S14-3")
async def test_what_is_not_acknowledged_or_prepared_in_time_is_told(house, world):
    await house.noticed()
    world.clock.set(world.clock.now + timedelta(minutes=96))
    warned = await fall_due(house.tenant, "receptions")
    world.clock.set(world.clock.now + timedelta(minutes=24))
    breached = await fall_due(house.tenant, "receptions")

    world.clock.set(ahead(hours=24))
    late = await fall_due(house.tenant, "receptions")

    assert warned == ["acknowledgement/warning"] * 4
    assert sorted(breached) == ["acknowledgement/breach"] * 4 + ["acknowledgement/escalation:manager"] * 4
    assert "done/breach" in late
    assert "done/escalation:manager" in late
    assert await told(house.tenant, house.security) == ["reception_notice", "deadline_warned", "deadline_breached"]
    assert {"deadline_breached", "deadline_escalated"} <= set(await told(house.tenant, house.manager))
    assert [one["name"] for one in (await tasks(house.key, overdue=True)).values()] == []
    world.clock.set(ahead(hours=23))
    client = await house.tenant.client()
    assert list(await tasks(client, overdue=True)) == ["rooms_ready"]


@pytest.mark.rule("S14-3")
async def test_tasks_are_due_ahead_of_the_arrival_and_reported_once(house):
    await house.noticed()
    mine = await tasks(house.security)

    report = f"/api/v1/reception-tasks/{mine['passage_kept_free']['id']}/report"
    foreign = await house.officer.post(report, json={})
    wrong = await house.security.post(report, json={"answers": {"room": "1"}})
    done = await house.security.post(report, json={"text": "已清空两个车位"})
    again = await house.security.post(report, json={})

    assert list(mine) == ["passage_kept_free"]
    assert datetime.fromisoformat(mine["passage_kept_free"]["due_at"]) == ahead(hours=1)
    assert (foreign.status_code, wrong.status_code, done.status_code, again.status_code) == (403, 422, 201, 409)
    assert (done.json()["state"], done.json()["report"]["text"]) == ("reported", "已清空两个车位")
    ended = (await house.key.get("/api/v1/timers", params={"subject_id": done.json()["id"]})).json()["items"]
    assert [one["state"] for one in ended] == ["completed"]


@pytest.mark.rule("S14-3")
async def test_another_time_makes_a_new_edition_and_moves_the_tasks(house):
    reception = await house.noticed()
    first = (await orders(house.security))[0]
    await house.security.post(f"/api/v1/reception-orders/{first['id']}/acknowledgement", json={})
    task = (await tasks(house.security))["passage_kept_free"]

    moved = ARRIVES + timedelta(days=2, hours=3)
    changed = await step(house.officer, reception, "changes", {"arrives_at": moved.isoformat(), "reason": "航班改期"})
    newest = next(one for one in await orders(house.security) if one["newest"])
    late = await house.security.post(f"/api/v1/reception-orders/{first['id']}/acknowledgement", json={})
    after = (await tasks(house.security))["passage_kept_free"]

    assert (changed["edition"], changed["unacknowledged"]) == (2, 4)
    assert [(one["edition"], one["kind"], one["reason"]) for one in changed["notices"]] == [
        (1, "notice", ""),
        (2, "change", "航班改期"),
    ]
    assert (newest["edition"], newest["kind"], newest["acknowledged_at"]) == (2, "change", None)
    assert kind(late.json()) == "edition-replaced"
    assert (after["id"], datetime.fromisoformat(after["due_at"])) == (task["id"], moved - timedelta(hours=1))
    old = (await house.security.get(f"/api/v1/reception-orders/{first['id']}")).json()
    assert (old["content"]["text"], old["acknowledged_by_name"]) == ("", "guard")
    assert datetime.fromisoformat(old["content"]["tasks"][-1]["due_at"]) == ahead(hours=1)
    assert [one["reason"] for one in changed["changes"]] == ["航班改期"]


async def test_what_a_dissolved_department_has_to_prepare_its_successor_prepares(house):
    await house.noticed()
    tenant = house.tenant
    await tenant.unit("guards")
    relief = await tenant.staff("relief", "agent", unit="guards")
    admin = await tenant.staff("admin", "tenant_admin")
    before = await tasks(relief)

    body = {"successor_id": str(tenant.units["guards"])}
    done = await admin.post(f"/api/v1/org-units/{tenant.units['security']}/dissolution", json=body)
    (task,) = (await tasks(relief)).values()
    reported = await relief.post(f"/api/v1/reception-tasks/{task['id']}/report", json={"text": "已清空两个车位"})

    assert done.status_code == 200, done.text
    assert before == {}
    assert (task["name"], task["state"], reported.status_code) == ("passage_kept_free", "open", 201)


async def test_what_was_reported_stays_reported_when_the_guest_comes_later(house):
    reception = await house.noticed()
    task = (await tasks(house.security))["passage_kept_free"]
    await house.security.post(f"/api/v1/reception-tasks/{task['id']}/report", json={})

    later = (ARRIVES + timedelta(days=1)).isoformat()
    await step(house.officer, reception, "changes", {"arrives_at": later, "reason": "改期"})

    after = (await tasks(house.key))["passage_kept_free"]
    assert (after["state"], after["due_at"]) == ("reported", task["due_at"])


@pytest.mark.rule("S14-3")
async def test_a_cancellation_tells_everybody_and_nothing_is_due_any_more(house, world):
    reception = await house.noticed()

    cancelled = await step(house.officer, reception, "cancellation", {"reason": "行程取消"})
    world.clock.set(ARRIVES)
    fired = await fall_due(house.tenant, "receptions")

    assert (cancelled["state"], cancelled["open_tasks"], cancelled["notices"][-1]["kind"]) == (
        "cancelled",
        0,
        "cancellation",
    )
    assert fired == []
    for who in (house.security, house.officer, house.manager):
        assert "reception_cancelled" in await told(house.tenant, who)
    client = await house.tenant.client()
    assert kind(await step(client, reception, "arrival", {}, 409)) == "reception-ended"


async def test_cancelling_before_the_approval_lapses_it(house):
    reception = await received(house.key, await guest(house.key))
    await step(house.officer, reception, "confirmation")
    asked = await step(house.officer, reception, "applications", APPLICATION)

    cancelled = await step(house.officer, reception, "cancellation", {"reason": "不来了"})

    assert (cancelled["state"], cancelled["applications"][0]["outcome"]) == ("cancelled", "withdrawn")
    await decide(house.manager, asked["applications"][0]["approval_id"], status=409)


@pytest.mark.rule("S10-7")
async def test_at_the_visit_the_guest_goes_first_through_the_dedicated_channel(house):
    reception = await house.noticed()
    at_the_gate = (await orders(house.security))[0]

    wrong = await step(house.officer, reception, "arrival", {"channel": "main_gate"}, 422)
    arrived = await step(house.officer, reception, "arrival", {"waited_minutes": 2})
    twice = await step(house.officer, reception, "arrival", {}, 409)

    assert (at_the_gate["channel"], datetime.fromisoformat(at_the_gate["arrives_at"])) == ("dedicated", ARRIVES)
    assert set(await tasks(house.key)) >= {"channel_open", "passage_kept_free"}
    assert [one["field"] for one in wrong["errors"]] == ["text"]
    assert (arrived["state"], arrived["arrival"]["channel"], arrived["arrival"]["waited_minutes"]) == (
        "arrived",
        "dedicated",
        2,
    )
    assert kind(twice) == "reception-not-this-far"
    assert "reception_arrived" in await told(house.tenant, house.officer)


@pytest.mark.rule("S14-5")
async def test_the_guest_is_met_shown_around_and_seen_off_in_this_order(house):
    reception = await house.noticed()
    before = await step(house.officer, reception, "stages", {"stage": "meet"}, 409)
    await step(house.officer, reception, "arrival")

    early = await step(house.officer, reception, "stages", {"stage": "send_off"}, 409)
    for stage in ("meet", "tour", "send_off"):
        shown = await step(house.officer, reception, "stages", {"stage": stage, "text": f"{stage} 完成"})
    late = await step(house.officer, reception, "stages", {"stage": "send_off"}, 409)

    assert {kind(one) for one in (before, early, late)} == {"reception-not-this-far"}
    stages = [(one["name"], one["written_by_name"]) for one in shown["events"] if one["kind"] == "stage"]
    assert stages == [("meet", "officer"), ("tour", "officer"), ("send_off", "officer")]
    assert (shown["state"], shown["next_stage"]) == ("seen_off", None)


@pytest.mark.rule("S14-4")
async def test_etiquette_is_part_of_the_protocol_and_checked_item_by_item(house):
    reception = await house.seen_off()
    dress = {"item": "dress", "kept": True}

    checked = await step(house.officer, reception, "etiquette-checks", dress)
    twice = await step(house.officer, reception, "etiquette-checks", dress, 409)
    unexplained = await step(house.officer, reception, "etiquette-checks", {"item": "guiding", "kept": False}, 422)
    unknown = await step(house.officer, reception, "etiquette-checks", {"item": "bowing", "kept": True}, 422)

    assert reception["etiquette_left"] == ["dress", "standing_welcome", "guiding"]
    assert checked["etiquette_left"] == ["standing_welcome", "guiding"]
    assert kind(twice) == "already-done"
    assert [[one["field"] for one in answer["errors"]] for answer in (unexplained, unknown)] == [["text"], ["item"]]
    page = await house.key.get(f"{PATH}/{reception['id']}/notices/{reception['notices'][0]['id']}/page")
    assert "站立迎接" in page.text


@pytest.mark.rule("S14-10", "S14-6")
async def test_feedback_is_answered_until_the_guest_is_satisfied(house, world):
    reception = await house.seen_off()
    said = await step(house.officer, reception, "feedback", {"text": "停车太远", "score": 40})
    words = {"handling": "已联系物业", "reply": "下次预留车位"}
    path = f"feedback/{said['feedback'][0]['id']}/answer"

    silent = await step(house.officer, reception, path, words | {"satisfied": False}, 422)
    open_again = await step(house.officer, reception, path, words | {"satisfied": False, "remains": "今天怎么办"})
    again = open_again["feedback"][1]
    world.clock.set(datetime.fromisoformat(again["answer_by"]))
    fired = await fall_due(house.tenant, "receptions")
    client = await house.tenant.client()
    done = await step(client, reception, f"feedback/{again['id']}/answer", words)

    assert [one["field"] for one in silent["errors"]] == ["remains"]
    assert [(one["text"], one["satisfied"]) for one in open_again["feedback"]] == [
        ("停车太远", False),
        ("今天怎么办", None),
    ]
    assert sorted(one for one in fired if one.startswith("answer")) == [
        "answer/breach",
        "answer/escalation:manager",
        "answer/warning",
    ]
    assert [one["satisfied"] for one in done["feedback"]] == [False, True]
    assert [(await told(house.tenant, who)).count("feedback_unsatisfied") for who in (house.manager,)] == [1]


@pytest.mark.rule("S14-6")
async def test_feedback_is_collected_handled_in_time_and_answered(house, world):
    reception = await house.seen_off()
    said = await step(house.officer, reception, "feedback", {"text": "讲解很好,停车略远", "score": 90})
    feedback = said["feedback"][0]
    answer = f"feedback/{feedback['id']}/answer"

    empty = await step(house.officer, reception, "feedback", {}, 422)
    world.clock.set(datetime.fromisoformat(feedback["answer_by"]))
    fired = await fall_due(house.tenant, "receptions")
    client = await house.tenant.client()
    answered = await step(client, reception, answer, {"handling": "已调整车位", "reply": "已向客人致谢并说明"})
    twice = await step(client, reception, answer, {"handling": "x", "reply": "x"}, 409)

    # Three days from the day it was heard, in the company's zone.
    assert feedback["answer_by"] == "2026-03-05T15:59:59.999999Z"
    heard = sorted(one for one in fired if one.startswith("answer"))
    assert heard == ["answer/breach", "answer/escalation:manager", "answer/warning"]
    assert {"reception_feedback", "deadline_breached"} <= set(await told(house.tenant, house.officer))
    assert answered["feedback"][0]["reply"] == "已向客人致谢并说明"
    assert [one["field"] for one in empty["errors"]] == ["text"]
    assert kind(twice) == "already-done"


@pytest.mark.rule("S14-6")
async def test_the_guests_opinion_is_asked_within_days_of_the_send_off(house, world):
    reception = await house.seen_off()
    world.clock.set(datetime.fromisoformat(reception["feedback_by"]))

    fired = await fall_due(house.tenant, "receptions")

    assert {"feedback/warning", "feedback/breach", "feedback/escalation:manager"} <= set(fired)
    assert "deadline_escalated" in await told(house.tenant, house.manager)


@pytest.mark.rule("S14-1", "S14-2")
async def test_the_material_is_filed_when_complete_and_read_only_afterwards(house):
    unfinished = await house.seen_off()
    missing = await step(house.officer, unfinished, "filing", {"summary": "顺利"}, 409)
    for item in unfinished["etiquette_left"]:
        await step(house.key, unfinished, "etiquette-checks", {"item": item, "kept": True})
    await step(house.key, unfinished, "feedback", {"given": False})
    for task in (await tasks(house.key)).values():
        await house.key.post(f"/api/v1/reception-tasks/{task['id']}/report", json={})
    await step(house.officer, unfinished, "materials", {"name": "合影", "content": PNG})

    filed = await step(house.officer, unfinished, "filing", {"summary": "下次安排近处车位"})
    afterwards = [
        await step(house.officer, unfinished, what, body, 409)
        for what, body in (
            ("stages", {"stage": "meet"}),
            ("feedback", {"given": False}),
            ("materials", {"name": "合影", "content": PNG}),
            ("changes", {"party_size": 5, "reason": "x"}),
            ("filing", {"summary": "再次"}),
        )
    ]

    assert kind(missing) == "reception-not-complete"
    for part in ("etiquette dress", "security passage_kept_free", "the guest's feedback"):
        assert part in missing["detail"]
    assert (filed["state"], filed["events"][-1]["text"]) == ("filed", "下次安排近处车位")
    assert {kind(one) for one in afterwards} == {"reception-ended"}
    visits = (await house.key.get(PATH, params={"customer_id": filed["customer_id"]})).json()["items"]
    assert [(one["id"], one["state"]) for one in visits] == [(filed["id"], "filed")]


async def test_material_is_sealed_and_shown_only_with_a_purpose_on_record(house):
    reception = await house.approved()
    kept = await step(house.officer, reception, "materials", {"name": "合影", "content": PNG})
    path = f"materials/{kept['materials'][0]['id']}/disclosures"

    await step(house.officer, reception, path, {"purpose": "好奇", "leaves_to": "nobody"}, 403)
    shown = await step(house.key, reception, path, {"purpose": "制作纪念册", "leaves_to": "nobody"})
    wrong = await step(house.officer, reception, "materials", {"name": "x", "content": "R0lGODlh"}, 422)

    assert (shown["content"], shown["media_type"]) == (PNG, "image/png")
    assert [one["field"] for one in wrong["errors"]] == ["content"]
    async with house.tenant.scope():
        entries = await fetch("select purpose from audit_entry where action = 'reception.disclose'")
        stored = await fetch("select sealed from reception_material")
    assert [one["purpose"] for one in entries] == ["制作纪念册"]
    assert PNG.encode() not in bytes(stored[0]["sealed"])


async def test_guests_are_sealed_at_rest_walled_and_every_look_is_on_record(house):
    await house.tenant.unit("east")
    east = await house.tenant.staff("east", "manager", unit="east")
    reception = await house.noticed()
    order = (await orders(house.security))[0]
    await house.security.get(f"/api/v1/reception-orders/{order['id']}")

    assert (await east.get(f"{PATH}/{reception['id']}")).status_code == 404
    assert await orders(east) == []
    assert await tasks(east) == {}
    assert (await east.get(PATH)).json()["items"] == []
    async with house.tenant.scope() as scope:
        for table in ("particulars", "plan", "notice", "order"):
            text = await scope.connection.fetchval(f"select string_agg(t::text, '') from reception_{table} t")
            assert "张三丽" not in text
            assert "不吃辣" not in text
        looks = await fetch("select actor_name, customer_ids from audit_entry where action = 'reception_order.read'")
    assert [(one["actor_name"], [str(i) for i in one["customer_ids"]]) for one in looks] == [
        ("guard", [reception["customer_id"]])
    ]


async def test_an_erased_guest_is_closed_everywhere(house):
    reception = await house.noticed()
    order = (await orders(house.security))[0]
    assert (await house.key.delete(f"/api/v1/customers/{reception['customer_id']}")).status_code < 300

    seen = (await house.security.get(f"/api/v1/reception-orders/{order['id']}")).json()
    shown = (await house.key.get(f"{PATH}/{reception['id']}")).json()

    task = (await tasks(house.security))["passage_kept_free"]
    report = await house.security.post(f"/api/v1/reception-tasks/{task['id']}/report", json={})
    written = await step(house.officer, reception, "particulars", PARTICULARS, 409)
    cancelled = await step(house.officer, reception, "cancellation", {"reason": "档案已注销"})
    still = (await house.security.get(f"/api/v1/reception-orders/{order['id']}")).json()

    assert {kind(report.json()), kind(written)} == {"archive-erased"}
    assert (cancelled["state"], cancelled["open_tasks"], still["content"]) == ("cancelled", 0, None)
    assert seen["content"] is None
    assert [one["content"] for one in (*shown["particulars"], *shown["plans"])] == [None, None]


async def test_the_notice_prints_in_chinese_and_escapes_what_people_wrote(house):
    reception = await house.noticed()
    path = f"{PATH}/{reception['id']}/notices/{reception['notices'][0]['id']}/page"

    page = await house.key.get(path, headers={"Accept-Language": "zh-CN"})

    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for text in ("接待通知单", reception["number"], "贵宾专用通道", "2026-03-04 10:00", "安保部", "展厅", "张三丽"):
        assert text in page.text
    assert "&lt;b&gt;安静&lt;/b&gt;" in page.text
    assert "<script" not in page.text
    assert "http" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    async with house.tenant.scope():
        assert len(await fetch("select id from audit_entry where action = 'reception.print'")) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"arrives_at": "2026-03-02T01:59:59Z"}, "arrives_at"),
        ({"arrives_at": "2028-03-03T02:00:00Z"}, "arrives_at"),
        ({"leaves_at": "2026-03-04T02:00:00Z"}, "leaves_at"),
        ({"protocol": "royal"}, "protocol"),
        ({"venue_id": "018f0000-0000-7000-8000-000000000000"}, "venue_id"),
    ],
)
async def test_wrong_news_is_refused_by_name(house, changes, field):
    body = {"customer_id": await guest(house.key), "source": "总经理", "arrives_at": ARRIVES.isoformat()} | changes

    answer = await house.key.post(PATH, json=body)

    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])
    assert (await house.key.get(PATH)).json()["items"] == []


async def test_receptions_are_paged_by_their_arrival(house):
    customer = await guest(house.key)
    for days in (2, 0, 1, 1):
        await received(house.key, customer, arrives_at=(ARRIVES + timedelta(days=days)).isoformat())

    first = (await house.key.get(PATH, params={"limit": 3})).json()
    second = (await house.key.get(PATH, params={"limit": 3, "cursor": first["next"]})).json()

    days = [datetime.fromisoformat(one["arrives_at"]).day for one in first["items"] + second["items"]]
    assert days == [4, 5, 5, 6]
    assert second["next"] is None


async def test_of_two_who_send_the_notice_at_once_one_does(house):
    reception = await house.approved()
    await step(house.officer, reception, "plans", PLAN)
    await step(house.officer, reception, "assignments", {"staff_id": str(house.officer.staff_id)})
    path = f"{PATH}/{reception['id']}/notice"

    answers = await asyncio.gather(*(who.post(path, json={}) for who in (house.officer, house.manager, house.key)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert {one["edition"] for one in await orders(house.key)} == {1}
    assert len(await orders(house.key)) == 4


async def test_of_two_who_acknowledge_at_once_one_does(house):
    await house.noticed()
    order = (await orders(house.security))[0]
    path = f"/api/v1/reception-orders/{order['id']}/acknowledgement"

    answers = await asyncio.gather(*(who.post(path, json={}) for who in (house.security, house.key)))

    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_cancelling_and_approving_at_once_leave_a_cancelled_reception(house):
    reception = await received(house.key, await guest(house.key))
    await step(house.officer, reception, "confirmation")
    asked = await step(house.officer, reception, "applications", APPLICATION)
    approval = f"/api/v1/approvals/{asked['applications'][0]['approval_id']}/decision"

    decided, cancelled = await asyncio.gather(
        house.manager.post(approval, json={"approved": True}),
        house.officer.post(f"{PATH}/{reception['id']}/cancellation", json={"reason": "不来了"}),
    )

    assert (decided.status_code in (200, 409), cancelled.status_code) == (True, 201)
    shown = (await house.key.get(f"{PATH}/{reception['id']}")).json()
    assert shown["state"] == "cancelled"
    assert shown["applications"][0]["outcome"] in ("approved", "withdrawn")


@pytest.mark.parametrize("visited", ["东湖店", ""])
async def test_the_printed_notice_is_headed_by_the_unit_that_is_visited(house, visited):
    venue = await house.tenant.unit(visited) if visited else None
    reception = await house.noticed(**({"venue_id": str(venue)} if venue else {}))

    page = await house.key.get(f"{PATH}/{reception['id']}/notices/{reception['notices'][0]['id']}/page")

    async with house.tenant.scope():
        head = await org_units.head_office()
    assert f"<span>{visited or head.name}</span><span>{reception['number']}" in page.text


@pytest.mark.rule("S02-6", "S14-3")
async def test_nobody_is_put_at_the_side_of_a_guest_they_do_not_see(house):
    reception = await house.approved()
    await step(house.officer, reception, "particulars", PARTICULARS)
    await step(house.officer, reception, "plans", PLAN)
    path = f"/api/v1/receptions/{reception['id']}/assignments"

    refused = await house.officer.post(path, json={"staff_id": str(house.security.staff_id)})

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "staff_id")
    assert (await house.security.get(f"/api/v1/receptions/{reception['id']}")).status_code == 404
