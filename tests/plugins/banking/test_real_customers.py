"""Six thousand real bank customers: imported, assessed, reported, and judged again by plain Python over the file."""

import csv
from collections import Counter
from fractions import Fraction

import pytest
from desk import open_desk

BANK, COOPERATIVE = "personal_vip", "cooperative_vip"
# In fen: the bank the list comes from has smaller accounts than the defaults are made for.
BOUNDS = {"diamond": 2_000_000, "platinum": 1_000_000, "gold": 500_000}
DEMAND_BOUND = 50_000
SETTINGS = [
    *({"name": f"deposit_{tier}", "value": bound} for tier, bound in BOUNDS.items()),
    {"name": "demand_deposit_vip", "value": DEMAND_BOUND},
]


def judged(file):
    """Number → figures and tiers, from the file alone."""
    found = {}
    for line, row in enumerate(csv.DictReader(file.open(encoding="utf-8"), delimiter=";"), 2):
        deposit = int(row["balance"]) * 100
        credit = {"no": 100, "yes": 0}[row["default"]]
        products = sum(row[column] == "yes" for column in ("housing", "loan", "y"))
        parts = (Fraction(20 * credit, 100), Fraction(10 * products, 5))
        score = sum(parts) + Fraction(20 * min(max(deposit, 0), 100_000_000), 100_000_000)
        tier = next((tier for tier, bound in BOUNDS.items() if credit >= 60 and deposit >= bound), None)
        average = deposit // 12
        found[f"P{line}"] = {
            BANK: (tier, {"deposit_avg_1y": deposit, "products": products, "value_score": int(score)}),
            COOPERATIVE: ("vip" if average >= DEMAND_BOUND else None, {"demand_deposit_avg_1y": average}),
        }
    return found


@pytest.mark.rule("S02-1", "S08-1", "S12-1")
async def test_the_tiers_of_real_customers(world, shared_data):
    file = shared_data / "banking_customers.csv"
    expected = judged(file)
    desk = await open_desk(world, "banking")
    written = await desk.client.post("/api/v1/policy/versions", json={"overrides": {"settings": SETTINGS}})
    assert written.status_code == 201, written.text

    customers = await desk.load("customers", file, "banking/customers.toml")
    balances = await desk.load("facts", file, "banking/balances.toml")
    again = await desk.load("facts", file, "banking/balances.toml")
    products = [
        await desk.load("facts", file, f"banking/{name}s.toml")
        for name in ("housing_loan", "personal_loan", "term_deposit")
    ]
    numbers = await desk.numbers()
    willing = sorted(number for number, tiers in expected.items() if tiers[BANK][0] == "diamond")
    for number in willing:
        await desk.consent(numbers[number], BANK)
    assessed = {scheme: await desk.assess(scheme, "2026-03-01") for scheme in (BANK, COOPERATIVE)}

    assert (customers.created, balances.created) == (len(expected), 3 * len(expected))
    assert (again.created, again.unchanged) == (0, balances.created)
    used = Counter(tiers[BANK][1]["products"] for tiers in expected.values())
    assert sum(one.created for one in products) == sum(count * people for count, people in used.items())
    for scheme, assessment in assessed.items():
        results = await desk.results(assessment["id"])
        for number, tiers in expected.items():
            tier, figures = tiers[scheme]
            row = results[numbers[number]]
            assert (number, row["tier"], {name: row["measures"][name] for name in figures}) == (number, tier, figures)
    tiers = Counter(tiers[BANK][0] for tiers in expected.values())
    assert min(tiers[tier] for tier in (*BOUNDS, None)) > 0
    assert {(m["move"], m["becomes"]): m["customers"] for m in assessed[BANK]["moves"]} == {
        ("start", "diamond"): len(willing),
        ("no_consent", None): tiers["platinum"] + tiers["gold"],
        ("none", None): tiers[None],
    }
    report = await desk.client.get("/api/v1/reports/tiers", params={"period": "2026-03"})
    figures = {one["definition"]["name"]: one for one in report.json()["figures"]}
    assert {one["key"]: one["numerator"] for one in figures["members_at_end"]["shares"]} == {
        f"{BANK}/diamond": len(willing)
    }
