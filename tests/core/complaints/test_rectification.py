"""On a tenant without any pack, complaints go to the centre and leadership has a plan within the set time (S14-7)."""

from datetime import UTC, datetime, timedelta

import pytest
from receiving import fall_due, kind, send, told

PATH = "/api/v1/complaints"
PLAN = {"plan": "增设指引牌,培训前台", "reported_to": "总经理"}


@pytest.fixture
async def company(world):
    return await world.tenant(packs=())


async def complaint(client, **more):
    return await send(client, PATH, {"text": "接待时等候过久", "channel": "phone", **more})


async def clocks(client, case):
    answer = await client.get("/api/v1/timers", params={"subject_id": case["id"]})
    return {one["milestone"]: one for one in answer.json()["items"]}


@pytest.mark.rule("S14-7")
async def test_a_complaint_goes_to_the_centre_is_solved_and_reported_with_a_plan_in_time(company):
    officer = await company.staff("officer", "reception_officer")
    manager = await company.staff("manager", "manager")
    case = await complaint(officer)

    before = await clocks(officer, case)
    await send(officer, f"{PATH}/{case['id']}/resolution", {"remedy": "当面致歉并安排专车", "cause": "other"})
    await send(officer, f"{PATH}/{case['id']}/rectification", PLAN)
    again = await send(officer, f"{PATH}/{case['id']}/rectification", PLAN, 409)

    assert await told(company, officer) == ["complaint_reported"]
    # Seven days from the receipt, to the end of the day.
    assert before["rectification"]["due_at"] == "2026-03-09T15:59:59.999999Z"
    assert {name: one["state"] for name, one in (await clocks(officer, case)).items()} == {
        "first_reply": "completed",
        "resolution": "completed",
        "rectification": "completed",
    }
    assert await told(company, manager) == ["complaint_rectified"]
    assert kind(again) == "already-rectified"
    shown = (await officer.get(f"{PATH}/{case['id']}")).json()
    assert shown["rectification"]["plan"] == PLAN["plan"]


@pytest.mark.rule("S14-7")
async def test_a_plan_that_does_not_come_is_warned_about_and_escalated(company, world):
    officer = await company.staff("officer", "reception_officer")
    manager = await company.staff("manager", "manager")
    case = await complaint(officer)
    await send(officer, f"{PATH}/{case['id']}/resolution", {"remedy": "当面致歉", "cause": "other"})

    world.clock.set(datetime(2026, 3, 8, 15, tzinfo=UTC))
    warned = await fall_due(company, "insight")
    world.clock.set(datetime(2026, 3, 9, 15, 59, 59, 999_999, tzinfo=UTC))
    late = await fall_due(company, "insight")

    assert warned == ["rectification/warning"]
    assert late == ["rectification/breach", "rectification/escalation:manager"]
    assert await told(company, officer) == [
        "complaint_reported",
        "plan_due",
        "deadline_passed_up",
        "plan_late",
    ]
    assert await told(company, manager) == ["plan_escalated"]


@pytest.mark.rule("S14-7")
async def test_the_company_sets_its_own_time_level_by_level(company, world):
    client = await company.client()
    levels = [
        {"name": "standard", "resolve_within": {"type": "hours", "count": 24}},
        {
            "name": "grave",
            "resolve_within": {"type": "hours", "count": 12},
            "rectify_within": {"type": "hours", "count": 48},
        },
    ]
    overrides = {
        "complaints": {"levels": levels, "default_level": "standard"},
        "texts": {"complaint_level.grave": {"zh": "重大投诉", "en": "Grave"}},
    }
    await send(client, "/api/v1/policy/versions", {"overrides": overrides})
    case = await complaint(client)
    received_at = world.clock.now

    none = await clocks(client, case)
    world.clock.set(received_at + timedelta(hours=2))
    await send(client, f"{PATH}/{case['id']}/level", {"level": "grave", "reason": "涉及多人"})
    raised = (await clocks(client, case))["rectification"]
    await send(client, f"{PATH}/{case['id']}/level", {"level": "standard", "reason": "误判"})
    lowered = (await clocks(client, case))["rectification"]
    await send(client, f"{PATH}/{case['id']}/level", {"level": "grave", "reason": "核实"})

    assert list(none) == ["resolution"]
    assert datetime.fromisoformat(raised["due_at"]) == received_at + timedelta(hours=48)
    assert (raised["state"], lowered["state"]) == ("running", "cancelled")
    answer = await client.get("/api/v1/timers", params={"subject_id": case["id"], "state": "running"})
    assert sorted(one["milestone"] for one in answer.json()["items"]) == ["rectification", "resolution"]
