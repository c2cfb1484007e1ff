"""CDNOW's purchases of eighteen months: tiers as of two dates, the conversion between them, and plain Python."""

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

import pytest
from desk import open_desk

CLUB = "members"
DATES = (date(1998, 1, 1), date(1998, 7, 1))


def purchases(file):
    """Member → (day, cents) of every line, split at blanks."""
    found = defaultdict(list)
    for line in file.read_text(encoding="ascii").splitlines():
        member, _, day, _, amount = line.split()
        found[member].append((date(int(day[:4]), int(day[4:6]), int(day[6:])), int(Decimal(amount) * 100)))
    return found


def tier_of(bought, as_of):
    """By the regulation: what was spent in two years, over the member's months (at least 12), times 12."""
    known = [(day, cents) for day, cents in bought if day < as_of]
    if not known:
        return 0, "d"
    first = min(known)[0]
    last_month = (as_of.year * 12 + as_of.month - 1) - 1  # both dates are the first of a month
    months = max(12, min(24, last_month - (first.year * 12 + first.month - 1) + 1))
    average = sum(cents for _, cents in known) * 12 // months
    tier = (
        "gold"
        if average >= 1_000_000
        else "a"
        if average >= 100_000
        else "b"
        if average >= 30_000
        else "c"
        if average >= 10_000
        else "d"
    )
    return average, tier


@pytest.mark.rule("S06-1", "S06-4")
async def test_tiers_as_of_two_dates_and_the_conversion_between_them(world, shared_data, tmp_path):
    file = shared_data / "retail_transactions.txt"
    bought = purchases(file)
    expected = [{member: tier_of(lines, as_of) for member, lines in bought.items()} for as_of in DATES]
    register = tmp_path / "members.csv"
    register.write_text("member,name\n" + "".join(f"{member},{member}\n" for member in bought), encoding="utf-8")
    desk = await open_desk(world, "retail")

    await desk.load("customers", register, "retail/members.toml")
    imported = await desk.load("facts", file, "retail/transactions.toml")
    again = await desk.load("facts", file, "retail/transactions.toml")
    assessed = [await desk.assess(CLUB, as_of) for as_of in DATES]

    lines = sum(len(one) for one in bought.values())
    assert (imported.created, again.created, again.unchanged) == (lines, 0, lines)
    numbers = {customer: number for number, customer in (await desk.numbers()).items()}
    for assessment, judged in zip(assessed, expected, strict=True):
        results = await desk.results(assessment["id"])
        found = {
            numbers[customer]: (row["measures"]["spending_avg_yearly"], row["tier"])
            for customer, row in results.items()
        }
        assert found == judged
    pairs = Counter((expected[0][member][1], expected[1][member][1]) for member in bought)
    answer = await desk.client.get(
        "/api/v1/tier-conversions", params={"scheme": CLUB, "from": str(DATES[0]), "to": str(DATES[1])}
    )
    assert {(c["held"], c["becomes"]): c["customers"] for c in answer.json()} == dict(pairs)
    assert len(pairs) > 6
