"""A campaign to a segment, beside a control group, and what it changed (S06-4)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from desk import open_desk

CAMPAIGNS = "/api/v1/campaigns"
CLUB = "club"


@pytest.fixture
async def desk(world):
    """A shop with its pack's tiers A to D."""
    desk = await open_desk(world, "retail")
    policy = (await desk.client.get("/api/v1/policy")).json()
    desk.scheme = policy["schemes"][0]["name"]
    desk.kind = policy["schemes"][0]["customer_kinds"][0]
    return desk


async def shopper(desk, number, amount="0", **more):
    person = await desk.customer(number, desk.kind, **more)
    if amount != "0":
        await desk.fact(person, "spending", "2026-01-20", amount=amount)
    return person


async def start(desk, status=201, client=None, **more):
    body = {"title": "春季回馈", "segment": {"scheme": desk.scheme}, "window_days": 30, "seed": "s1", **more}
    answer = await (client or desk.client).post(CAMPAIGNS, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def members(desk, campaign, **params):
    found, cursor = {}, {}
    while True:
        page = await desk.client.get(f"{CAMPAIGNS}/{campaign['id']}/members", params={"limit": 200, **params, **cursor})
        assert page.status_code == 200, page.text
        found |= {one["customer_id"]: one for one in page.json()["items"]}
        if not page.json()["next"]:
            return found
        cursor = {"cursor": page.json()["next"]}


async def post(desk, path, body, status=201):
    answer = await desk.client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def results(desk, campaign):
    answer = await desk.client.get(f"{CAMPAIGNS}/{campaign['id']}/results")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.rule("S06-4")
async def test_the_segment_is_who_satisfies_tier_kind_and_figures(desk):
    people = {amount: await shopper(desk, str(number), amount) for number, amount in enumerate(("50", "500", "5000"))}
    await desk.assess(desk.scheme, "2026-03-01")
    tiers = {amount: await desk.tier(person, desk.scheme) for amount, person in people.items()}
    metric = (await desk.client.get("/api/v1/policy")).json()["schemes"][0]["metrics"][0]["name"]
    richest = tiers["5000"]

    by_tier = await start(desk, segment={"scheme": desk.scheme, "tiers": [richest]}, control_percent=0)
    figures = (await desk.membership(people["500"]))["explanations"][0]
    bound = {"type": "at_least", "metric": metric, "bound": 1}
    everybody = await start(desk, segment={"scheme": desk.scheme, "criterion": bound}, control_percent=0)
    nobody = {"type": "all_of", "criteria": [bound, {"type": "kind_is", "kinds": ["elsewhere"]}]}
    refused = await start(desk, status=409, segment={"scheme": desk.scheme, "criterion": nobody})

    assert richest is not None
    assert figures
    chosen = await members(desk, by_tier)
    assert chosen.keys() == {person for amount, person in people.items() if tiers[amount] == richest}
    assert (await members(desk, everybody)).keys() == set(people.values())
    assert refused["type"] == "/problems/nobody-to-contact"
    listed = (await desk.client.get(CAMPAIGNS)).json()["items"]
    assert [one["id"] for one in listed] == [everybody["id"], by_tier["id"]]


@pytest.mark.rule("S06-4")
async def test_results_are_measured_beside_a_control_group_that_nobody_contacts(desk, clock):
    people = [await shopper(desk, str(number), "100") for number in range(10)]
    await desk.assess(desk.scheme, "2026-03-01")
    metric = (await desk.client.get("/api/v1/policy")).json()["schemes"][0]["metrics"][0]["name"]
    campaign = await start(desk, control_percent=20, metric=metric)
    drawn = await members(desk, campaign)
    control = [one for one in people if drawn[one]["part"] == "control"]
    reached = [one for one in people if drawn[one]["part"] == "contacted"]
    assert (len(reached), len(control)) == (8, 2)

    spoilt = await post(desk, f"/api/v1/campaign-members/{drawn[control[0]]['id']}/contact", {"channel": "phone"}, 409)
    for person in reached[:4]:
        path = f"/api/v1/campaign-members/{drawn[person]['id']}"
        await post(desk, f"{path}/contact", {"channel": "phone"})
        await post(desk, f"{path}/responses", {"kind": "interested"})
    await post(desk, f"/api/v1/campaign-members/{drawn[reached[0]]['id']}/responses", {"kind": "bought"})
    twice = await post(desk, f"/api/v1/campaign-members/{drawn[reached[0]]['id']}/contact", {"channel": "phone"}, 409)
    early = await post(desk, f"/api/v1/campaign-members/{drawn[reached[7]]['id']}/responses", {"kind": "bought"}, 409)
    clock.set(datetime(2026, 3, 12, 2, 0, tzinfo=UTC))
    for person, amount in ((reached[0], "40000"), (reached[1], "80"), (control[0], "80")):
        await desk.fact(person, "spending", "2026-03-10", amount=amount)
    halfway = await results(desk, campaign)
    clock.set(datetime(2026, 4, 2, 2, 0, tzinfo=UTC))
    await desk.assess(desk.scheme, "2026-04-01")
    found = await results(desk, campaign)

    assert (spoilt["type"], twice["type"], early["type"]) == (
        "/problems/not-to-contact",
        "/problems/already-contacted",
        "/problems/not-contacted",
    )
    assert (halfway["complete"], halfway["measured_until"]) == (False, "2026-03-12")
    assert (found["complete"], found["measured_until"]) == (True, "2026-04-01")
    reach = found["contacted"]
    counts = ("members", "contacted", "responded", "interested", "bought", "declined", "response_per_mille")
    assert [reach[name] for name in counts] == [8, 4, 4, 3, 1, 0, 500.0]
    assert (reach["raised"], found["control"]["raised"]) == (1, 0)
    assert sum(one["customers"] for one in reach["conversions"]) == 8
    assert reach["spending"]["after"] == {"amount": "40080.00", "currency": "CNY"}
    assert reach["spending"]["before"]["amount"] == "0.00"
    assert found["control"]["spending"]["after_per_head"]["amount"] == "40.00"
    assert found["lift_per_head"]["amount"] == "4970.00"
    assert found["raised_lift"] == 125.0


async def test_spending_before_is_of_as_many_days_and_corrections_count(desk, clock):
    person = await shopper(desk, "1")
    metric = (await desk.client.get("/api/v1/policy")).json()["schemes"][0]["metrics"][0]["name"]
    for day, amount in (("2026-02-19", "1"), ("2026-02-20", "10"), ("2026-03-01", "100")):
        await desk.fact(person, "spending", day, amount=amount)
    campaign = await start(desk, control_percent=0, metric=metric)
    clock.set(datetime(2026, 3, 12, 2, 0, tzinfo=UTC))
    for day, amount in (("2026-03-02", "1000"), ("2026-03-11", "10000")):
        await desk.fact(person, "spending", day, amount=amount)
    await desk.fact(person, "spending", "2026-03-11", amount="9000")

    spent = (await results(desk, campaign))["contacted"]["spending"]

    assert (spent["before"]["amount"], spent["after"]["amount"]) == ("110.00", "10000.00")


async def test_who_wants_no_marketing_is_excluded_and_named_and_a_later_no_holds_too(desk):
    willing, late = await shopper(desk, "1"), await shopper(desk, "2")
    unwilling, silent = await shopper(desk, "3"), await shopper(desk, "4", preferences={"contact": "none"})
    await desk.consent(unwilling, "marketing", "refused")

    campaign = await start(desk, control_percent=0)
    drawn = await members(desk, campaign)
    await desk.consent(late, "contact", "refused")
    refused = await post(desk, f"/api/v1/campaign-members/{drawn[late]['id']}/contact", {"channel": "phone"}, 409)

    assert (campaign["to_contact"], campaign["excluded"]) == (2, 2)
    assert {drawn[one]["because"] for one in (unwilling, silent)} == {"marketing: refused", "preference: none"}
    assert refused["type"] == "/problems/not-to-contact"
    assert (await members(desk, campaign, open_only=True)).keys() == {willing, late}


async def test_the_same_seed_draws_the_same_control_group(desk):
    for number in range(20):
        await shopper(desk, str(number))

    first, second, other = [await start(desk, control_percent=50, seed=seed) for seed in ("a", "a", "b")]

    groups = [
        {one for one, found in (await members(desk, campaign)).items() if found["part"] == "control"}
        for campaign in (first, second, other)
    ]
    assert [len(group) for group in groups] == [10, 10, 10]
    assert groups[0] == groups[1] != groups[2]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"segment": {"scheme": "nothing"}}, "segment.scheme"),
        ({"segment": {"tiers": ["A"]}}, "segment.scheme"),
        ({"segment": {"kinds": ["martian"]}}, "segment.kinds"),
        ({"metric": "weight"}, "metric"),
        ({"starts_on": str(date(2026, 3, 1))}, "starts_on"),
        ({"control_percent": 51}, "control_percent"),
        ({"window_days": 0}, "window_days"),
    ],
)
async def test_a_bad_campaign_is_named_and_writes_nothing(desk, change, field):
    await shopper(desk, "1")
    body = {"title": "x", "segment": {"scheme": desk.scheme}} | change

    answer = await desk.client.post(CAMPAIGNS, json=body)

    assert answer.status_code in (400, 422)
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert (await desk.client.get(CAMPAIGNS)).json()["items"] == []


async def test_an_outlet_sees_and_measures_its_own_and_agents_start_none(desk, clock):
    await desk.tenant.unit("east")
    east = await desk.tenant.client(org_unit_id=desk.tenant.units["east"])
    ours = await shopper(desk, "1", org_unit_id=str(desk.tenant.units["east"]))
    await shopper(desk, "2")
    campaign = await start(desk, control_percent=0)
    agent = await desk.tenant.staff("agent", "agent")

    seen = (await east.get(f"{CAMPAIGNS}/{campaign['id']}/members")).json()["items"]

    assert [one["customer_id"] for one in seen] == [ours]
    assert (await east.get(f"{CAMPAIGNS}/{campaign['id']}/results")).json()["contacted"]["members"] == 1
    await start(desk, status=403, client=agent)
    clock.set(clock() + timedelta(days=31))
    assert (await results(desk, campaign))["complete"]
