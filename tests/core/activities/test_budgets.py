"""S04-4, S08-4: a plan under review carries a budget where policy asks for one, and who approves it goes by the amount."""

from datetime import timedelta

import pytest
from desk import open_desk
from standing import member

ACTIVITIES, CAMPAIGNS = "/api/v1/activities", "/api/v1/campaigns"
FLOW = {
    "name": "plan",
    "subject": "plan_review",
    "steps": [
        {"role": "manager"},
        {"role": "tenant_admin", "when": [{"field": "budget", "at_least": 5000}]},
    ],
    "clause": "S04-4",
}


async def reviewed(desk, clock, *, budgeted):
    reviews = [
        {"name": f"{subject}s", "subject": subject, "approval": "plan", "budgeted": budgeted, "clause": "S04-4"}
        for subject in ("activity", "campaign")
    ]
    texts = {f"plan_review.{one['name']}": {"zh": "方案审查", "en": "Review"} for one in reviews}
    texts |= {"approval.plan": {"zh": "方案审查", "en": "Review"}}
    overrides = {
        "approvals": [FLOW],
        "plan_reviews": reviews,
        "activities": [{"name": "lecture", "clause": "S10-6"}],
        "texts": texts,
    }
    body = {"note": "预算", "overrides": overrides, "effective_from": clock().isoformat()}
    answer = await desk.client.post("/api/v1/policy/versions", json=body)
    assert answer.status_code == 201, answer.text


@pytest.fixture
async def house(world, clock):
    desk = await open_desk(world)
    await reviewed(desk, clock, budgeted=True)
    return {
        "desk": desk,
        "lead": await desk.tenant.staff("lead", "manager"),
        "admin": await desk.tenant.staff("admin", "tenant_admin"),
        "author": await desk.tenant.staff("author", "manager"),
    }


async def planned(house, clock, **more):
    starts = clock() + timedelta(days=9)
    when = {"starts_at": starts.isoformat(), "ends_at": (starts + timedelta(hours=2)).isoformat()}
    return await house["author"].post(ACTIVITIES, json={"kind": "lecture", "title": "行业讲座", **when, **more})


async def decided(who):
    """Say yes to whatever waits for them."""
    found = (await who.get("/api/v1/approvals")).json()["items"]
    answers = [await who.post(f"/api/v1/approvals/{one['id']}/decision", json={"approved": True}) for one in found]
    return [one.status_code for one in answers]


async def review_of(house, activity):
    return (await house["lead"].get(f"{ACTIVITIES}/{activity['id']}")).json()["review"]


@pytest.mark.rule("S04-4", "S08-4")
@pytest.mark.parametrize(("budget", "outcomes"), [(4_999, ["approved", "approved"]), (5_000, ["waiting", "approved"])])
async def test_from_an_amount_on_one_more_has_to_approve(house, clock, budget, outcomes):
    answer = await planned(house, clock, budget=budget)
    assert answer.status_code == 201, answer.text
    activity = answer.json()

    after = []
    for who in ("lead", "admin"):
        await decided(house[who])
        after.append(await review_of(house, activity))

    assert activity["budget"] == budget
    assert after == outcomes


@pytest.mark.rule("S04-4", "S08-4")
async def test_a_plan_without_a_budget_is_not_taken(house, clock):
    desk = house["desk"]
    await member(desk.tenant, await desk.customer("1", "customer"), scheme="key_customer", tier="gold")
    segment = {"scheme": "key_customer", "tiers": ["gold"]}
    body = {"title": "春季推介", "segment": segment, "control_percent": 0}

    event = await planned(house, clock)
    offer = await house["author"].post(CAMPAIGNS, json=body)
    known = await house["author"].post(CAMPAIGNS, json=body | {"budget": 800})

    for refused in (event, offer):
        assert (refused.status_code, [one["field"] for one in refused.json()["errors"]]) == (422, ["budget"])
    assert (known.status_code, known.json()["budget"]) == (201, 800)
    assert (await house["lead"].get(ACTIVITIES)).json()["items"] == []


@pytest.mark.rule("S04-4")
async def test_where_policy_asks_for_none_a_plan_needs_none(house, clock):
    await reviewed(house["desk"], clock, budgeted=False)

    answer = await planned(house, clock)

    assert (answer.status_code, answer.json()["budget"]) == (201, None)


async def test_the_form_asks_for_it(house):
    form = (await house["author"].get("/console/activities/new", headers={"Accept-Language": "zh-CN"})).text

    assert "预算（元）" in form
