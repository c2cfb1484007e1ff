"""Imports about archives that have ended: refused by row, in words, and nothing of the file is written."""

from uuid import UUID

import pytest
from ended import end, opened_archives
from tables import KINDS, Tables

from guibin.profiles.queries import CLOSED, ERASED
from guibin.spreadsheets.importing import BadRows
from guibin_tenants.scope import fetch_value

WHEN, WORDS = "2026-02-01T10:00:00+08:00", "东方不败札记"
ROWS = {
    "customers": ("customer", "number", {"name": WORDS, "kind": "leader"}),
    "orders": (
        "product_order",
        "customer_number",
        {"number": "D-{}", "product": WORDS, "price": "10", "started_on": "2026-01-01", "ends_on": "2027-01-01"},
    ),
    "facts": (
        "fact",
        "customer_number",
        {"metric": "spending", "occurred_on": "2026-02-01", "value": "10", "label": WORDS},
    ),
    "interactions": (
        "interaction",
        "customer_number",
        {"channel": "phone", "happened_at": WHEN, "content": WORDS, "source": "crm", "source_number": "{}"},
    ),
    "complaints": (
        "complaint",
        "customer_number",
        {"channel": "phone", "received_at": WHEN, "text": WORDS, "source": "crm", "source_number": "{}"},
    ),
}
# A closed archive takes what a former customer does, and what is known of the time before.
CLOSED_TAKES = {"facts", "interactions", "complaints"}


@pytest.fixture
async def archives(client):
    return await opened_archives(client)


@pytest.fixture
async def tables(world, tenant, tmp_path):
    return Tables(world, tenant, tmp_path)


def lines(kind, *numbers):
    """Heading and a row about each of these customers."""
    _, owner, row = ROWS[kind]
    return (owner, *row), *((number, *(value.format(number) for value in row.values())) for number in numbers)


async def count(tenant, kind):
    async with tenant.scope():
        return await fetch_value(f"select count(*) from {ROWS[kind][0]}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dry_run", [False, True])
async def test_a_row_about_an_erased_customer_is_refused_and_nothing_is_written(
    tenant, client, archives, tables, kind, dry_run
):
    await end(client, tenant, archives)
    before = await count(tenant, kind)

    with pytest.raises(BadRows) as refused:
        await tables.table(kind, *lines(kind, "open", "erased"), dry_run=dry_run)

    assert [(one.row, one.column, one.value, one.reason) for one in refused.value.problems] == [
        (3, ROWS[kind][1], "erased", ERASED)
    ]
    assert await count(tenant, kind) == before
    assert (await tables.table(kind, *lines(kind, "open"))).created == (kind != "customers")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "customers"])
async def test_nor_is_what_an_erased_customer_had_changed(tenant, client, archives, tables, kind):
    assert (await tables.table(kind, *lines(kind, "erased"))).created == 1
    await end(client, tenant, archives)

    with pytest.raises(BadRows) as refused:
        await tables.table(kind, *lines(kind, "erased"))

    assert {one.reason for one in refused.value.problems} == {ERASED}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_closed_archive_takes_what_a_former_customer_does(tenant, client, archives, tables, kind):
    await end(client, tenant, archives)

    if kind in CLOSED_TAKES:
        assert (await tables.table(kind, *lines(kind, "closed"))).created == 1
        return
    with pytest.raises(BadRows) as refused:
        await tables.table(kind, *lines(kind, "closed"))

    assert [(one.row, one.reason) for one in refused.value.problems] == [(2, CLOSED)]


async def test_a_complaint_opens_no_second_archive_for_an_erased_customer(tenant, client, archives, tables):
    await end(client, tenant, archives)
    heading, row = lines("complaints", "erased")
    before = await count(tenant, "customers")

    with pytest.raises(BadRows):
        await tables.table("complaints", (*heading, "customer_name"), (*row, WORDS))

    async with tenant.scope():
        names = await fetch_value("select name from customer where id = $1", UUID(archives["erased"]))
    assert (await count(tenant, "customers"), names) == (before, "")
