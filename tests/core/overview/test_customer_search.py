"""Customers by tier, manager, last contact and missed cadence, behind both doors."""

import pytest
from caring import customer
from standing import contacted, member


async def _names(client, **asked):
    answer = await client.get("/api/v1/customers", params=asked)
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["items"]]


@pytest.fixture
async def people(client, tenant):
    """The first holds a tier and was never reached, the second holds another and was in February, the third holds none."""
    ids = [await customer(client, str(number), name=name) for number, name in enumerate(("甲某", "乙某", "丙某"))]
    await member(tenant, ids[0])
    await member(tenant, ids[1], tier="important")
    await contacted(client, ids[1], "2026-02-10T02:00:00Z")
    return ids


async def test_customers_by_the_tier_they_hold_today(client, people):
    found = [await _names(client, tier=tier) for tier in ("key", "important", "standard")]

    assert found == [["甲某"], ["乙某"], []]


async def test_customers_who_were_not_reached_since(client, people):
    await contacted(client, people[0], "2026-02-20T02:00:00Z", outcome="not_reached")

    found = [
        await _names(client, not_contacted_since=since) for since in ("2026-02-10T02:00:00Z", "2026-02-10T02:00:01Z")
    ]

    assert found == [["丙某", "甲某"], ["丙某", "乙某", "甲某"]]


@pytest.mark.rule("S07-2")
async def test_customers_whose_cadence_was_missed_until_they_are_reached(client, people):
    before = await _names(client, missed=True)
    await contacted(client, people[0], "2026-03-02T01:00:00Z")

    assert (before, await _names(client, missed=True)) == (["甲某"], [])


async def test_whoever_was_not_reached_for_longest_comes_first_page_by_page(client, people):
    await contacted(client, people[0], "2026-02-27T02:00:00Z")

    names, cursor = [], ""
    for _ in range(3):
        page = (
            await client.get(
                "/api/v1/customers",
                params={"sort": "contact", "limit": 1, "cursor": cursor} if cursor else {"sort": "contact", "limit": 1},
            )
        ).json()
        names += [one["name"] for one in page["items"]]
        cursor = page["next"]

    assert (names, cursor) == (["丙某", "乙某", "甲某"], None)


async def test_words_and_what_is_known_narrow_together(client, people):
    assert (await _names(client, q="某", tier="key"), await _names(client, q="乙", tier="key")) == (["甲某"], [])


async def test_an_order_nobody_knows_is_refused_by_its_field(client):
    answer = await client.get("/api/v1/customers", params={"sort": "size"})

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, ["sort"])
