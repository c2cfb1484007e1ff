"""Conversions by path, with their rows; purchases at partner merchants, and what was returned (S06-5, S06-6)."""

import pytest
from desk import open_desk

CLUB = "members"


@pytest.fixture
async def desk(world):
    return await open_desk(world, "retail")


async def members(desk, *after):
    """Each spends ¥300 in January, is assessed, spends so much more, and is assessed in March."""
    people = [await desk.customer(f"M-{place}", "member") for place in range(len(after))]
    for person in people:
        await desk.fact(person, "spending", "2026-01-10", amount="300.00")
    await desk.assess(CLUB, "2026-02-01")
    for person, amount in zip(people, after, strict=True):
        if amount:
            await desk.fact(person, "spending", "2026-02-10", amount=amount)
    await desk.assess(CLUB, "2026-03-01")
    return people


@pytest.mark.rule("S06-5", "S06-4")
async def test_conversions_are_measured_by_path_and_each_has_its_rows(desk):
    gold, ordinary, other, still, less = await members(desk, "9700.00", "700.00", "1000.00", "", "-300.00")

    changes = (await desk.client.get("/api/v1/tier-changes", params={"scheme": CLUB, "held": "b"})).json()["items"]
    before = (await desk.client.get("/api/v1/tier-changes", params={"before": "2026-03-01"})).json()["items"]
    report = (await desk.client.get("/api/v1/reports/tiers", params={"period": "2026-03"})).json()["figures"]

    found = {(one["customer_id"], one["becomes"], one["changed_on"]) for one in changes}
    assert found == {
        (gold, "gold", "2026-03-01"),
        (ordinary, "a", "2026-03-01"),
        (other, "a", "2026-03-01"),
        (less, "d", "2026-03-01"),
    }
    assert (before, await desk.tier(still, CLUB)) == ([], "b")
    figures = {one["definition"]["name"]: one for one in report}
    paths = {share["key"]: share["numerator"] for share in figures["members_converted"]["shares"]}
    assert paths == {"members/b/gold": 1, "members/b/a": 2, "members/b/d": 1}
    assert [figures[name]["numerator"] for name in ("b_to_gold", "b_to_a", "a_to_gold")] == [1, 2, 0]
    assert figures["b_to_a"]["denominator"] == 5


@pytest.mark.rule("S06-5")
async def test_a_company_simulates_where_gold_begins(desk):
    (person,) = await members(desk, "700.00")
    asked = {"scheme": CLUB, "as_of": "2026-03-02", "settings": [{"name": "x_gold", "value": 100_000}]}
    asked["settings"].append({"name": "x", "value": 50_000})

    simulated = (await desk.client.post("/api/v1/assessments/simulations", json=asked)).json()

    assert [(one["customer_id"], one["held"], one["becomes"]) for one in simulated["movers"]] == [(person, "a", "gold")]


async def partner(desk, code="dt", **more):
    answer = await desk.client.post("/api/v1/merchants", json={"code": code, "name": "大同百货", **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def bought(desk, person):
    await desk.assess(CLUB, "2026-03-01")
    return (await desk.membership(person))["explanations"][0]["measures"]["partner_purchases_1y"]


@pytest.mark.rule("S06-6")
async def test_a_purchase_counts_where_the_merchant_was_a_partner_on_its_day(desk):
    merchant = await partner(desk, since_on="2026-01-15")
    await partner(desk, "other", since_on="2026-02-01")
    person = await desk.customer("M-1", "member")
    for day in ("2026-01-14", "2026-01-15", "2026-02-09", "2026-02-10"):
        await desk.fact(person, "spending", day, amount="100.00", merchant="dt")
    await desk.fact(person, "spending", "2026-02-11", amount="100.00")

    ended = await desk.client.post(f"/api/v1/merchants/{merchant['id']}/ending", json={"until_on": "2026-02-10"})
    again = await desk.client.post("/api/v1/merchants", json={"code": "dt", "name": "又一家"})
    early = await desk.client.post(f"/api/v1/merchants/{merchant['id']}/ending", json={"until_on": "2026-01-14"})

    assert (ended.status_code, again.status_code, early.status_code) == (200, 409, 422)
    assert await bought(desk, person) == 2
    listed = (await desk.client.get("/api/v1/merchants", params={"partner": "true"})).json()["items"]
    assert [one["code"] for one in listed] == ["other"]


@pytest.mark.rule("S06-6")
async def test_a_purchase_returned_is_none_at_a_partner_either(desk):
    await partner(desk, since_on="2025-01-01")
    person = await desk.customer("M-1", "member")
    for place, amount in enumerate(("100.00", "200.00"), 1):
        await desk.fact(person, "spending", f"2026-02-0{place}", amount=amount, merchant="dt")
    await desk.fact(person, "spending", "2026-02-08", amount="-200.00")

    assert await bought(desk, person) == 1


@pytest.mark.rule("S06-6")
async def test_facts_name_their_merchant_in_files_there_and_back(desk, tmp_path):
    await partner(desk, since_on="2025-01-01")
    person = await desk.customer("M-1", "member")
    unknown = await desk.client.post(
        "/api/v1/facts",
        json={
            "facts": [
                {
                    "customer_id": person,
                    "metric": "spending",
                    "occurred_on": "2026-02-01",
                    "amount": {"amount": "1.00"},
                    "merchant": "nobody",
                }
            ]
        },
    )
    await desk.fact(person, "spending", "2026-02-01", amount="100.00", merchant="dt")

    shown = (await desk.client.get(f"/api/v1/customers/{person}/facts")).json()["items"]

    assert [error["field"] for error in unknown.json()["errors"]] == ["facts[0].merchant"]
    assert [one["merchant"] for one in shown] == ["dt"]
