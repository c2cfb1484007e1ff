"""The year of complaints that ships as an example: it comes in whole, and the weeks that the first pages show have complaints."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from acting import acting

from guibin.complaints.importing import import_complaints
from guibin.context import Company
from guibin.policies.queries import effective_policy
from guibin.spreadsheets import mapping as mappings

EXAMPLES = Path(__file__).parents[3] / "examples" / "cable_tv"


@pytest.mark.rule("S07-28")
async def test_the_example_complaints_come_in_and_the_spike_is_reported(world):
    start = datetime(2015, 4, 1, tzinfo=UTC)
    tenant = await world.tenant(time_zone="America/New_York", simulated_from=start)
    company = Company(tenant.id, tenant.slug, tenant.view.packs, "America/New_York", "zh-CN", True)
    with (EXAMPLES / "complaints.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    week = [row for row in rows if "22-06-2015" <= row["Date"] <= "28-06-2015" and row["Date"].endswith("-06-2015")]
    open_in_week = sum(row["Status"] in ("Open", "Pending") for row in week)

    async with tenant.scope():
        done = await import_complaints(
            EXAMPLES / "complaints.csv",
            mappings.load(EXAMPLES / "complaints.toml"),
            acting(
                by=tenant.principal(),
                now=start,
                policy=await effective_policy(world.packs, company, at=start),
                company=company,
                hooks=world.packs.hooks_of(("cable_tv",)),
            ),
        )
    client = await tenant.client()
    found = (await client.get("/api/v1/statistics", params={"period": "2015-W26"})).json()
    before = (await client.get("/api/v1/statistics", params={"period": "2015-W25"})).json()

    assert (done.rows, done.created) == (len(rows), len(rows))
    assert (found["received"], found["open"]) == (len(week), open_in_week)
    assert found["received"] > 1.5 * before["received"] > 0
