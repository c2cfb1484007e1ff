"""Real complaints of 2015: imported, replayed on a simulated clock, reported, and counted again independently."""

import csv
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from acting import acting

from guibin.complaints.importing import import_complaints
from guibin.context import Company
from guibin.policies.queries import effective_policy
from guibin.sla.simulation import advance
from guibin.spreadsheets import mapping as mappings

MAPPING = Path(__file__).parents[3] / "examples/cable_tv/complaints.toml"
ZONE = ZoneInfo("America/New_York")
WEEK = (datetime(2015, 6, 22, tzinfo=ZONE), datetime(2015, 6, 29, tzinfo=ZONE))


def counted(file):
    """The same week by plain Python over the file."""
    rows = list(csv.DictReader(file.open(encoding="utf-8-sig")))
    week = []
    for row in rows:
        moment = datetime.strptime(f"{row['Date']} {row['Time']}", "%d-%m-%Y %I:%M:%S %p").replace(tzinfo=ZONE)
        if WEEK[0] <= moment < WEEK[1]:
            week.append(row)
    open_rows = [row for row in week if row["Status"] in ("Open", "Pending")]
    channels = Counter("phone" if row["Received Via"] == "Customer Care Call" else "web" for row in week)
    return {
        "all": len(rows),
        "received": len(week),
        "open": len(open_rows),
        "resolved": len(week) - len(open_rows),
        "channels": dict(channels),
    }


@pytest.mark.rule("S07-28")
async def test_the_week_of_the_june_spike(world, shared_data):
    file = shared_data / "cable_tv_complaints.csv"
    expected = counted(file)
    tenant = await world.tenant(time_zone="America/New_York", simulated_from=datetime(2015, 1, 1, tzinfo=UTC))
    company = Company(tenant.id, tenant.slug, tenant.view.packs, "America/New_York", "zh-CN", True)
    now = datetime(2015, 1, 1, tzinfo=UTC)
    by = tenant.principal()
    async with tenant.scope():
        policy = await effective_policy(world.packs, company, at=now)
        act = acting(policy=policy, hooks=world.packs.hooks_of(("cable_tv",)), company=company, by=by, now=now)
        first = await import_complaints(file, mappings.load(MAPPING), act)
        again = await import_complaints(file, mappings.load(MAPPING), act)
    await advance(tenant.scope, until=datetime(2015, 7, 5, tzinfo=UTC))
    client = await tenant.client()

    found = (await client.get("/api/v1/statistics", params={"period": "2015-W26"})).json()

    assert (first.created, again.created, again.unchanged) == (expected["all"], 0, expected["all"])
    assert (found["received"], found["open"], found["resolved"]) == (
        expected["received"],
        expected["open"],
        expected["resolved"],
    )
    assert found["by_channel"] == expected["channels"]
    # Nobody remedied what stayed open, and a week has passed: each was warned about and breached.
    assert (found["warned"], found["breached"], found["overdue"]) == (expected["open"],) * 3
    assert sum(found["by_level"].values()) == expected["received"]
