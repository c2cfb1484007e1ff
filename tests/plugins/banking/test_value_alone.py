"""The value of a personal VIP is one of the ways into a tier, by itself (S02-1, S02-8)."""

from datetime import date, timedelta

import pytest
from desk import open_desk

VIP = "personal_vip"

# How often somebody traded in a year, deposits, and the tier: the other dimensions are all at their best.
VALUES = {
    "diamond by value alone": (72, "900000.00", "diamond"),
    "a point under diamond": (66, "900000.00", "platinum"),
    "platinum by value alone": (72, "150000.00", "platinum"),
    "a point under platinum": (66, "150000.00", "gold"),
}


@pytest.fixture
async def desk(world):
    return await open_desk(world, "banking")


@pytest.mark.rule("S02-1", "S02-8")
@pytest.mark.parametrize(("times", "deposit", "tier"), VALUES.values(), ids=[*VALUES])
async def test_the_dimensions_together_are_a_way_of_their_own_into_a_tier(desk, times, deposit, tier):
    """One of the criteria of the tiers of personal_vip: `value_score` from `value_platinum` and `value_diamond` on, where neither
    deposits nor transactions are enough."""
    customer = await desk.customer("P1", "personal")
    await desk.consent(customer, VIP)
    for metric, value in (("credit_score", 100), ("product", 5), ("tenure", 120)):
        await desk.fact(customer, metric, "2026-02-10", value=value)
    for metric, amount in (("deposit", deposit), ("profit", "20000.00")):
        await desk.fact(customer, metric, "2026-02-10", amount=amount)
    traded = {"customer_id": customer, "metric": "transaction", "amount": {"amount": "1.00"}}
    days = [date(2025, 4, 1) + timedelta(days=4 * number) for number in range(times)]
    facts = [{**traded, "occurred_on": str(day)} for day in days]
    assert (await desk.client.post("/api/v1/facts", json={"facts": facts})).status_code == 201

    await desk.assess(VIP, "2026-03-01")

    assert await desk.tier(customer, VIP) == tier
