"""A revised policy holds from its day on: what was decided before names the version it rests on, and keeps it (S01-2)."""

from datetime import datetime, timedelta

import pytest
from desk import open_desk

KEY = "key_customer"


@pytest.fixture
async def desk(world):
    return await open_desk(world)


async def revise(desk, note, *, days=0, **overrides):
    """A version in force in so many days."""
    body = {"note": note, "overrides": overrides}
    if days:
        body["effective_from"] = (desk.tenant.world.clock() + timedelta(days=days)).isoformat()
    answer = await desk.client.post("/api/v1/policy/versions", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["version"]


async def complain(desk):
    case = await desk.client.post("/api/v1/complaints", json={"text": "等候过久", "channel": "phone"})
    timers = (await desk.client.get("/api/v1/timers", params={"subject_id": case.json()["id"]})).json()["items"]
    resolution = next(one for one in timers if one["milestone"] == "resolution")
    return resolution, {one["policy_version"] for one in timers}


def complaints(hours):
    level = {"name": "standard", "resolve_within": {"type": "hours", "count": hours}}
    return {"levels": [level], "default_level": "standard"}


def settings(spending, score=1):
    return [
        {"name": "gold_spending", "value": spending, "clause": "S13-1"},
        {"name": "gold_score", "value": score, "unit": "points"},
    ]


async def spender(desk, number):
    person = await desk.customer(number, "customer")
    await desk.fact(person, "spending", "2026-02-10", amount="6000")
    await desk.fact(person, "tenure", "2026-02-10", value=12)
    await desk.consent(person, KEY)
    await desk.registered(person, KEY)
    return person


@pytest.mark.rule("S01-2")
async def test_a_version_to_come_changes_nothing_before_its_day_and_nothing_decided_before_it(desk, clock):
    await revise(desk, "tighter from next week", days=7, complaints=complaints(4))
    before, at_first = await complain(desk)
    clock.set(clock() + timedelta(days=7) - timedelta(seconds=1))
    last, still = await complain(desk)
    clock.set(clock() + timedelta(seconds=1))
    after, then = await complain(desk)

    hours = [_hours(one) for one in (before, last, after)]
    kept = (await desk.client.get("/api/v1/timers", params={"subject_id": before["subject_id"]})).json()["items"]
    assert hours == [24, 24, 4]
    assert (at_first, still, then) == ({0}, {0}, {1})
    assert next(one for one in kept if one["milestone"] == "resolution")["due_at"] == before["due_at"]


def _hours(timer):
    span = datetime.fromisoformat(timer["due_at"]) - datetime.fromisoformat(timer["started_at"])
    return span.total_seconds() / 3600


@pytest.mark.rule("S01-2", "S13-3")
async def test_memberships_name_the_version_they_were_given_by_and_keep_it(desk, clock):
    person = await spender(desk, "1")
    await desk.assess(KEY, "2026-03-01")
    assert await desk.tier(person, KEY) is None
    first = await revise(desk, "lower bound", settings=settings(500_000))
    await desk.assess(KEY, "2026-03-02")
    second = await revise(desk, "higher bound to come", days=30, settings=settings(5_000_000))
    later = await spender(desk, "2")
    answer = await desk.client.post(f"/api/v1/customers/{later}/appraisals", json={"scheme": KEY})
    clock.set(clock() + timedelta(days=31))
    never = await spender(desk, "3")
    await desk.client.post(f"/api/v1/customers/{never}/appraisals", json={"scheme": KEY})

    held = [(await desk.membership(one))["current"] for one in (person, later, never)]
    assert [[(one["tier"], one["policy_version"]) for one in each] for each in held] == [
        [("gold", first)],
        [("gold", first)],
        [],
    ]
    assert answer.json()["policy_version"] == first
    asked = (await desk.membership(never))["explanations"][0]
    assert (asked["tier"], asked["policy_version"]) == (None, second)


@pytest.mark.rule("S01-2")
async def test_applications_and_approvals_name_the_version_whose_flow_they_take(desk, clock):
    longer = [
        {
            "name": "vip_registration",
            "subject": "application",
            "steps": [{"role": "manager"}, {"role": "tenant_admin"}],
            "clause": "S13-2",
        }
    ]
    await revise(desk, "two steps from tomorrow", days=1, approvals=longer)
    asked = []
    for number, days in (("1", 0), ("2", 1)):
        clock.set(clock() + timedelta(days=days))
        person = await desk.customer(number, "employee")
        body = {
            "customer_id": person,
            "kind": "exception",
            "scheme": "key_employee",
            "tier": "honoured",
            "reason": "贡献突出",
            "expires_on": "2026-12-31",
        }
        flow = await desk.client.post("/api/v1/applications", json=body)
        assert flow.status_code == 201, flow.text
        approval = await desk.client.get(f"/api/v1/approvals/{flow.json()['approval_id']}")
        asked.append((flow.json()["policy_version"], approval.json()["policy_version"], len(approval.json()["steps"])))

    assert asked == [(0, 0, 1), (1, 1, 2)]
