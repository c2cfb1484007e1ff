"""The right to buy first: tiers in order, units never sold twice, the right used and given back (S01-6)."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from desk import open_desk

OFFERS, PURCHASES = "/api/v1/offers", "/api/v1/offer-purchases"
OPENS = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
SPENT = {"diamond": ("600000", 24), "platinum": ("300000", 12), "gold": ("60000", 12)}


@pytest.fixture
async def desk(world):
    return await open_desk(world)


async def people(desk):
    """A diamond, a platinum and a gold customer, and one who is none, by tier."""
    found = {"none": await desk.customer("0", "customer")}
    for tier, (amount, purchases) in SPENT.items():
        person = found[tier] = await desk.customer(tier, "customer")
        for place in range(purchases):
            day = f"2025-{4 + place % 9:02d}-{1 + place // 9:02d}"
            await desk.fact(person, "spending", day, amount=f"{int(amount) / purchases:.2f}")
        await desk.fact(person, "tenure", "2026-02-01", value=60)
        await desk.consent(person, "key_customer")
        await desk.registered(person, "key_customer")
    await desk.assess("key_customer", "2026-03-01")
    assert [await desk.tier(found[tier], "key_customer") for tier in SPENT] == list(SPENT)
    return found


async def put_up(desk, status=201, **more):
    body = {
        "title": "限量新品",
        "quantity": 10,
        "opens_at": OPENS.isoformat(),
        "closes_at": (OPENS + timedelta(days=10)).isoformat(),
        "price": {"amount": "999.00"},
        **more,
    }
    answer = await desk.client.post(OFFERS, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def buy(desk, offer, person, status=201, language="zh-CN", **more):
    answer = await desk.client.post(
        f"{OFFERS}/{offer['id']}/purchases",
        json={"customer_id": person, **more},
        headers={"Accept-Language": language},
    )
    assert answer.status_code == status, answer.text
    return answer.json()


async def left(desk, offer):
    return (await desk.client.get(f"{OFFERS}/{offer['id']}")).json()["left"]


async def rights(desk, person):
    found = (await desk.client.get(f"/api/v1/customers/{person}/entitlements")).json()["items"]
    return next(one["consumed"] for one in found if one["item"] == "priority_purchase")


@pytest.mark.rule("S01-6")
async def test_the_higher_the_tier_the_earlier_it_opens_and_who_comes_too_early_hears_when(desk, clock):
    found = await people(desk)
    offer = await put_up(desk)
    order = ("diamond", "platinum", "gold", "none")
    hours = {"diamond": 72, "platinum": 48, "gold": 24, "none": 0}

    assert [one["opens_at"] for one in offer["openings"]] == [
        (OPENS - timedelta(hours=hours[tier])).isoformat().replace("+00:00", "Z") for tier in order
    ]
    for place, tier in enumerate(order):
        clock.set(OPENS - timedelta(hours=hours[tier]))
        bought = await buy(desk, offer, found[tier])
        assert (bought["early"], bought["tier"]) == (tier != "none", tier if tier != "none" else "")
        for later in order[place + 1 :]:
            refused = await buy(desk, offer, found[later], 409)
            opens = OPENS - timedelta(hours=hours[later]) + timedelta(hours=8)
            assert refused["type"] == "/problems/offer-not-yet-open"
            assert refused["detail"].startswith("尚未开放：")
            assert f"{opens:%Y-%m-%d %H:%M}" in refused["detail"]
    assert await left(desk, offer) == 6
    assert [await rights(desk, found[tier]) for tier in SPENT] == [1, 1, 1]


@pytest.mark.rule("S01-6")
async def test_a_tier_buys_early_as_often_as_it_is_entitled_to_and_then_with_everybody(desk, clock):
    gold = (await people(desk))["gold"]
    offers = [await put_up(desk) for _ in range(4)]
    clock.set(OPENS - timedelta(hours=1))

    for offer in offers[:3]:
        await buy(desk, offer, gold)
    used_up = await buy(desk, offers[3], gold, 409)
    clock.set(OPENS)
    later = await buy(desk, offers[3], gold)

    assert used_up["type"] == "/problems/quota-used-up"
    assert (later["early"], await rights(desk, gold)) == (False, 3)


async def test_many_who_buy_at_once_never_get_more_than_there_are(desk, clock):
    everybody = [await desk.customer(str(number), "customer") for number in range(8)]
    offer = await put_up(desk, quantity=3)
    clock.set(OPENS)

    answers = await asyncio.gather(
        *(desk.client.post(f"{OFFERS}/{offer['id']}/purchases", json={"customer_id": one}) for one in everybody)
    )

    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 5
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} == {"/problems/sold-out"}
    assert await left(desk, offer) == 0


async def test_a_return_gives_units_and_the_right_back_once(desk, clock):
    diamond = (await people(desk))["diamond"]
    offer = await put_up(desk, quantity=1)
    clock.set(OPENS - timedelta(hours=10))
    bought = await buy(desk, offer, diamond)
    path = f"{PURCHASES}/{bought['id']}/return"

    answers = await asyncio.gather(*(desk.client.post(path, json={"reason": "尺码不符"}) for _ in range(3)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert (await left(desk, offer), await rights(desk, diamond)) == (1, 0)
    assert (await buy(desk, offer, diamond))["early"]


async def test_each_customer_buys_so_many_until_it_closes(desk, clock):
    person = await desk.customer("1", "customer")
    offer = await put_up(desk, per_customer=2)
    clock.set(OPENS)
    await buy(desk, offer, person, quantity=2)

    enough = await buy(desk, offer, person, 409)
    clock.set(OPENS + timedelta(days=10))
    closed = await buy(desk, offer, person, 409)

    assert (enough["type"], closed["type"]) == ("/problems/customer-has-enough", "/problems/offer-closed")
    assert await left(desk, offer) == 8


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"closes_at": OPENS.isoformat()}, "closes_at"),
        ({"price": {"amount": "-1"}}, "price.amount"),
        ({"price": {"amount": "1", "currency": "yuan"}}, "price.currency"),
        ({"quantity": 0}, "quantity"),
    ],
)
async def test_a_bad_offer_is_named_and_writes_nothing(desk, change, field):
    body = {"title": "x", "quantity": 1, "opens_at": OPENS.isoformat(), "closes_at": "2026-04-01T00:00:00Z"} | change

    answer = await desk.client.post(OFFERS, json=body)

    assert answer.status_code in (400, 422)
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert (await desk.client.get(OFFERS)).json()["items"] == []


async def test_another_outlets_customer_cannot_be_sold_to_or_seen_yet_units_count(desk, clock):
    for code in ("east", "west"):
        await desk.tenant.unit(code)
    west = await desk.tenant.client(org_unit_id=desk.tenant.units["west"])
    theirs = await desk.customer("E", "customer", org_unit_id=str(desk.tenant.units["east"]))
    ours = await desk.customer("W", "customer", org_unit_id=str(desk.tenant.units["west"]))
    offer = await put_up(desk, quantity=1)
    clock.set(OPENS)
    await buy(desk, offer, theirs)

    hidden = await west.post(f"{OFFERS}/{offer['id']}/purchases", json={"customer_id": theirs})
    late = await west.post(f"{OFFERS}/{offer['id']}/purchases", json={"customer_id": ours})

    assert (hidden.status_code, late.json()["type"]) == (404, "/problems/sold-out")
    assert (await west.get(PURCHASES)).json()["items"] == []


@pytest.mark.rule("S02-3")
async def test_nothing_of_a_declined_topic_is_sold_unasked(world, clock):
    desk = await open_desk(world, "cable_tv")
    person = await desk.customer("1", "leader")
    clock.set(OPENS)
    offer = await put_up(desk, topic="broadband", opens_at=clock().isoformat(), per_customer=3)
    other = await put_up(desk, topic="programmes", opens_at=clock().isoformat())
    await put_up(desk, status=422, topic="weather")
    first = await buy(desk, offer, person)
    await desk.consent(person, "topic:broadband", "refused")

    refused = await buy(desk, offer, person, status=409)
    asked = await buy(desk, offer, person, asked=True)
    elsewhere = await buy(desk, other, person)

    assert refused["type"] == "/problems/topic-declined"
    assert {one["customer_id"] for one in (first, asked, elsewhere)} == {person}
    assert await left(desk, offer) == 8
