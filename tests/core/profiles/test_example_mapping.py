"""The mapping files that ship as examples fit the table that ships with them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from acting import acting

from guibin.context import Company
from guibin.policies.queries import effective_policy
from guibin.profiles.importing import import_customers
from guibin.spreadsheets.mapping import load
from guibin.transfers.offers import import_offers

SHIPPED = Path(__file__).parents[3] / "examples"
EXAMPLES = SHIPPED / "cable_tv"


@pytest.mark.rule("S07-24", "S07-26")
async def test_the_example_archive_comes_in(world, tenant, client):
    company = Company(tenant.id, tenant.slug, tenant.view.packs, "Asia/Shanghai", "zh-CN", False)
    async with tenant.scope():
        done = await import_customers(
            EXAMPLES / "customers.csv",
            load(EXAMPLES / "customers.toml"),
            acting(
                by=tenant.principal(),
                now=world.clock(),
                policy=await effective_policy(world.packs, company, at=world.clock()),
            ),
        )

    found = (await client.get("/api/v1/customers")).json()["items"]
    by_card = (await client.post("/api/v1/customers/searches", json={"q": "8001000012345679"})).json()["items"]
    second_phone = (await client.get("/api/v1/customers", params={"q": "2222"})).json()["items"]

    assert done.created == 3
    assert sorted((one["number"], one["kind"], one["sex"]) for one in found) == [
        ("DK0001", "leader", "female"),
        ("DK0002", "partner", "male"),
        ("DK0003", "group", ""),
    ]
    assert [set(one["birthday"]) for one in by_card] == [{"year", "month", "day", "leap"}]
    assert sorted(one["number"] for one in second_phone) == ["DK0002", "DK0003"]


@pytest.mark.rule("S01-6")
async def test_the_example_of_scarce_offers_comes_in(world, tenant, client, clock):
    clock.set(datetime(2026, 3, 2, 2, 0, tzinfo=UTC))
    company = Company(tenant.id, tenant.slug, tenant.view.packs, "Asia/Shanghai", "zh-CN", False)
    async with tenant.scope():
        done = await import_offers(
            SHIPPED / "retail" / "offers.csv",
            load(SHIPPED / "retail" / "offers.toml"),
            acting(
                by=tenant.principal(),
                now=world.clock(),
                policy=await effective_policy(world.packs, company, at=world.clock()),
            ),
        )

    found = (await client.get("/api/v1/offers")).json()["items"]

    assert done.created == 2
    assert [(one["title"], one["text"], one["quantity"], one["openings"][-1]["opens_at"]) for one in found] == [
        ("大师签名茶具", "每套附证书", 30, "2026-04-01T01:30:00Z"),
        ("周年纪念款皮具", "限量编号，到店取货", 100, "2026-03-10T02:00:00Z"),
    ]


@pytest.mark.parametrize("name", ["customers.toml", "orders.toml"])
def test_every_example_mapping_is_valid(name):
    assert load(EXAMPLES / name).columns
