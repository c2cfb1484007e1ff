"""On a tenant without any pack, complaints go to the centre and leadership has a plan within the set time (S14-7)."""

from datetime import UTC, datetime, timedelta

import pytest
from receiving import fall_due, kind, send, told

from guibin_tenants.scope import fetch

PATH = "/api/v1/complaints"
PLAN = {"plan": "增设指引牌,培训前台", "reported_to": "总经理"}


@pytest.fixture
async def company(world):
    return await world.tenant(packs=())


async def complaint(client, **more):
    return await send(client, PATH, {"text": "接待时等候过久", "channel": "phone", **more})


async def about(company, who):
    async with company.scope():
        rows = await fetch("select subject_id from staff_notice where staff_id = $1", who.staff_id)
    return [str(row["subject_id"]) for row in rows]


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
    assert sorted(await told(company, manager)) == ["complaint_rectified", "complaint_to_leadership"]
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
    assert await told(company, manager) == ["complaint_to_leadership", "plan_escalated"]


@pytest.mark.rule("S14-11")
async def test_leadership_is_told_at_once_and_the_plan_is_an_act_of_its_own(company):
    officer = await company.staff("officer", "reception_officer")
    manager = await company.staff("manager", "manager")

    case = await complaint(officer)

    assert await told(company, manager) == ["complaint_to_leadership"]
    shown = (await officer.get(f"{PATH}/{case['id']}")).json()
    assert [one["name"] for one in shown["leadership_told"]] == ["manager"]
    assert shown["leadership_told"][0]["told_at"] == shown["received_at"]
    assert shown["rectification"] is None
    assert (await clocks(officer, case))["rectification"]["state"] == "running"


@pytest.mark.rule("S14-11")
async def test_a_leader_whom_it_is_against_hears_nothing_of_it_and_the_next_above_does(company, world):
    await company.unit("branch")
    officer = await company.staff("officer", "reception_officer", unit="branch")
    local = await company.staff("local", "manager", unit="branch")
    head = await company.staff("head", "manager")
    boss = await company.staff("boss", "tenant_admin")

    case = await complaint(officer, against_id=str(head.staff_id))
    other = await complaint(officer, against_id=str(local.staff_id))
    world.clock.set(world.clock.now + timedelta(days=9))
    await fall_due(company, "insight")

    assert {case["id"], other["id"]} == set(await about(company, boss)) | set(await about(company, head))
    assert case["id"] not in await about(company, head)
    assert case["id"] in await about(company, boss)
    assert other["id"] not in await about(company, local)
    assert other["id"] in await about(company, head)


@pytest.mark.rule("S14-11")
async def test_a_level_without_a_plan_tells_leadership_when_it_is_raised_to_one_with(company, world):
    client = await company.client()
    manager = await company.staff("manager", "manager")
    levels = [
        {"name": "standard", "resolve_within": {"type": "hours", "count": 24}},
        {
            "name": "grave",
            "resolve_within": {"type": "hours", "count": 12},
            "rectify_within": {"type": "hours", "count": 48},
        },
    ]
    await send(
        client,
        "/api/v1/policy/versions",
        {
            "overrides": {
                "complaints": {"levels": levels, "default_level": "standard"},
                "texts": {"complaint_level.grave": {"zh": "重大投诉", "en": "Grave"}},
            }
        },
    )
    case = await complaint(client)
    before = [one for one in await told(company, manager) if one == "complaint_to_leadership"]

    await send(client, f"{PATH}/{case['id']}/level", {"level": "grave", "reason": "涉及多人"})
    await send(client, f"{PATH}/{case['id']}/level", {"level": "standard", "reason": "误判"})
    await send(client, f"{PATH}/{case['id']}/level", {"level": "grave", "reason": "核实"})

    after = [one for one in await told(company, manager) if one == "complaint_to_leadership"]
    assert (before, after) == ([], ["complaint_to_leadership"])


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
