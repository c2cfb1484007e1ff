"""Churn of VIPs and of the two highest cards: real subscribers against plain Python, and the targets to the last one."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from desk import EXAMPLES, open_desk

from guibin_tenants.scope import execute, fetch_value

from .test_real_subscribers import CLUB, judged


async def retention(desk, period, language="en", **params):
    answer = await desk.client.get(
        "/api/v1/reports/retention", params={"period": period, **params}, headers={"Accept-Language": language}
    )
    assert answer.status_code == 200, answer.text
    return {one["definition"]["name"]: one for one in answer.json()["figures"]}


@pytest.mark.rule("S05-1", "S09-1")
async def test_the_churn_of_real_subscribers(world, clock, shared_data, tmp_path):
    file = shared_data / "telecom_customers.csv"
    expected = judged(file)
    desk = await open_desk(world, "telecom")
    year_end = tmp_path / "facts.toml"
    year_end.write_text((EXAMPLES / "telecom/facts.toml").read_text().replace("2026-02-28", "2025-12-31"))
    await desk.load("customers", file, "telecom/customers.toml")
    await desk.load("facts", file, str(year_end))
    await desk.assess(CLUB, "2026-01-01")
    departed = await desk.load("facts", file, "telecom/departures.toml")
    clock.set(datetime(2027, 1, 4, tzinfo=UTC))

    found = await retention(desk, "2026")

    members = Counter(card for card, _, _ in expected.values() if card)
    left = Counter(card for card, gone, _ in expected.values() if card and gone)
    assert departed.created == sum(gone for _, gone, _ in expected.values())
    churn, top = found["vip_churn"], found["top_card_churn"]
    assert (churn["numerator"], churn["denominator"]) == (left.total(), members.total())
    assert {one["key"]: (one["numerator"], one["denominator"]) for one in churn["shares"]} == {
        f"{CLUB}/{card}": (left[card], members[card]) for card in members
    }
    assert (top["numerator"], top["denominator"]) == (
        left["diamond"] + left["gold"],
        members["diamond"] + members["gold"],
    )
    assert churn["value"] == round(1000 * left.total() / members.total(), 1)
    assert [churn["met"], top["met"]] == [
        1000 * left.total() < 35 * members.total(),
        1000 * (left["diamond"] + left["gold"]) < 20 * (members["diamond"] + members["gold"]),
    ]
    assert found["retention"]["numerator"] == members.total() - left.total()


@pytest.mark.rule("S05-1")
@pytest.mark.parametrize(
    ("left", "met"),
    [
        ({"silver": 34}, (True, True)),
        ({"silver": 35}, (False, True)),
        ({"silver": 34 - 7, "gold": 7}, (True, True)),
        ({"silver": 34 - 8, "gold": 8}, (True, False)),
        ({"silver": 35 - 8, "diamond": 8}, (False, False)),
    ],
)
async def test_the_targets_are_strictly_below(world, clock, left, met):
    desk = await open_desk(world, "telecom")
    await members(desk, {"diamond": 100, "gold": 300, "silver": 600}, left)
    clock.set(datetime(2027, 1, 4, tzinfo=UTC))

    found = await retention(desk, "2026")

    assert (found["vip_churn"]["denominator"], found["top_card_churn"]["denominator"]) == (1_000, 400)
    assert (found["vip_churn"]["met"], found["top_card_churn"]["met"]) == met


async def members(desk, cards, left):
    """So many holders of each card since last year, so many of whom left in June."""
    async with desk.tenant.scope():
        unit = await fetch_value("select id from org_unit where parent_id is null")
        for card, count in cards.items():
            await execute(
                "with c as (insert into customer (id, number, kind, name, pinyin, initials, org_unit_id, sex,"
                "   employer, department, position, preferences, fields, version)"
                "   select gen_random_uuid(), $1 || n, 'subscriber', '', '', '', $2, '', '', '', '', '{}',"
                "   '{}', 1 from generate_series(1, $3) n returning id, number),"
                " m as (insert into membership (id, customer_id, scheme, tier, starts_on, since_on, basis, reason,"
                "   ended_because, recorded_at) select gen_random_uuid(), c.id, 'vip_club', $1, '2025-03-01', '2025-03-01',"
                "   'assessment', '', '', '2025-03-01' from c)"
                " insert into fact (id, customer_id, metric, occurred_on, value, unit, source, source_ref, label,"
                "   merchant, revision, recorded_at)"
                " select gen_random_uuid(), c.id, 'departed', '2026-06-10', 1, '', '', '', '', '', 1, '2026-06-10'"
                "   from c where substr(c.number, length($1) + 1)::int <= $4",
                card,
                unit,
                count,
                left.get(card, 0),
            )
