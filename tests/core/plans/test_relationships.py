"""S01-5: a relationship plan per customer, different for different customers, carried out by contacts; who is behind."""

import asyncio
from datetime import UTC, date, datetime

import pytest
from running import come_round

from guibin.relationships.jobs import TellMeasures
from guibin_tenants.scope import execute, fetch
from guibin_tenants.tables import new_id

PATH = "/api/v1/relationship-plans"
SCHEME = "key_customer"


@pytest.fixture
async def general(world):
    """A company without a pack: the general regulations are its policy."""
    return await world.tenant(packs=())


@pytest.fixture
async def team(general):
    await general.unit("east")
    return {
        "own": await general.staff("own", "account_manager", unit="east"),
        "lead": await general.staff("lead", "manager", unit="east"),
        "colleague": await general.staff("colleague", "account_manager", unit="east"),
    }


async def member(tenant, own, number, tier=""):
    client = await tenant.client()
    body = {"number": number, "kind": "customer", "name": "王伟", "org_unit_id": str(tenant.units["east"])}
    answer = await client.post("/api/v1/customers", json=body | {"account_manager_id": str(own.staff_id)})
    assert answer.status_code == 201, answer.text
    customer = answer.json()["id"]
    if tier:
        async with tenant.scope():
            await execute(
                "insert into membership (id, customer_id, scheme, tier, starts_on, since_on, basis, reason,"
                " ended_because, recorded_at) values ($1, $2, $3, $4, $5, $5, 'exception', '', '', $6)",
                new_id(),
                customer,
                SCHEME,
                tier,
                date(2026, 1, 1),
                datetime(2026, 1, 1, tzinfo=UTC),
            )
    return customer


async def draw_up(who, customer, status=201, **more):
    answer = await who.post(PATH, json={"customer_id": customer, "year": 2026, **more})
    assert answer.status_code == status, answer.text
    return answer.json()


async def contact(who, customer, channel="visit", **more):
    body = {"customer_id": customer, "channel": channel, "direction": "out", "content": "走访", **more}
    return (await who.post("/api/v1/interactions", json=body)).json()["id"]


def days(plan):
    return [(line["kind"], line["due_on"]) for line in plan["lines"]]


@pytest.mark.rule("S01-5")
async def test_the_plan_of_a_year_starts_from_the_tier_and_differs_from_customer_to_customer(general, team):
    own = team["own"]
    diamond, gold = await member(general, own, "D", "diamond"), await member(general, own, "G", "gold")

    first, second = await draw_up(own, diamond, goal="续签三年"), await draw_up(own, gold)
    added = await own.post(
        f"{PATH}/{second['id']}/measures", json={"kind": "gift", "due_on": "2026-05-01", "text": "开业花篮"}
    )
    dropped = await own.post(
        f"{PATH}/{second['id']}/measures/{second['lines'][0]['id']}/dropping", json={"reason": "客户出国半年"}
    )

    # Every month for the highest, every quarter for the lowest tier; what was over in March is not planned.
    assert days(first).count(("visit", "2026-03-31")) == 1
    assert [kind for kind, _ in days(first)].count("visit") == 10
    assert [kind for kind, _ in days(second)].count("visit") == 4
    assert (first["tier"], first["clause"], first["goal"]) == ("diamond", "S01-5", "续签三年")
    assert ("gift", "2026-05-01") in days(added.json())
    assert next(line["state"] for line in dropped.json()["lines"]) == "dropped"


@pytest.mark.rule("S01-5")
@pytest.mark.parametrize(
    ("tier", "measures"),
    [
        ("diamond", {"visit": 12, "event": 2, "gift": 1}),
        ("platinum", {"visit": 4, "call": 12, "event": 1, "gift": 1}),
        ("gold", {"visit": 4, "event": 1}),
    ],
)
async def test_more_is_done_for_a_higher_tier_in_a_whole_year(general, team, tier, measures):
    customer = await member(general, team["own"], "T", tier)

    plan = await draw_up(team["own"], customer, year=2027)

    kinds = [kind for kind, _ in days(plan)]
    assert {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)} == measures
    assert (plan["tier"], plan["lines"][0]["due_on"]) == (tier, "2027-03-31" if tier == "gold" else "2027-01-31")


@pytest.mark.rule("S01-5")
async def test_whoever_holds_no_tier_has_a_plan_too_with_a_visit_each_quarter_an_event_and_a_gift(general, team):
    plan = await draw_up(team["own"], await member(general, team["own"], "N"))

    assert sorted(kind for kind, _ in days(plan)) == ["event", "gift", *["visit"] * 4]
    assert [day for kind, day in days(plan) if kind == "visit"] == [
        "2026-03-31",
        "2026-06-30",
        "2026-09-30",
        "2026-12-31",
    ]


@pytest.mark.rule("S01-5")
async def test_a_class_of_a_companys_own_under_gold_is_planned_for_as_everybody_and_not_as_gold(general, team):
    """`gold_relationship` is for the tier gold alone; whoever holds a tier without a plan of its own has `relationship`."""
    client = await general.client()
    scheme = {
        "name": SCHEME,
        "customer_kinds": ["customer"],
        "metrics": [{"name": "spending_1y", "fact": "spending", "aggregate": "sum", "months": 12}],
        "tiers": [{"name": name} for name in ("diamond", "platinum", "gold", "silver")],
        "value_score": [{"metric": "spending_1y", "weight": 100, "low": 0, "high": 100}],
    }
    overrides = {"schemes": [scheme], "texts": {"tier.silver": {"zh": "银级", "en": "Silver"}}}
    written = await client.post("/api/v1/policy/versions", json={"overrides": overrides, "note": "银级"})
    assert written.status_code == 201, written.text

    silver, gold = [
        await draw_up(team["own"], await member(general, team["own"], tier, tier), year=2027)
        for tier in ("silver", "gold")
    ]

    assert [kind for kind, _ in days(silver)].count("gift") == 1
    assert [kind for kind, _ in days(gold)].count("gift") == 0
    assert silver["tier"] != gold["tier"]


@pytest.mark.rule("S01-5")
async def test_a_measure_is_carried_out_by_a_contact_of_this_customer_and_one_contact_carries_out_one(general, team):
    own = team["own"]
    customer, other = await member(general, own, "D", "diamond"), await member(general, own, "E")
    plan = await draw_up(own, customer)
    visits = [line["id"] for line in plan["lines"] if line["kind"] == "visit"]
    gift = next(line["id"] for line in plan["lines"] if line["kind"] == "gift")
    seen, missed = await contact(own, customer), await contact(own, customer, outcome="not_reached")
    called, elsewhere = await contact(own, customer, "phone"), await contact(own, other)

    async def carry_out(measure, **body):
        return await own.post(f"{PATH}/{plan['id']}/measures/{measure}/execution", json=body)

    refused = [
        (await carry_out(visits[0], **body)).status_code
        for body in (
            {"interaction_id": missed},
            {"interaction_id": called},
            {"interaction_id": elsewhere},
            {"note": "去过了"},
            {},
        )
    ]
    at_once = await asyncio.gather(*(carry_out(one, interaction_id=seen) for one in visits[:3]))
    given = await carry_out(gift, note="已送花篮")
    again = await carry_out(gift, note="已送花篮")

    assert refused == [422] * 5
    assert sorted(one.status_code for one in at_once) == [201, 409, 409]
    assert (given.status_code, given.json()["done"], again.status_code) == (201, 2, 409)


@pytest.mark.rule("S01-5")
async def test_who_is_behind_or_has_no_plan_shows_up_and_is_told(general, team, world):
    own, lead = team["own"], team["lead"]
    behind = await member(general, own, "B", "diamond")
    await member(general, own, "N", "gold")
    waived = await member(general, own, "W", "diamond")
    plan = await draw_up(own, behind)
    await draw_up(own, waived)
    client = await general.client()
    consent = {"purpose": "contact", "answer": "refused"}
    await client.post(f"/api/v1/customers/{waived}/consents", json=consent)

    world.clock.set(datetime(2026, 3, 28, 0, 40, tzinfo=UTC))
    await come_round(general, TellMeasures())
    world.clock.set(datetime(2026, 4, 1, 0, 40, tzinfo=UTC))
    for _ in range(2):
        await come_round(general, TellMeasures())

    async with general.scope():
        rows = await fetch("select staff_id, kind, customer_id::text from staff_notice where kind like 'measure_%'")
    told = sorted((row["kind"], row["staff_id"] == own.staff_id) for row in rows)
    assert {row["customer_id"] for row in rows} == {behind}
    assert told.count(("measure_late", True)) == told.count(("measure_late", False)) > 0
    assert ("measure_due", True) in told
    assert ("measure_due", False) not in told
    late = (await client.get(PATH, params={"behind": "true"})).json()["items"]
    assert [one["id"] for one in late] == [plan["id"]]
    counts = (await client.get(f"{PATH}/counts")).json()
    assert [(one["account_manager_name"], one["members"], one["with_plan"], one["behind"]) for one in counts] == [
        ("own", 3, 2, 1)
    ]
    assert lead.staff_id in {row["staff_id"] for row in rows}


@pytest.mark.rule("S01-5", "S02-6")
async def test_only_those_who_serve_the_customer_plan_for_it_and_once_a_year(general, team):
    customer = await member(general, team["own"], "D", "diamond")

    await draw_up(team["colleague"], customer, 403)
    answers = await asyncio.gather(
        *(team["own"].post(PATH, json={"customer_id": customer, "year": 2026}) for _ in range(2))
    )
    await draw_up(team["lead"], customer, year=2027)
    past = await draw_up(team["own"], customer, 422, year=2025)

    assert sorted(one.status_code for one in answers) == [201, 409]
    assert "year" in [error["field"] for error in past["errors"]]
    async with general.scope():
        entries = await fetch("select customer_ids from audit_entry where action = 'relationship_plan.draw_up'")
    assert [[str(one) for one in row["customer_ids"]] for row in entries] == [[customer]] * 2
