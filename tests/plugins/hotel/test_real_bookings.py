"""8,000 bookings of a real hotel: stays per company and who qualifies for VD, against a plain count over the file."""

import csv
from collections import Counter

import pytest
from desk import open_desk

FULL_RATE, DELUXE = 60, ("D", "E", "F", "G", "H", "L")
SETTINGS = [
    {"name": "full_rate", "value": FULL_RATE * 100},
    {"name": "deluxe_rooms", "unit": "rooms", "words": list(DELUXE)},
]


def counted(file):
    """Stays at full rate and, of those, in deluxe rooms, by company; cancelled bookings do not count."""
    full, deluxe, stays, companies = Counter(), Counter(), 0, set()
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["company"] == "NULL":
                continue
            companies.add(row["company"])
            if row["is_canceled"] == "1":
                continue
            stays += 1
            if float(row["adr"]) >= FULL_RATE:
                full[row["company"]] += 1
                deluxe[row["company"]] += row["reserved_room_type"] in DELUXE
    return full, deluxe, stays, companies


@pytest.mark.rule("S11-5")
async def test_stays_per_company_and_the_two_thresholds(world, shared_data, tmp_path):
    file = shared_data / "hotel_bookings.csv"
    full, deluxe, stays, companies = counted(file)
    register = tmp_path / "companies.csv"
    register.write_text("company,name\n" + "".join(f"{code},公司{code}\n" for code in companies), encoding="utf-8")
    desk = await open_desk(world, "hotel")
    written = await desk.client.post("/api/v1/policy/versions", json={"overrides": {"settings": SETTINGS}})
    assert written.status_code == 201, written.text

    await desk.load("customers", register, "hotel/companies.toml")
    imported = await desk.load("facts", file, "hotel/stays.toml")
    again = await desk.load("facts", file, "hotel/stays.toml")
    assessed = await desk.assess("stays", "2018-01-01")

    assert (imported.created, again.created, again.unchanged) == (stays, 0, stays)
    numbers = {customer: number for number, customer in (await desk.numbers()).items()}
    found = {
        numbers[customer]: (row["measures"]["full_rate_stays"], row["measures"]["deluxe_stays"], row["tier"])
        for customer, row in (await desk.results(assessed["id"])).items()
    }
    assert found == {
        code: (
            full[code],
            deluxe[code],
            "qualified" if deluxe[code] >= 3 or full[code] >= 10 else None,
        )
        for code in companies
    }
    qualified = {code for code, (_, _, tier) in found.items() if tier}
    by_rooms_alone = {code for code in qualified if full[code] < 10}
    assert by_rooms_alone
    assert qualified - by_rooms_alone
