"""Marketing and service plans run once the department of their aspect has reviewed them (S04-4, S04-7, S08-4)."""

from datetime import date, timedelta

import pytest
from desk import open_desk
from running import work_off
from standing import member

CAMPAIGNS, ACTIVITIES = "/api/v1/campaigns", "/api/v1/activities"


@pytest.fixture
async def desk(world):
    return await open_desk(world, "banking")


@pytest.fixture
async def bank(desk):
    await desk.tenant.unit("moyu")
    staff = desk.tenant.staff
    return {
        "corporate": await staff("corporate", "corporate_department"),
        "personal": await staff("personal", "personal_department"),
        "international": await staff("international", "international_department"),
        "branch": await staff("branch", "branch_head", unit="moyu"),
        "lin": await staff("lin", "account_manager", unit="moyu"),
    }


async def of(desk, number, kind, **held):
    customer = await desk.customer(
        number, kind, org_unit_id=str(desk.tenant.units["moyu"]), account_manager_id=str(held.pop("manager"))
    )
    for scheme, tier in held.items():
        await member(desk.tenant, customer, scheme=scheme, tier=tier)
    return customer


async def campaign(who, scheme, tier):
    body = {"title": "春季推介", "segment": {"scheme": scheme, "tiers": [tier]}, "control_percent": 0, "budget": 20_000}
    answer = await who.post(CAMPAIGNS, json=body)
    assert answer.status_code == 201, answer.text
    members = (await who.get(f"{CAMPAIGNS}/{answer.json()['id']}/members")).json()["items"]
    return answer.json(), f"/api/v1/campaign-members/{members[0]['id']}/contact"


async def salon(who, desk, kind="executive_salon", **more):
    starts = desk.tenant.world.clock() + timedelta(days=9)
    body = {"kind": kind, "title": "高管沙龙", "starts_at": starts.isoformat()}
    answer = await who.post(ACTIVITIES, json=body | {"ends_at": (starts + timedelta(hours=2)).isoformat()} | more)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def waiting(who):
    return (await who.get("/api/v1/approvals")).json()["items"]


async def decide(who, approved=True):
    (one,) = await waiting(who)
    body = {"approved": approved, "reason": "同意" if approved else "预算不足"}
    answer = await who.post(f"/api/v1/approvals/{one['id']}/decision", json=body)
    assert answer.status_code == 200, answer.text


async def told(desk, who, kind):
    await work_off(desk.tenant)
    return [one for one in (await who.get("/api/v1/notices")).json()["items"] if one["kind"] == kind]


@pytest.mark.rule("S04-4")
@pytest.mark.rule("S04-7")
@pytest.mark.rule("S08-4")
@pytest.mark.parametrize(
    ("reviewer", "kind", "scheme", "tier"),
    [
        ("corporate", "corporate", "corporate_vip", "gold"),
        ("international", "corporate", "international_business", "gold"),
        ("personal", "personal", "personal_vip", "gold"),
    ],
)
async def test_a_campaign_reaches_nobody_before_the_department_of_its_aspect_has_said_yes(
    desk, bank, reviewer, kind, scheme, tier
):
    await of(desk, "K1", kind, manager=bank["lin"].staff_id, **{scheme: tier})
    started, contact = await campaign(bank["branch"], scheme, tier)
    refused = await bank["lin"].post(contact, json={"channel": "phone"})
    asked = {name: len(await waiting(bank[name])) for name in ("corporate", "personal", "international")}
    (notice,) = await told(desk, bank[reviewer], "plan_to_review")
    await decide(bank[reviewer])
    contacted = await bank["lin"].post(contact, json={"channel": "phone"})

    assert (started["review"], refused.status_code, refused.json()["type"]) == (
        "waiting",
        409,
        "/problems/not-reviewed",
    )
    assert asked == {"corporate": 0, "personal": 0, "international": 0} | {reviewer: 1}
    assert notice["subject"] == "approval"
    assert contacted.status_code == 201
    assert len(await told(desk, bank["branch"], "plan_reviewed")) == 1


@pytest.mark.rule("S04-7")
async def test_a_campaign_that_was_not_approved_never_runs(desk, bank):
    await of(desk, "K1", "personal", manager=bank["lin"].staff_id, personal_vip="gold")
    _, contact = await campaign(bank["branch"], "personal_vip", "gold")
    await decide(bank["personal"], approved=False)

    assert (await bank["lin"].post(contact, json={"channel": "phone"})).status_code == 409
    (listed,) = (await bank["branch"].get(CAMPAIGNS)).json()["items"]
    assert listed["review"] == "rejected"


@pytest.mark.rule("S04-7")
async def test_an_activity_for_executives_invites_nobody_before_the_personal_department_has_reviewed_it(desk, bank):
    guest = await of(desk, "K1", "corporate", manager=bank["lin"].staff_id, corporate_vip="platinum")
    planned = await salon(bank["corporate"], desk)
    path = f"{ACTIVITIES}/{planned['id']}/invitations"
    refused = await bank["lin"].post(path, json={"customer_ids": [guest]})
    await decide(bank["personal"])
    invited = await bank["lin"].post(path, json={"customer_ids": [guest]})

    assert (planned["review"], refused.status_code) == ("waiting", 409)
    assert (invited.status_code, invited.json()["invited"]) == (201, 1)
    other = await salon(bank["branch"], desk, "lecture")
    assert other["review"] is None


@pytest.mark.rule("S04-4")
async def test_measures_of_a_plan_wait_for_its_review_and_are_owed_by_nobody_until_then(desk, bank):
    exclusive = await of(desk, "K1", "corporate", manager=bank["lin"].staff_id, corporate_vip="exclusive")
    gold = await of(desk, "K2", "corporate", manager=bank["lin"].staff_id, corporate_vip="gold")
    measure = {"kind": "gift", "due_on": str(date(2026, 3, 2))}
    plans = {}
    for customer in (exclusive, gold):
        body = {"customer_id": customer, "year": 2026, "measures": [measure]}
        plans[customer] = (await bank["lin"].post("/api/v1/relationship-plans", json=body)).json()

    async def owed():
        items = (await bank["lin"].get("/api/v1/work")).json()["items"]
        return {one["customer_id"] for one in items if one["kind"] == "relationship_measure"}

    async def carry_out(customer):
        plan = plans[customer]
        line = next(one for one in plan["lines"] if one["kind"] == "gift" and one["due_on"] == "2026-03-02")
        path = f"/api/v1/relationship-plans/{plan['id']}/measures/{line['id']}/execution"
        return (await bank["lin"].post(path, json={"note": "已送"})).status_code

    before, early, free = await owed(), await carry_out(exclusive), await carry_out(gold)
    await decide(bank["corporate"])
    after, done = await owed(), await carry_out(exclusive)

    assert (plans[exclusive]["review"], plans[gold]["review"]) == ("waiting", None)
    assert (before, early, free) == ({gold}, 409, 201)
    assert (after >= {exclusive}, done) == (True, 201)
