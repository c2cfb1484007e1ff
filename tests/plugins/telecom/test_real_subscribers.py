"""Four thousand real subscribers: imported, assessed, and judged again by plain Python over the file."""

import csv
from collections import Counter
from decimal import Decimal

import pytest
from desk import open_desk

CLUB = "vip_club"


def judged(file):
    """Number → card and churned or not, from the file alone."""
    found = {}
    for row in csv.DictReader(file.open(encoding="utf-8-sig")):
        bill, tenure = Decimal(row["MonthlyCharges"]), int(row["tenure"])
        if bill >= 100 and tenure >= 48:
            card = "diamond"
        elif bill >= 80 and tenure >= 24:
            card = "gold"
        elif bill >= 50 and tenure >= 12:
            card = "silver"
        else:
            card = None
        found[row["customerID"]] = (card, row["Churn"] == "Yes", row["TotalCharges"].strip())
    return found


@pytest.mark.rule("S03-1")
async def test_the_cards_of_real_subscribers(world, shared_data):
    file = shared_data / "telecom_customers.csv"
    expected = judged(file)
    desk = await open_desk(world, "telecom")

    customers = await desk.load("customers", file, "telecom/customers.toml")
    facts = await desk.load("facts", file, "telecom/facts.toml")
    again = await desk.load("facts", file, "telecom/facts.toml")
    assessed = await desk.assess(CLUB, "2026-03-01")

    blank = sum(total == "" for _, _, total in expected.values())
    assert blank > 0
    assert (customers.created, facts.created) == (len(expected), 3 * len(expected) - blank)
    assert (again.created, again.unchanged) == (0, facts.created)
    cards = Counter(card for card, _, _ in expected.values())
    moves = {(m["move"], m["becomes"]): m["customers"] for m in assessed["moves"]}
    assert moves == {(("start" if card else "none"), card): count for card, count in cards.items()}
    results = await desk.results(assessed["id"])
    earned = {number: results[customer]["tier"] for number, customer in (await desk.numbers()).items()}
    assert earned == {number: card for number, (card, _, _) in expected.items()}
    without_total = next(number for number, (_, _, total) in expected.items() if total == "")
    figures = results[(await desk.numbers())[without_total]]["measures"]
    assert (figures["billed_total"], figures["tenure"]) == (None, 0)
