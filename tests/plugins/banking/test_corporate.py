"""The bank-wide list of corporate VIPs with the pack's defaults, over HTTP: rated, approved once a year, served by level (S04)."""

import asyncio
from datetime import UTC, datetime

import pytest
from desk import open_desk

LIST, INTERNATIONAL = "corporate_vip", "international_business"


@pytest.fixture
async def desk(world):
    return await open_desk(world, "banking")


@pytest.fixture
async def bank(desk):
    """Head office, two branches, a sub-branch, and whoever decides in them."""
    for code, parent in (("hetian", "head-office"), ("kashi", "head-office"), ("moyu", "hetian")):
        await desk.tenant.unit(code, parent=parent)
    staff = desk.tenant.staff
    return {
        "corporate": await staff("corporate", "corporate_department"),
        "president": await staff("president", "president"),
        "branch": await staff("branch", "branch_head", unit="hetian"),
        "other": await staff("other", "branch_head", unit="kashi"),
        "sub": await staff("sub", "branch_head", unit="moyu"),
        "manager": await staff("manager", "account_manager", unit="moyu"),
    }


async def company(desk, number, *, unit="moyu", **facts):
    """A corporate customer; money as text, numbers as numbers. A daily average is given for each of twelve months."""
    units = desk.tenant.units
    more = {"org_unit_id": str(units[unit])} if unit in units else {}
    customer = await desk.customer(number, "corporate", **more)
    given = []
    for metric, value in facts.items():
        days = [f"2025-{m:02d}-28" for m in range(1, 13)] if metric == "deposit_daily_avg" else ["2025-12-28"]
        amount = {"amount": {"amount": value, "currency": "USD" if metric == "international_settlement" else "CNY"}}
        figure = amount if isinstance(value, str) else {"value": value}
        given += [{"customer_id": customer, "metric": metric, "occurred_on": day, **figure} for day in days]
    if given:
        answer = await desk.client.post("/api/v1/facts", json={"facts": given})
        assert answer.status_code == 201, answer.text
    return customer


async def decide(who, approval, approved=True, reason="同意"):
    path = f"/api/v1/approvals/{approval}/decision"
    return (await who.post(path, json={"approved": approved, "reason": reason})).status_code


async def fixed(desk, bank, as_of="2026-01-01"):
    """The list of the year, approved."""
    listed = await desk.assess(LIST, as_of)
    assert await decide(bank["corporate"], listed["approval_id"]) == 200
    assert await decide(bank["president"], listed["approval_id"]) == 200
    return listed


async def put_up(who, customer, tier, kind="adjustment", **more):
    body = {"customer_id": customer, "scheme": LIST, "tier": tier, "kind": kind, "reason": "等级动态调整", **more}
    return await who.post("/api/v1/applications", json=body)


# Exactly at the bound is in, one fen (or point) below it is not.
CASES = {
    "deposits of the exclusive": ({"deposit_daily_avg": "100000000.00"}, "exclusive"),
    "deposits one fen under": ({"deposit_daily_avg": "99999999.99"}, "diamond"),
    "deposits of diamond": ({"deposit_daily_avg": "50000000.00"}, "diamond"),
    "deposits of platinum": ({"deposit_daily_avg": "20000000.00"}, "platinum"),
    "deposits of gold": ({"deposit_daily_avg": "5000000.00"}, "gold"),
    "deposits one fen under gold": ({"deposit_daily_avg": "4999999.99"}, None),
    "benefit alone": ({"contribution": "5000000.00"}, "exclusive"),
    "benefit one fen under": ({"contribution": "4999999.99"}, "diamond"),
    "benefit one fen under gold": ({"contribution": "199999.99"}, None),
    "influence alone": ({"influence": 95}, "exclusive"),
    "influence one point under": ({"influence": 94}, "diamond"),
    "influence one point under gold": ({"influence": 59}, None),
    "a loss": ({"contribution": "-5000000.00"}, None),
    "nothing": ({"contribution": "0.00"}, None),
    "no figure": ({}, None),
}


@pytest.mark.rule("S04-1")
async def test_deposits_or_benefit_or_influence_and_four_tiers(desk):
    customers = {case: await company(desk, f"K{n}", **facts) for n, (case, (facts, _)) in enumerate(CASES.items())}

    results = await desk.results((await desk.assess(LIST, "2026-01-01"))["id"])

    earned = {case: results.get(customer, {}).get("tier") for case, customer in customers.items()}
    assert earned == {case: tier for case, (_, tier) in CASES.items()}


@pytest.mark.rule("S04-2")
async def test_deposits_loyalty_contribution_and_growth_together_make_a_tier(desk):
    customer = await company(desk, "K1", contribution="150000.00", relationship=120)
    for year, amount in (("2024", "4000000"), ("2025", "4800000")):
        for month in range(1, 13):
            await desk.fact(customer, "deposit_daily_avg", f"{year}-{month:02d}-28", amount=amount)

    results = await desk.results((await desk.assess(LIST, "2026-01-01"))["id"])
    answer = await desk.client.get(f"/api/v1/customers/{customer}/value-scores", headers={"Accept-Language": "en"})

    score = answer.json()["items"][0]
    assert {part["title"]: (part["value"], part["points"]) for part in score["dimensions"]} == {
        "Deposits": (480_000_000, 4),
        "Loyalty": (120, 100),
        "Contribution": (15_000_000, 3),
        "Growth": (200, 40),
    }
    # 1.92 + 20 + 0.75 + 6 = 28.67: no figure is enough alone, and neither is the sum.
    assert (score["score"], results[customer]["tier"]) == (28, None)


@pytest.mark.rule("S04-2", "S04-4")
async def test_the_list_of_the_year_is_fixed_by_head_office_and_then_holds(desk, bank, clock):
    strong, weak = await company(desk, "K1", deposit_daily_avg="50000000"), await company(desk, "K2", influence=60)
    by_branch = await bank["branch"].post("/api/v1/assessments", json={"scheme": LIST})
    listed = await desk.assess(LIST, "2026-01-01")
    before = await desk.tier(strong, LIST)
    out_of_turn = await decide(bank["president"], listed["approval_id"])
    corporate = await decide(bank["corporate"], listed["approval_id"])
    between = await desk.tier(strong, LIST)
    president = await decide(bank["president"], listed["approval_id"])

    again = await desk.assess(LIST, "2026-02-01", status=409)
    path = f"/api/v1/customers/{weak}/membership/{LIST}/ending"
    ended = await desk.client.post(path, json={"reason": "不再需要"})
    clock.set(datetime(2027, 1, 4, 2, tzinfo=UTC))
    next_year = await desk.assess(LIST, "2027-01-01")

    assert (by_branch.status_code, before, out_of_turn) == (403, None, 403)
    assert (corporate, between, president) == (200, None, 200)
    assert (await desk.tier(strong, LIST), await desk.tier(weak, LIST)) == ("diamond", "gold")
    assert (again["type"], ended.status_code, ended.json()["type"]) == (
        "/problems/list-fixed",
        409,
        "/problems/list-fixed",
    )
    assert next_year["applied_at"] is None


@pytest.mark.rule("S04-2")
async def test_of_two_lists_that_wait_for_one_year_one_is_fixed(desk, bank):
    customer = await company(desk, "K1", influence=60)
    lists = [await desk.assess(LIST, day) for day in ("2026-01-01", "2026-01-05")]
    for one in lists:
        await decide(bank["corporate"], one["approval_id"])

    answers = await asyncio.gather(*(decide(bank["president"], one["approval_id"]) for one in lists))

    assert sorted(answers) == [200, 409]
    assert [m["tier"] for m in (await desk.membership(customer))["history"]] == ["gold"]


@pytest.mark.rule("S04-4", "S04-3")
@pytest.mark.parametrize(
    ("tier", "kind", "deciders", "after"),
    [
        ("diamond", "adjustment", ("branch", "corporate"), "diamond"),
        ("exclusive", "upgrade", ("branch", "corporate"), "exclusive"),
        ("gold", "adjustment", ("branch", "corporate"), "gold"),
        ("", "adjustment", ("branch", "corporate"), None),
    ],
)
async def test_a_tier_changes_within_the_year_only_by_an_adjustment_that_two_levels_review(
    desk, bank, tier, kind, deciders, after
):
    customer = await company(desk, "K1", deposit_daily_avg="20000000")
    await fixed(desk, bank)

    application = (await put_up(bank["manager"], customer, tier, kind)).json()
    steps = [await decide(bank[who], application["approval_id"]) for who in ("sub", "other", *deciders)]

    assert steps == [403, 404, 200, 200]
    assert await desk.tier(customer, LIST) == after


@pytest.mark.rule("S04-3")
async def test_gold_is_the_branchs_to_decide_and_what_is_higher_is_not(desk, bank):
    new, known = await company(desk, "K1"), await company(desk, "K2", influence=75)
    await fixed(desk, bank)

    gold = (await put_up(bank["manager"], new, "gold", "tier")).json()
    lower = (await put_up(bank["manager"], known, "gold")).json()
    sub_branch = (await bank["sub"].get("/api/v1/approvals")).json()["items"]
    answers = [await decide(bank[who], gold["approval_id"]) for who in ("sub", "branch")]
    one_level = await decide(bank["branch"], lower["approval_id"])

    assert (sub_branch, answers, one_level) == ([], [403, 200], 200)
    assert (await desk.tier(new, LIST), await desk.tier(known, LIST)) == ("gold", "platinum")


@pytest.mark.rule("S04-3")
async def test_each_tier_has_account_managers_of_its_level(desk, bank):
    staff = {
        "head": await desk.tenant.staff("head", "account_manager"),
        "branch": await desk.tenant.staff("branch-am", "account_manager", unit="hetian"),
        "sub": bank["manager"],
    }
    figures = {"exclusive": 95, "diamond": 85, "platinum": 75, "gold": 60}
    customers = {tier: await company(desk, tier, influence=points) for tier, points in figures.items()}
    await fixed(desk, bank)

    async def gaps():
        first = (await desk.client.get("/api/v1/serving-gaps", params={"limit": 3})).json()
        rest = {"items": []}
        if first["next"]:
            rest = (await desk.client.get("/api/v1/serving-gaps", params={"limit": 3, "cursor": first["next"]})).json()
        items = [*first["items"], *rest["items"]]
        assert len({gap["customer_id"] for gap in items}) == len(items)
        return {gap["tier"]: gap["level"] for gap in items}

    nobody = await gaps()
    accepted = {}
    for tier, customer in customers.items():
        for who, member in staff.items():
            body = {"account_manager_id": str(member.staff_id)}
            answer = await desk.client.post(f"/api/v1/customers/{customer}/assignment", json=body)
            accepted[tier, who] = answer.status_code == 201
            assert answer.status_code in (201, 409), answer.text

    assert nobody == dict.fromkeys(customers)
    assert [who for who in staff if accepted["exclusive", who]] == ["head"]
    assert [who for who in staff if accepted["diamond", who]] == ["head", "branch"]
    assert [who for who in staff if accepted["platinum", who]] == ["head", "branch"]
    assert [who for who in staff if accepted["gold", who]] == ["head", "branch", "sub"]
    assert await gaps() == {}


@pytest.mark.rule("S04-3")
async def test_an_account_manager_who_sits_too_low_after_a_rise_is_shown(desk, bank):
    customer = await company(desk, "K1", influence=60)
    await desk.client.post(
        f"/api/v1/customers/{customer}/assignment", json={"account_manager_id": str(bank["manager"].staff_id)}
    )
    await fixed(desk, bank)
    before = (await desk.client.get("/api/v1/serving-gaps")).json()["items"]
    application = (await put_up(bank["manager"], customer, "diamond", "upgrade")).json()
    for who in ("branch", "corporate"):
        await decide(bank[who], application["approval_id"])

    after = (await desk.client.get("/api/v1/serving-gaps")).json()["items"]
    hidden = (await bank["other"].get("/api/v1/serving-gaps")).json()["items"]

    assert (before, hidden) == ([], [])
    assert [(gap["number"], gap["tier"], gap["served_at"], gap["level"]) for gap in after] == [("K1", "diamond", 1, 2)]


@pytest.mark.rule("S04-6")
async def test_international_business_is_rated_by_itself_and_counted_by_itself(desk, bank):
    figures = {
        "both": {"influence": 95, "international_settlement": "500000.00"},
        "one cent under": {"influence": 60, "international_settlement": "499999.99"},
        "abroad only": {"international_settlement": "10000000.00"},
    }
    customers = {name: await company(desk, name, **facts) for name, facts in figures.items()}
    await fixed(desk, bank)
    await desk.assess(INTERNATIONAL, "2026-01-01")

    report = (await desk.client.get("/api/v1/reports/tiers", params={"period": "2026-01"})).json()

    held = {name: (await desk.tier(c, LIST), await desk.tier(c, INTERNATIONAL)) for name, c in customers.items()}
    assert held == {"both": ("exclusive", "gold"), "one cent under": ("gold", None), "abroad only": (None, "diamond")}
    at_end = next(one for one in report["figures"] if one["definition"]["name"] == "members_at_end")
    assert {one["key"]: one["numerator"] for one in at_end["shares"]} == {
        f"{LIST}/exclusive": 1,
        f"{LIST}/gold": 1,
        f"{INTERNATIONAL}/gold": 1,
        f"{INTERNATIONAL}/diamond": 1,
    }
