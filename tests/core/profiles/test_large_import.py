"""S07-26 at size: 100,000 rows in memory that does not grow with the file."""

import os
import tracemalloc

import pytest
from acting import acting

from guibin.context import Company
from guibin.policies.queries import effective_policy
from guibin.profiles.importing import import_customers
from guibin.spreadsheets.mapping import Mapping
from guibin.spreadsheets.writing import write
from guibin_tenants.scope import fetch_value

ROWS = int(os.environ.get("GUIBIN_TEST_IMPORT_ROWS", "3000"))
COLUMNS = ("number", "name", "kind", "employer", "mobile", "smart_card_number")


@pytest.mark.rule("S07-26")
@pytest.mark.parametrize("ending", ["xlsx", "csv"])
async def test_a_large_archive_comes_in_within_bounded_memory(world, tenant, tmp_path, ending):
    """3,000 rows; GUIBIN_TEST_IMPORT_ROWS=100000 for the whole size."""
    file = tmp_path / f"archive.{ending}"
    write(
        file,
        COLUMNS,
        ((f"DK{n:07}", f"张{n}", "leader", "某公司", f"138{n:08}", f"8001{n:012}") for n in range(ROWS)),
    )
    company = Company(tenant.id, tenant.slug, tenant.view.packs, "Asia/Shanghai", "zh-CN", False)
    steps = []

    tracemalloc.start()
    async with tenant.scope():
        policy = await effective_policy(world.packs, company, at=world.clock())
        done = await import_customers(
            file,
            Mapping(),
            acting(by=tenant.principal(), now=world.clock(), policy=policy),
            progress=lambda stage, rows: steps.append((stage, rows)),
        )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (done.rows, done.created) == (ROWS, ROWS)
    assert steps[-1] == ("written", ROWS)
    # One batch and the numbers seen; the rows themselves would be some 2 KB each.
    assert peak < 40 * 1024 * 1024 + ROWS * 300, f"{peak:,} bytes"
    async with tenant.scope():
        assert await fetch_value("select count(*) from customer") == ROWS
        assert await fetch_value("select count(*) from sealed_value") == 2 * ROWS
