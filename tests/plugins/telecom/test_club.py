"""The VIP club of a carrier with the pack's defaults, over HTTP: cards, services, entitlements, account managers."""

import pytest
from desk import open_desk

CLUB = "vip_club"


@pytest.fixture
async def desk(world):
    return await open_desk(world, "telecom")


async def subscriber(desk, number="T-1", *, bill="100.00", tenure=48):
    customer = await desk.customer(number, "subscriber")
    if bill:
        await desk.fact(customer, "bill", "2026-02-15", amount=bill)
    if tenure is not None:
        await desk.fact(customer, "tenure", "2026-02-15", value=tenure)
    return customer


@pytest.mark.rule("S03-1")
@pytest.mark.parametrize(
    ("bill", "tenure", "card"),
    [
        ("100.00", 48, "diamond"),
        ("99.99", 48, "gold"),
        ("100.00", 47, "gold"),
        ("80.00", 24, "gold"),
        ("79.99", 24, "silver"),
        ("80.00", 23, "silver"),
        ("50.00", 12, "silver"),
        ("49.99", 12, None),
        ("50.00", 11, None),
        ("0.00", 72, None),
        ("-100.00", 72, None),
        ("", 72, None),
        ("500.00", 0, None),
        ("500.00", None, None),
    ],
)
async def test_a_card_needs_bill_and_tenure_and_exactly_at_the_bound_is_in(desk, bill, tenure, card):
    customer = await subscriber(desk, bill=bill, tenure=tenure)

    await desk.assess(CLUB, "2026-03-01")

    assert await desk.tier(customer, CLUB) == card


async def test_a_young_subscriber_is_measured_over_the_months_that_have_a_bill(desk):
    customer = await subscriber(desk, bill="", tenure=12)
    for day, amount in (("2025-12-05", "40.00"), ("2026-01-05", "50.00"), ("2026-02-05", "60.00")):
        await desk.fact(customer, "bill", day, amount=amount)

    await desk.assess(CLUB, "2026-03-01")

    figures = (await desk.membership(customer))["explanations"][0]["measures"]
    assert (figures["bill_avg_1y"], await desk.tier(customer, CLUB)) == (5_000, "silver")


async def test_a_month_with_nothing_but_a_credit_note_is_no_month_with_a_bill(desk):
    customer = await subscriber(desk, bill="", tenure=12)
    for day, amount in (("2025-12-05", "60.00"), ("2026-01-05", "60.00"), ("2026-02-05", "-20.00")):
        await desk.fact(customer, "bill", day, amount=amount)

    await desk.assess(CLUB, "2026-03-01")

    figures = (await desk.membership(customer))["explanations"][0]["measures"]
    assert (figures["bill_avg_1y"], await desk.tier(customer, CLUB)) == (5_000, "silver")


@pytest.mark.rule("S03-2", "S03-3")
@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_every_item_belongs_to_a_family_and_is_described_in_both_languages(desk, language):
    answer = await desk.client.get("/api/v1/service-items", headers={"Accept-Language": language})

    items = answer.json()["items"]
    own = {item.name for item in desk.tenant.world.packs.value("telecom").service_items}
    families = {item["family"] for item in items if item["name"] in own}
    assert families == {"top_service", "personal_assistant", "lifestyle", "quality_of_life"}
    assert "" not in {item["family"] for item in items}
    undescribed = [
        (item["name"], part)
        for item in items
        for part in ("title", "content", "standard", "channel", "process")
        if not item[part] or item[part].startswith("service_item.")
    ]
    assert undescribed == []


@pytest.mark.rule("S03-4")
@pytest.mark.parametrize(
    ("bill", "tenure", "entitled"), [("100", 48, True), ("80", 24, True), ("50", 12, True), ("49.99", 12, False)]
)
async def test_each_card_is_served_first_at_the_counter_and_nobody_else(desk, bill, tenure, entitled):
    customer = await subscriber(desk, bill=bill, tenure=tenure)
    await desk.assess(CLUB, "2026-03-01")

    held = (await desk.client.get(f"/api/v1/customers/{customer}/entitlements")).json()["items"]
    card = await desk.client.post(f"/api/v1/customers/{customer}/e-cards", json={})
    shown = {"kind": "e_card", "value": card.json().get("text", "none")}
    proof = (await desk.client.post("/api/v1/proofs", json=shown)).json()["id"]
    asked = {"customer_id": customer, "item": "priority_counter", "reference": "counter-1", "proof": proof}
    used = await desk.client.post("/api/v1/redemptions", json=asked)

    assert ("priority_counter" in [one["item"] for one in held]) is entitled
    assert (used.status_code == 201) is entitled


@pytest.mark.rule("S03-2")
async def test_the_lounge_is_open_so_many_times_a_membership_year(desk):
    customer = await subscriber(desk, bill="80", tenure=24)
    await desk.assess(CLUB, "2026-03-01")

    answers = [
        await desk.client.post(
            "/api/v1/redemptions", json={"customer_id": customer, "item": "airport_lounge", "reference": f"visit-{n}"}
        )
        for n in range(7)
    ]

    assert [answer.status_code for answer in answers] == [201] * 6 + [409]


async def test_a_card_is_kept_for_the_grace_period_and_lost_after_it(desk, clock):
    customer = await subscriber(desk)
    await desk.assess(CLUB, "2026-03-01")
    await desk.fact(customer, "bill", "2026-03-02", amount="-200.00")

    later = clock().replace(month=8)
    first = await _assess_on(desk, clock, clock().replace(month=4))
    in_grace = await desk.tier(customer, CLUB)
    second = await _assess_on(desk, clock, later)

    assert ([m["move"] for m in first["moves"]], in_grace) == (["grace"], "diamond")
    assert [m["move"] for m in second["moves"]] == ["end"]
    assert await desk.tier(customer, CLUB) is None


async def _assess_on(desk, clock, moment):
    clock.set(moment)
    return await desk.assess(CLUB, moment.date())
