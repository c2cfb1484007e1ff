"""S07-5: limits depend on the tier, and a tier that moves in mid-clock takes them along, the time already spent stays spent."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hotline_calls import MOBILE, sent
from receiving import PARTICULARS, PLAN, decide, step
from running import run_job
from standing import member
from statements import counted

from guibin.events import MembershipEnded, MembershipStarted
from guibin.regulations.receptions import RECEPTION
from guibin_tenants.scope import execute, fetch
from guibin_tenants.tables import new_id

STARTED, ENDED = "service_requests.retier_after_start", "service_requests.retier_after_end"


def hours(count):
    return {"type": "hours", "count": count}


def sooner(count):
    return [{"tiers": ["key"], "within": hours(count)}]


LEVEL = {
    "name": "1",
    "resolve_within": hours(8),
    "faster": [{"tiers": ["key"], "resolve_within": hours(4)}],
    "milestones": [{"name": "first_reply", "within": hours(6), "faster": sooner(3)}],
}
TASK = {
    "name": "green_channel",
    "acknowledge_within": hours(2),
    "answer_within": hours(12),
    "acknowledge_faster": sooner(1),
    "answer_faster": sooner(6),
}
OVERRIDES = {
    "complaints": {"levels": [LEVEL], "default_level": "1", "first_tiers": ["key"], "members_first": False},
    "questions": {"answer_within": hours(10), "faster": sooner(5)},
    "hotline": {"call_back_within": hours(9), "faster": sooner(3)},
    "department_tasks": [TASK],
    "reception": {
        **msgspec.to_builtins(RECEPTION),
        "acknowledge_within": hours(8),
        "feedback_within": hours(20),
        "answer_within": hours(16),
        "acknowledge_faster": sooner(4),
        "feedback_faster": sooner(10),
        "answer_faster": sooner(7),
    },
}
# What runs about somebody without a tier, and about one who holds it, by subject and milestone.
USUAL = {
    "complaint/resolution": 8,
    "complaint/first_reply": 6,
    "interaction/answer": 10,
    "hotline_call/call_back": 9,
    "department_request/acknowledgement:1": 2,
    "department_request/answer": 12,
    "reception_order/acknowledgement": 8,
}
SOONER = {
    "complaint/resolution": 4,
    "complaint/first_reply": 3,
    "interaction/answer": 5,
    "hotline_call/call_back": 3,
    "department_request/acknowledgement:1": 1,
    "department_request/answer": 6,
    "reception_order/acknowledgement": 4,
}


@pytest.fixture
async def house(tenant, client, clock):
    """Somebody of every post, a department, and a customer who holds nothing; limits that depend on the tier."""
    await tenant.unit("security")
    await sent(client, "/api/v1/policy/versions", overrides=OVERRIDES, effective_from=clock().isoformat())
    people = {"key": client, "tenant": tenant}
    for login, role in (("officer", "reception_officer"), ("manager", "manager")):
        people[login] = await tenant.staff(login, role)
    people["guard"] = await tenant.staff("guard", "manager", unit="security")
    return people


async def customer_of(house, number="K1", **more):
    body = {"number": number, "name": "王伟", "kind": "leader", "confidential": {"mobile": [MOBILE]}, **more}
    return (await sent(house["key"], "/api/v1/customers", **body))["id"]


async def visited(house, customer):
    """A reception whose departments have their notice."""
    key, officer = house["key"], house["officer"]
    arrives = (house["tenant"].world.clock() + timedelta(days=2)).isoformat()
    one = await sent(key, "/api/v1/receptions", customer_id=customer, source="集团领导", arrives_at=arrives)
    await step(officer, one, "confirmation")
    wanted = {"protocol": "vip", "qualification": "vip_customer", "reason": "重要客户来访"}
    asked = await step(officer, one, "applications", wanted)
    await decide(house["manager"], asked["applications"][0]["approval_id"])
    await step(officer, one, "particulars", PARTICULARS)
    await step(officer, one, "plans", PLAN)
    await step(officer, one, "assignments", {"staff_id": str(officer.staff_id)})
    return await step(officer, one, "notice")


async def all_of_it(house, customer):
    """A complaint, a question, a missed call, what a department is asked and a visit."""
    key = house["key"]
    await sent(key, "/api/v1/complaints", customer_id=customer, text="没有信号", channel="phone")
    said = {"channel": "phone", "direction": "in", "content": "资费", "need": "资费"}
    await sent(key, "/api/v1/interactions", customer_id=customer, **said)
    call = {"phone": MOBILE, "missed": True, "rang_at": house["tenant"].world.clock().isoformat()}
    await sent(key, "/api/v1/hotline-calls", **call)
    to = str(house["tenant"].units["security"])
    asked = {"task": "green_channel", "to_unit_id": to, "text": "请优先", "customer_id": customer}
    await sent(key, "/api/v1/department-requests", **asked)
    await visited(house, customer)


async def limits(tenant):
    """What runs, each by its own limit; a department's task by the arrival is no limit of the policy's."""
    async with tenant.scope():
        rows = await fetch(
            "select subject || '/' || milestone as clock, due_at - started_at as within from timer where completed_at is null"
            " and cancelled_at is null and subject not in ('reception_task', 'approval') and milestone <> 'result'"
            " and milestone not like 'rectif%'"
        )
    return {row["clock"]: row["within"] / timedelta(hours=1) for row in rows}


async def moves(tenant, customer, *, ends=False):
    """The tier begins or ends, and what reacts to that runs."""
    if ends:
        async with tenant.scope():
            await execute("update membership set ends_on = date '2026-03-02' where customer_id = $1", customer)
    else:
        await member(tenant, customer)
    event = MembershipEnded if ends else MembershipStarted
    whose = {"membership_id": new_id(), "customer_id": UUID(customer), "scheme": "key_account", "tier": "key"}
    happened = event(**whose, on=tenant.world.clock().date())
    await run_job(tenant, happened, kind=ENDED if ends else STARTED)


@pytest.mark.rule("S07-5")
async def test_every_clock_about_a_customer_has_the_limit_of_their_tier(tenant, house):
    customer = await customer_of(house)
    await member(tenant, customer)
    await all_of_it(house, customer)

    assert await limits(tenant) == SOONER


@pytest.mark.rule("S07-5")
async def test_a_tier_that_begins_and_one_that_ends_in_mid_clock_take_every_clock_along(tenant, house, clock):
    customer = await customer_of(house)
    await all_of_it(house, customer)
    usual = await limits(tenant)
    clock.set(clock() + timedelta(minutes=30))
    await moves(tenant, customer)
    held = await limits(tenant)
    await moves(tenant, customer, ends=True)

    assert (usual, held, await limits(tenant)) == (USUAL, SOONER, USUAL)
    async with tenant.scope():
        (acts,) = await fetch(
            "select array_agg(distinct action order by action) as done from audit_entry where action like '%.tier'"
        )
        reasons = await fetch("select distinct reason from timer_change")
    subjects = ("complaint", "department_request", "hotline_call", "interaction", "reception_order")
    assert acts["done"] == [f"{subject}.tier" for subject in subjects]
    assert [row["reason"] for row in reasons] == ["tier"]


async def test_whatever_runs_about_a_customer_is_found_by_one_statement(tenant, house, monkeypatch):
    customer = await customer_of(house)

    with counted(monkeypatch) as sent:
        await moves(tenant, customer)

    assert len([one for one in sent if "from timer t where" in one]) == 1


@pytest.mark.rule("S07-5", "S07-33")
async def test_a_complaint_that_waits_keeps_its_pause_and_takes_its_new_turn(tenant, house, client, clock):
    customer = await customer_of(house)
    other = await customer_of(house, number="K2", name="李红", confidential={})
    first = await sent(client, "/api/v1/complaints", customer_id=other, text="没有信号", channel="phone")
    case = await sent(client, "/api/v1/complaints", customer_id=customer, text="没有信号", channel="phone")
    clock.set(clock() + timedelta(hours=1))
    pause = await sent(client, f"/api/v1/complaints/{case['id']}/pauses", reason="等客户在家")
    clock.set(clock() + timedelta(hours=2))
    await moves(tenant, customer)
    await client.delete(f"/api/v1/complaints/{case['id']}/pauses/{pause['id']}")
    resumed = (await client.get(f"/api/v1/complaints/{case['id']}")).json()
    turns = {one["id"]: one["priority"] for one in (await client.get("/api/v1/complaints")).json()["items"]}

    received = datetime.fromisoformat(case["received_at"])
    assert datetime.fromisoformat(resumed["due_at"]) - received == timedelta(hours=4 + 2)
    assert turns == {case["id"]: 0, first["id"]: 2}


@pytest.mark.rule("S07-5")
async def test_what_is_settled_and_another_customers_clocks_stay(tenant, house, client):
    customer = await customer_of(house)
    other = await customer_of(house, number="K2", name="李红", confidential={})
    settled = await sent(client, "/api/v1/complaints", customer_id=customer, text="没有信号", channel="phone")
    await sent(client, f"/api/v1/complaints/{settled['id']}/resolution", remedy="更换遥控器", cause="other")
    await sent(client, "/api/v1/complaints", customer_id=other, text="没有信号", channel="phone")
    before = await limits(tenant)
    await moves(tenant, customer)

    assert (before, await limits(tenant)) == ({"complaint/resolution": 8, "complaint/first_reply": 6},) * 2


@pytest.mark.rule("S07-5")
async def test_a_missed_call_has_the_time_of_whoever_it_turns_out_to_be(tenant, house, client):
    customer = await customer_of(house)
    await member(tenant, customer)
    unknown = {"phone": "13900139000", "missed": True, "rang_at": tenant.world.clock().isoformat()}
    call = await sent(client, "/api/v1/hotline-calls", **unknown)
    before = await limits(tenant)
    await sent(client, f"/api/v1/hotline-calls/{call['id']}/match", customer_id=customer)

    assert (before, await limits(tenant)) == ({"hotline_call/call_back": 9}, {"hotline_call/call_back": 3})


@pytest.mark.rule("S07-5")
async def test_a_time_that_whoever_asked_gave_themselves_stays(tenant, house, client):
    customer = await customer_of(house)
    to = str(tenant.units["security"])
    asked = {"task": "green_channel", "to_unit_id": to, "text": "请优先", "customer_id": customer, "within_hours": 7}
    await sent(client, "/api/v1/department-requests", **asked)
    await moves(tenant, customer)

    assert await limits(tenant) == {"department_request/acknowledgement:1": 1, "department_request/answer": 7}


@pytest.mark.rule("S07-5")
async def test_the_guest_s_opinion_is_asked_and_answered_as_soon_as_their_tier_says(tenant, house, clock):
    customer = await customer_of(house)
    one = await visited(house, customer)
    officer = house["officer"]
    await step(officer, one, "arrival")
    for stage in ("meet", "tour", "send_off"):
        await step(officer, one, "stages", {"stage": stage})
    asked = (await limits(tenant))["reception/feedback"]
    await moves(tenant, customer)
    asked_sooner = (await limits(tenant))["reception/feedback"]
    await step(officer, one, "feedback", {"given": True, "text": "空调太冷"})
    (answer,) = [within for clock_, within in (await limits(tenant)).items() if "answer:" in clock_]
    await moves(tenant, customer, ends=True)
    (later,) = [within for clock_, within in (await limits(tenant)).items() if "answer:" in clock_]

    assert (asked, asked_sooner, answer, later) == (20, 10, 7, 16)
