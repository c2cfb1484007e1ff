"""The week's sample, improvement measures, and deadlines told to people, through HTTP and the jobs."""

from datetime import timedelta

import pytest
from running import come_round, run_job

from guibin.complaints.jobs import DrawSample, TellOverdueMeasures
from guibin.events import DeadlineEscalated, DeadlineWarned
from guibin.sla.sweep import fire_due

WEEK = "2026-W10"


async def settled(client, number, **fields):
    body = {"text": f"机顶盒故障 {number}", "channel": "phone", "level": "1"} | fields
    complaint = (await client.post("/api/v1/complaints", json=body)).json()
    await client.post(f"/api/v1/complaints/{complaint['id']}/resolution", json={"remedy": "更换", "cause": "equipment"})
    return complaint["id"]


async def drawn(client):
    return (await client.get("/api/v1/complaint-samples", params={"period": WEEK})).json()


@pytest.mark.rule("S07-29")
async def test_a_tenth_is_drawn_and_serious_and_special_ones_always(client, tenant, clock):
    ordinary = {await settled(client, n) for n in range(11)}
    serious = await settled(client, "大", level="3")
    special = await settled(client, "特", special=True)
    unsettled = await client.post("/api/v1/complaints", json={"text": "未处理", "channel": "phone", "level": "3"})
    clock.set(clock() + timedelta(days=7))

    await come_round(tenant, DrawSample())
    first = await drawn(client)
    await come_round(tenant, DrawSample())

    assert {one["complaint_id"] for one in first if one["why"] == "always"} == {serious, special}
    random = {one["complaint_id"] for one in first if one["why"] == "random"}
    assert len(random) == 2
    assert random <= ordinary
    assert unsettled.json()["id"] not in {one["complaint_id"] for one in first}
    assert await drawn(client) == first


@pytest.mark.rule("S07-29")
async def test_even_a_quiet_week_is_sampled_and_each_is_followed_up_once(client, tenant, clock):
    await settled(client, 1)
    clock.set(clock() + timedelta(days=7))
    await come_round(tenant, DrawSample())
    sample = (await drawn(client))[0]
    path = f"/api/v1/complaint-samples/{sample['id']}/follow-up"

    done = await client.post(path, json={"outcome": "satisfied", "comment": "已恢复"})
    again = await client.post(path, json={"outcome": "satisfied"})

    assert (sample["outcome"], done.json()["outcome"], again.status_code) == (None, "satisfied", 409)


@pytest.mark.rule("S07-28")
async def test_measures_go_to_the_department_which_reports_or_is_late(client, tenant, clock):
    network = await tenant.unit("network")
    await tenant.unit("billing")
    engineer = await tenant.staff("engineer", "manager", unit="network")
    clerk = await tenant.staff("clerk", "manager", unit="billing")
    body = {
        "period": WEEK,
        "org_unit_id": str(network),
        "text": "更换老化光节点",
        "due_on": "2026-03-20",
        "cause": "signal",
    }
    measure = (await client.post("/api/v1/improvement-measures", json=body)).json()
    wrong = await client.post("/api/v1/improvement-measures", json=body | {"period": "2026-W60"})
    path = f"/api/v1/improvement-measures/{measure['id']}/result"
    signed_in = clock()
    clock.set(signed_in + timedelta(days=30))
    for _ in range(2):
        await come_round(tenant, TellOverdueMeasures())
    # Sessions last twelve hours.
    clock.set(signed_in)

    foreign = await clerk.post(path, json={"note": "x"})
    done = await engineer.post(path, json={"note": "已更换 12 处"})
    again = await engineer.post(path, json={"note": "x"})

    assert (wrong.status_code, foreign.status_code, again.status_code) == (422, 404, 409)
    assert done.json()["done_by_name"] == "engineer"
    kinds = [one["kind"] for one in (await engineer.get("/api/v1/notices")).json()["items"]]
    assert sorted(kinds) == ["measure_overdue", "measure_proposed"]
    assert (await clerk.get("/api/v1/improvement-measures")).json()["items"] == []
    assert len((await engineer.get("/api/v1/improvement-measures")).json()["items"]) == 1


@pytest.mark.rule("S07-16", "S07-22")
async def test_the_owner_is_warned_and_the_manager_hears_of_a_breach_once(tenant, clock):
    desk = await tenant.staff("desk", "agent")
    chief = await tenant.staff("chief", "manager")
    complaint = (await desk.post("/api/v1/complaints", json={"text": "没有信号", "channel": "phone"})).json()
    clock.set(clock() + timedelta(hours=9))
    async with tenant.scope():
        fired = await fire_due(clock())
    reactions = {"warning": (DeadlineWarned, "tell_warning"), "escalation": (DeadlineEscalated, "tell_escalation")}
    for one in fired:
        if one.kind not in reactions:
            continue
        event, name = reactions[one.kind]
        happened = event(
            timer_id=one.timer_id,
            subject=one.subject,
            subject_id=one.subject_id,
            milestone=one.milestone,
            generation=one.generation,
            step=one.step,
            roles=one.roles,
            due_at=one.due_at,
        )
        for _ in range(2):
            await run_job(tenant, happened, kind=f"insight.{name}")

    told = (await desk.get("/api/v1/notices", headers={"Accept-Language": "en"})).json()["items"]
    assert f"{complaint['number']} is due soon" in {one["text"] for one in told}
    heard = [one["kind"] for one in (await chief.get("/api/v1/notices")).json()["items"]]
    assert sorted(heard) == ["complaint_to_leadership", "deadline_escalated", "reply_escalated"]


@pytest.mark.rule("S07-28", "S02-6")
async def test_what_a_dissolved_department_owes_its_successor_owes(client, tenant):
    old, new = [await tenant.unit(code) for code in ("old", "new")]
    admin = await tenant.staff("admin", "tenant_admin")
    chief = await tenant.staff("chief", "manager", unit="new")
    body = {"period": WEEK, "org_unit_id": str(old), "text": "更换老化光节点", "due_on": "2026-03-20"}
    owed, kept = [(await client.post("/api/v1/improvement-measures", json=body)).json()["id"] for _ in range(2)]
    done = await client.post(f"/api/v1/improvement-measures/{kept}/result", json={"note": "已更换"})
    assert done.status_code == 200, done.text
    unseen = await chief.post(f"/api/v1/improvement-measures/{owed}/result", json={"note": "x"})

    dissolved = await admin.post(f"/api/v1/org-units/{old}/dissolution", json={"successor_id": str(new)})

    assert (unseen.status_code, dissolved.status_code) == (404, 200)
    assert [one["id"] for one in (await chief.get("/api/v1/improvement-measures")).json()["items"]] == [owed]
    reported = await chief.post(f"/api/v1/improvement-measures/{owed}/result", json={"note": "已更换 12 处"})
    assert (reported.status_code, reported.json()["done_by_name"]) == (200, "chief")
