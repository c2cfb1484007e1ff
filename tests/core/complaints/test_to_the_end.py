"""A complaint is handled by others than whom it is against, told to the customer in time, and ends when it is taken back."""

from datetime import datetime, timedelta

import pytest
from receiving import fall_due, kind, send, told
from running import come_round
from standing import member

from guibin.complaints.jobs import DrawSample

PATH = "/api/v1/complaints"
NEW = {"text": "没有信号", "channel": "phone", "level": "1"}
REMEDY = {"remedy": "更换机顶盒", "cause": "other"}


@pytest.fixture
async def people(tenant):
    await tenant.unit("hall")
    roles = {"agent": "agent", "keeper": "account_manager", "chief": "manager"}
    return {name: await tenant.staff(name, role, unit="hall") for name, role in roles.items()}


@pytest.fixture
async def customer(tenant, people):
    client = await tenant.client()
    body = {"number": "K1", "kind": "leader", "name": "王伟", "org_unit_id": str(tenant.units["hall"])}
    body["account_manager_id"] = str(people["keeper"].staff_id)
    return (await send(client, "/api/v1/customers", body))["id"]


async def _clock(client, case, milestone):
    answer = await client.get("/api/v1/timers", params={"subject_id": case["id"]})
    found = [one for one in answer.json()["items"] if one["milestone"] == milestone]
    return found[-1] if found else None


async def _figures(client, clock):
    year, week, _ = clock().isocalendar()
    answer = await client.get("/api/v1/statistics", params={"period": f"{year}-W{week:02}"})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.rule("S07-11", "S07-22")
async def test_a_result_nobody_tells_is_late_is_told_of_and_is_not_in_time(tenant, people, clock, customer):
    agent = people["agent"]
    case = await send(agent, PATH, NEW | {"customer_id": customer})
    await send(agent, f"{PATH}/{case['id']}/resolution", REMEDY)
    before = await _clock(agent, case, "result")
    waiting = await _figures(people["chief"], clock)

    clock.set(clock() + timedelta(hours=24, minutes=1))
    await fall_due(tenant, "insight")

    assert before["state"] == "running"
    assert "deadline_breached" in await told(tenant, agent)
    assert "deadline_escalated" in await told(tenant, people["keeper"])
    assert (waiting["judged"], (await _figures(await tenant.client(), clock))["judged"]) == (0, 1)


@pytest.mark.rule("S07-11", "S07-22")
async def test_a_result_told_in_time_keeps_everybody_in_peace(tenant, people, clock, customer):
    agent = people["agent"]
    case = await send(agent, PATH, NEW | {"customer_id": customer})
    await send(agent, f"{PATH}/{case['id']}/resolution", REMEDY)
    await send(agent, f"{PATH}/{case['id']}/callbacks", {"outcome": "not_reached"})
    tried = await _clock(agent, case, "result")
    clock.set(clock() + timedelta(hours=2))
    await send(agent, f"{PATH}/{case['id']}/callbacks", {"outcome": "satisfied"})

    clock.set(clock() + timedelta(hours=5))
    await fall_due(tenant, "insight")

    assert (tried["state"], (await _clock(agent, case, "result"))["state"]) == ("running", "completed")
    assert [one for one in await told(tenant, agent) if one.startswith("deadline")] == []
    assert (await _figures(people["chief"], clock))["judged"] == 1


@pytest.mark.rule("S14-10", "S07-22")
async def test_it_is_told_again_each_time_until_the_customer_is_satisfied(people, clock, customer):
    agent = people["agent"]
    case = await send(agent, PATH, NEW | {"customer_id": customer})
    for outcome in ("not_satisfied", "satisfied"):
        await send(agent, f"{PATH}/{case['id']}/resolution", REMEDY)
        await send(agent, f"{PATH}/{case['id']}/callbacks", {"outcome": outcome})

    answer = await agent.get("/api/v1/timers", params={"subject_id": case["id"]})
    results = [(one["occurrence"], one["state"]) for one in answer.json()["items"] if one["milestone"] == "result"]
    assert sorted(results) == [(1, "completed"), (2, "completed")]
    assert (await agent.get(f"{PATH}/{case['id']}")).json()["state"] == "closed"


@pytest.mark.rule("S07-22")
async def test_a_company_that_needs_no_callback_closes_with_the_remedy(tenant, people, customer):
    levels = [{"name": "1", "resolve_within": {"type": "hours", "count": 5}}]
    complaints = {"levels": levels, "default_level": "1", "callback_required": False}
    await send(await tenant.client(), "/api/v1/policy/versions", {"overrides": {"complaints": complaints}})
    case = await send(people["agent"], PATH, NEW | {"customer_id": customer})

    done = await send(people["agent"], f"{PATH}/{case['id']}/resolution", REMEDY)

    assert (done["state"], await _clock(people["agent"], case, "result")) == ("closed", None)


@pytest.mark.rule("S07-22")
async def test_raising_the_level_opens_the_internal_flow_with_an_owner(people, customer):
    agent, chief = people["agent"], people["chief"]
    case = await send(agent, PATH, NEW | {"customer_id": customer})
    none = (await chief.get("/api/v1/upward-reports")).json()["items"]

    await send(
        agent,
        f"{PATH}/{case['id']}/level",
        {"level": "2", "reason": "需要网络部", "cause": "signal", "analysis": "线路老化"},
    )
    (asked,) = (await chief.get("/api/v1/upward-reports")).json()["items"]
    await send(agent, f"{PATH}/{case['id']}/level", {"level": "1", "reason": "误判"})

    assert none == []
    assert (asked["owner_id"], asked["state"]) == (str(chief.staff_id), "sent")
    assert len((await chief.get("/api/v1/upward-reports")).json()["items"]) == 1
    clocks = (await chief.get("/api/v1/timers", params={"subject_id": asked["id"]})).json()["items"]
    assert "answer" in {one["milestone"] for one in clocks}


@pytest.mark.rule("S07-11")
async def test_a_complaint_against_somebody_is_handled_by_others(tenant, people, clock, customer):
    agent, keeper, chief = people["agent"], people["keeper"], people["chief"]
    against = {"customer_id": customer, "against_id": str(keeper.staff_id)}
    nobody = await send(keeper, PATH, NEW | against | {"against_id": customer}, 422)
    case = await send(keeper, PATH, NEW | against)
    path = f"{PATH}/{case['id']}"

    refused = await send(keeper, f"{path}/resolution", REMEDY, 403)
    back = await send(chief, f"{path}/hand-overs", {"to_staff_id": str(keeper.staff_id), "reason": "x"}, 403)
    clock.set(clock() + timedelta(hours=5))
    await fall_due(tenant, "insight")

    assert [error["field"] for error in nobody["errors"]] == ["against_id"]
    assert (case["owner_id"], case["handler_id"]) == (str(chief.staff_id), str(chief.staff_id))
    assert (kind(refused), kind(back)) == ("recused", "recused")
    assert "customer_complained" not in await told(tenant, keeper)
    assert "deadline_breached" not in await told(tenant, keeper)
    assert "deadline_breached" in await told(tenant, chief)
    done = await send(chief, f"{path}/resolution", REMEDY)
    assert done["state"] == "resolved"
    other = await send(keeper, PATH, NEW | {"customer_id": customer})
    assert (await send(keeper, f"{PATH}/{other['id']}/resolution", REMEDY))["state"] == "resolved"
    recused = {"staff_id": str(agent.staff_id), "reason": "亲属"}
    await send(agent, f"{path}/recusals", recused)
    assert kind(await send(agent, f"{path}/recusals", recused, 409)) == "already-recused"


@pytest.mark.rule("S07-11")
async def test_whom_it_is_against_neither_merges_it_away_nor_plans_for_it_nor_keeps_others_out(people, customer):
    agent, keeper, chief = people["agent"], people["keeper"], people["chief"]
    against = await send(agent, PATH, NEW | {"customer_id": customer, "against_id": str(keeper.staff_id)})
    own = await send(keeper, PATH, NEW | {"customer_id": customer})
    moves = [
        (f"{own['id']}/merges", {"complaint_id": against["id"], "reason": "同一件事"}),
        (f"{against['id']}/merges", {"complaint_id": own["id"], "reason": "同一件事"}),
        (f"{against['id']}/recusals", {"staff_id": str(agent.staff_id), "reason": "有意见"}),
        (f"{against['id']}/rectification", {"plan": "无须整改", "reported_to": "总经理"}),
    ]

    refused = [kind(await send(keeper, f"{PATH}/{path}", body, 403)) for path, body in moves]
    shown = (await chief.get(f"{PATH}/{against['id']}")).json()

    assert refused == ["recused"] * 4
    assert (shown["owner_id"], shown["merged_into_id"], shown["rectification"]) == (str(agent.staff_id), None, None)
    assert [one["staff_id"] for one in shown["recusals"]] == [str(keeper.staff_id)]


@pytest.mark.rule("S07-11")
async def test_whoever_does_not_handle_a_complaint_does_not_handle_the_one_it_goes_on_in(tenant, people, customer):
    agent, keeper, chief = people["agent"], people["keeper"], people["chief"]
    admin = await tenant.staff("admin", "tenant_admin")
    against = await send(agent, PATH, NEW | {"customer_id": customer, "against_id": str(keeper.staff_id)})
    await send(agent, f"{PATH}/{against['id']}/recusals", {"staff_id": str(chief.staff_id), "reason": "亲属"})
    own = await send(keeper, PATH, NEW | {"customer_id": customer})

    merged = await send(agent, f"{PATH}/{own['id']}/merges", {"complaint_id": against["id"], "reason": "同一件事"})
    refused = [kind(await send(who, f"{PATH}/{own['id']}/resolution", REMEDY, 403)) for who in (keeper, chief)]
    done = await send(admin, f"{PATH}/{own['id']}/resolution", REMEDY)

    # The leader of the unit is out of it too: it goes on to the one after.
    assert (merged["owner_id"], merged["handler_id"]) == (str(admin.staff_id), str(admin.staff_id))
    assert (refused, done["state"]) == (["recused"] * 2, "resolved")


@pytest.mark.rule("S07-22")
async def test_a_complaint_taken_back_ends_with_who_when_and_why(tenant, people, clock, customer):
    agent = people["agent"]
    case = await send(agent, PATH, NEW | {"customer_id": customer})
    path = f"{PATH}/{case['id']}"
    ended = await send(agent, f"{path}/withdrawal", {"reason": "已自行恢复", "said_by": "王伟的秘书"})

    clock.set(clock() + timedelta(days=1))
    fired = await fall_due(tenant, "insight")

    shown = (await (await tenant.client()).get(path)).json()
    assert (ended["state"], fired) == ("closed", [])
    assert (shown["withdrawal"]["said_by"], shown["withdrawal"]["withdrawn_by_name"]) == ("王伟的秘书", "agent")
    assert sorted(await told(tenant, people["keeper"])) == ["complaint_withdrawn", "customer_complained"]
    found = await _figures(await tenant.client(), clock)
    assert (found["received"], found["withdrawn"], found["resolved"], found["judged"]) == (1, 1, 0, 0)
    client = await tenant.client()
    assert kind(await send(client, f"{path}/callbacks", {"outcome": "not_satisfied"}, 409)) == "complaint-closed"


@pytest.mark.rule("S07-27", "S07-28")
async def test_opinions_repairs_and_receipts_count(people, clock, customer):
    agent = people["agent"]
    case = await send(agent, PATH, NEW | {"customer_id": customer})
    await send(agent, PATH, NEW | {"kind": "opinion"})
    for each in ("repair", "receipt", "receipt", "note"):
        await send(agent, f"{PATH}/{case['id']}/notes", {"kind": each, "text": "x"})

    found = await _figures(people["chief"], clock)

    assert (found["received"], found["opinions"], found["repairs"], found["receipts"]) == (1, 1, 1, 2)


@pytest.fixture
async def drawn(tenant, people, clock, customer):
    """A complaint the customer was satisfied with, drawn for another call the week after; and its sample."""
    agent = people["agent"]
    case = await send(agent, PATH, NEW | {"customer_id": customer})
    await send(agent, f"{PATH}/{case['id']}/resolution", REMEDY)
    await send(agent, f"{PATH}/{case['id']}/callbacks", {"outcome": "satisfied"})
    clock.set(clock() + timedelta(days=7))
    await come_round(tenant, DrawSample())
    client = await tenant.client()
    (sample,) = (await client.get("/api/v1/complaint-samples", params={"period": "2026-W10"})).json()
    return client, case, sample


@pytest.mark.rule("S07-29")
async def test_a_drawn_complaint_is_owed_by_somebody_and_late_when_nobody_calls(tenant, people, clock, drawn):
    client, case, _ = drawn
    owed = await _clock(client, case, "follow_up")
    clock.set(clock() + timedelta(days=4))
    await fall_due(tenant, "insight")

    assert owed["state"] == "running"
    heard = await told(tenant, people["agent"])
    assert "follow_up_owed" in heard
    assert "deadline_breached" in heard
    work = (await (await tenant.client()).get("/api/v1/work", params={"kind": "sampled", "whose": "unit"})).json()[
        "items"
    ]
    assert [one["number"] for one in work] == [case["number"]]


@pytest.mark.rule("S07-29")
async def test_dissatisfied_reopens_and_satisfied_ends_it(tenant, clock, drawn):
    client, case, sample = drawn
    await send(client, f"/api/v1/complaint-samples/{sample['id']}/follow-up", {"outcome": "not_satisfied"})

    assert (await _clock(client, case, "follow_up"))["state"] == "completed"
    assert (await client.get(f"{PATH}/{case['id']}")).json()["state"] == "open"


@pytest.mark.rule("S07-29")
async def test_dissatisfied_too_late_opens_another_that_follows_it(tenant, clock, drawn):
    client, case, sample = drawn
    clock.set(clock() + timedelta(days=40))
    said = {"outcome": "not_satisfied", "comment": "又坏了"}
    client = await tenant.client()
    await send(client, f"/api/v1/complaint-samples/{sample['id']}/follow-up", said)

    (again,) = (await client.get(PATH, params={"state": "open"})).json()["items"]
    assert again["follows_id"] == case["id"]


@pytest.mark.rule("S07-29")
async def test_a_satisfied_follow_up_leaves_it_closed(clock, drawn):
    client, case, sample = drawn
    await send(client, f"/api/v1/complaint-samples/{sample['id']}/follow-up", {"outcome": "satisfied"})

    assert (await client.get(f"{PATH}/{case['id']}")).json()["state"] == "closed"


def hours(case):
    due, received = (datetime.fromisoformat(case[name]) for name in ("due_at", "received_at"))
    return (due - received) / timedelta(hours=1)


@pytest.mark.rule("S07-5")
async def test_a_limit_may_depend_on_what_the_customer_holds(tenant, people, customer):
    levels = [
        {
            "name": "1",
            "resolve_within": {"type": "hours", "count": 5},
            "faster": [{"tiers": ["key"], "resolve_within": {"type": "hours", "count": 2}}],
        }
    ]
    client = await tenant.client()
    await send(
        client, "/api/v1/policy/versions", {"overrides": {"complaints": {"levels": levels, "default_level": "1"}}}
    )
    ordinary = await send(people["agent"], PATH, NEW | {"customer_id": customer})
    await member(tenant, customer)
    first = await send(people["agent"], PATH, NEW | {"customer_id": customer})

    assert hours(ordinary) == 5
    assert hours(first) == 2
