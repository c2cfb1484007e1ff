"""Members of a shop with the pack's defaults, over HTTP: tiers by average yearly spending, settings, strategies."""

import pytest
from desk import open_desk

CLUB = "members"


@pytest.fixture
async def desk(world):
    return await open_desk(world, "retail")


async def member(desk, number="M-1", *purchases, day="2026-02-10"):
    customer = await desk.customer(number, "member")
    for place, amount in enumerate(purchases, 1):
        await desk.fact(customer, "spending", f"2026-02-{place:02}" if len(purchases) > 1 else day, amount=amount)
    return customer


@pytest.mark.rule("S06-1")
@pytest.mark.parametrize(
    ("spent", "tier"),
    [
        ("10000.00", "gold"),
        ("9999.99", "a"),
        ("1000.00", "a"),
        ("999.99", "b"),
        ("300.00", "b"),
        ("299.99", "c"),
        ("100.00", "c"),
        ("99.99", "d"),
        ("0.00", "d"),
        ("-50.00", "d"),
    ],
)
async def test_a_bound_belongs_to_the_tier_above_it(desk, spent, tier):
    customer = await member(desk, "M-1", spent)

    await desk.assess(CLUB, "2026-03-01")

    assert await desk.tier(customer, CLUB) == tier


@pytest.mark.rule("S06-1")
async def test_a_registered_member_who_bought_nothing_has_spent_nothing(desk):
    customer = await member(desk)

    await desk.assess(CLUB, "2026-03-01")

    explanation = (await desk.membership(customer))["explanations"][0]
    assert explanation["measures"]["spending_avg_yearly"] == 0
    assert await desk.tier(customer, CLUB) == "d"


@pytest.mark.rule("S06-1")
@pytest.mark.parametrize(
    ("first", "average"),
    [
        ("2026-02-28", 90_000),  # a month ago: measured over a year
        ("2025-03-01", 90_000),  # twelve months
        ("2025-02-28", 83_076),  # thirteen calendar months
        ("2024-09-10", 60_000),  # eighteen
        ("2024-03-01", 45_000),  # twenty-four: the whole window
        ("2024-02-29", None),  # before it
    ],
)
async def test_the_average_is_over_the_members_own_months_one_year_at_least_and_two_at_most(desk, first, average):
    customer = await member(desk, "M-1", "900.00", day=first)

    await desk.assess(CLUB, "2026-03-01")

    figures = (await desk.membership(customer))["explanations"][0]["measures"]
    assert figures["spending_avg_yearly"] == (0 if average is None else average)


@pytest.mark.rule("S06-1")
async def test_the_company_sets_x_and_sees_who_would_move_first(desk):
    customer = await member(desk, "M-1", "500.00")
    await desk.assess(CLUB, "2026-03-01")
    change = {"name": "x", "value": 50_000}

    simulated = await desk.client.post(
        "/api/v1/assessments/simulations", json={"scheme": CLUB, "as_of": "2026-03-02", "settings": [change]}
    )
    before = await desk.tier(customer, CLUB)
    written = await desk.client.post(
        "/api/v1/policy/versions", json={"overrides": {"settings": [change]}, "note": "X is 500"}
    )
    await desk.assess(CLUB, "2026-03-02")

    assert [(m["held"], m["becomes"], m["steps"]) for m in simulated.json()["movers"]] == [("b", "a", 1)]
    assert (before, written.status_code, await desk.tier(customer, CLUB)) == ("b", 201, "a")
    assert (await desk.membership(customer))["explanations"][0]["policy_version"] == 1


@pytest.mark.rule("S06-1")
async def test_bounds_in_the_wrong_order_are_refused(desk):
    overrides = {"settings": [{"name": "x", "value": 30_000}]}

    answer = await desk.client.post("/api/v1/policy/versions", json={"overrides": overrides, "note": "X below X1"})

    assert answer.status_code == 422
    assert [(e["field"], e["value"]) for e in answer.json()["errors"]] == [
        ("schemes.members.tiers.b", "30000 to 30000")
    ]


@pytest.mark.rule("S06-2")
@pytest.mark.parametrize(
    ("purchases", "tier", "met"),
    [
        (["1700.00"] * 6, "gold", True),
        (["2000.00"] * 5, "gold", False),
        (["200.00"] * 6, "a", True),
        (["200.00"] * 5, "a", False),
        (["150.00"] * 2, "b", True),
        (["300.00"], "b", False),
    ],
)
async def test_how_often_a_and_b_buy_is_expected_and_no_condition(desk, purchases, tier, met):
    await desk.client.post("/api/v1/merchants", json={"code": "dt", "name": "大同百货", "since_on": "2025-01-01"})
    customer = await desk.customer("M-1", "member")
    for place, amount in enumerate(purchases, 1):
        await desk.fact(customer, "spending", f"2026-02-{place:02}", amount=amount, merchant="dt")

    await desk.assess(CLUB, "2026-03-01")

    expectation = (await desk.membership(customer))["explanations"][0]["expectation"]
    assert (await desk.tier(customer, CLUB), expectation["tier"], expectation["reached"]) == (tier, tier, met)


@pytest.mark.rule("S06-3")
@pytest.mark.parametrize(
    ("spent", "strategy"),
    [
        ("10000", ["care", "cross_sell", "bespoke_line"]),
        ("1000", ["care", "cross_sell", "bespoke_line", "convert_to_gold"]),
        ("300", ["close_follow_up", "convert_to_gold", "convert_to_a"]),
        ("100", ["find_needs"]),
        ("1", ["keep"]),
    ],
)
async def test_each_tier_has_its_strategy_for_those_who_serve(desk, spent, strategy):
    customer = await member(desk, "M-1", spent)
    await desk.assess(CLUB, "2026-03-01")
    assistant = await desk.tenant.staff("assistant", "account_manager")

    answer = await assistant.get(f"/api/v1/customers/{customer}/membership", headers={"Accept-Language": "zh-CN"})

    found = answer.json()["explanations"][0]["strategy"]
    assert [step["name"] for step in found] == strategy
    assert all(not step["title"].startswith("strategy.") for step in found)


@pytest.mark.rule("S06-3")
async def test_the_bespoke_line_is_for_a_only(desk):
    first, second = await member(desk, "M-1", "1000"), await member(desk, "M-2", "999")
    await desk.assess(CLUB, "2026-03-01")

    answers = [
        await desk.client.post("/api/v1/redemptions", json={"customer_id": customer, "item": "bespoke_line"})
        for customer in (first, second)
    ]

    assert [answer.status_code for answer in answers] == [201, 422]


async def test_the_list_of_customers_says_what_each_spent_within_a_year(desk):
    await member(desk, "M-1", "1000.00", "235.00", "-100.00")
    await member(desk, "M-2", "7000.00", day="2025-02-27")

    page = (await desk.client.get("/console/customers", headers={"Accept-Language": "zh-CN"})).text

    assert "年消费（元）</th>" in page
    assert page.count('title="1,135"') == 1
    assert "7,000" not in page
