"""Criteria of the other regulations, judged by the database: bounds, any-one-of, averages, two schemes side by side."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from msgspec import structs

from guibin.policy.criteria import AnyOf, AtLeast, Between, LessThan, Metric
from guibin.policy.tiers import Tier, TierScheme
from guibin.tiers import assessment, queries
from guibin.tiers.facts import NewFact, record_facts, units_of
from guibin.tiers.moves import AnnounceMoves, next_changes

from .test_applications import MARCH, Desk, policy_with

# X, X1, X2 of S06-1, in fen.
RETAIL = {
    "metrics": (Metric("spending_yearly", fact="spending", months=12),),
    "tiers": (
        Tier("a", AtLeast("spending_yearly", 1_000), clause="S06-1"),
        Tier("b", Between("spending_yearly", 500, 1_000), clause="S06-1"),
        Tier("c", Between("spending_yearly", 100, 500), clause="S06-1"),
        Tier("d", LessThan("spending_yearly", 100), clause="S06-1"),
    ),
}
COOPERATIVE = {
    "metrics": (
        Metric("demand_deposit_avg_1y", fact="demand_deposit", aggregate="avg", months=12),
        Metric("fixed_deposit_now", fact="fixed_deposit", aggregate="last", months=0),
    ),
    "tiers": (
        Tier(
            "vip",
            AnyOf((AtLeast("demand_deposit_avg_1y", 5_000_000), AtLeast("fixed_deposit_now", 10_000_000))),
            clause="S12-1",
        ),
    ),
}


async def facts(desk, customer, metric, values, first=date(2025, 3, 15)):
    given = [
        NewFact(customer_id=customer, metric=metric, occurred_on=first + timedelta(days=30 * n), value=value)
        for n, value in enumerate(values)
    ]
    await record_facts(given, desk.act(MARCH), units=units_of(desk.policy), today=MARCH.date())


@pytest.mark.rule("S06-1")
@pytest.mark.parametrize(
    ("spent", "tier"),
    [(1_000, "a"), (999, "b"), (500, "b"), (499, "c"), (100, "c"), (99, "d"), (0, "d"), (-1, "d"), (None, None)],
)
async def test_bounds_are_inclusive_at_the_bottom_and_exclusive_at_the_top(tenant, spent, tier):
    desk = Desk(tenant, policy_with(**RETAIL))
    async with tenant.scope():
        customer = await desk.customer()
        if spent is not None:
            await facts(desk, customer, "spending", [spent])

        await desk.assess(MARCH)

        assert await desk.tier(customer, MARCH.date()) == tier


@pytest.mark.rule("S12-1")
@pytest.mark.rule("S02-8")
@pytest.mark.parametrize(
    ("demand", "fixed", "tier"),
    [
        ([5_000_000] * 12, [], "vip"),
        ([5_000_000] * 11 + [4_999_999], [], None),
        ([60_000_000], [], "vip"),
        ([59_999_999], [], None),
        ([-1] * 12, [10_000_000], "vip"),
        ([], [10_000_000], "vip"),
        ([], [9_999_999], None),
        ([], [20_000_000, 0], None),
        ([], [], None),
    ],
)
async def test_any_one_of_the_listed_criteria_is_enough(tenant, demand, fixed, tier):
    desk = Desk(tenant, policy_with(**COOPERATIVE))
    async with tenant.scope():
        customer = await desk.customer()
        await facts(desk, customer, "demand_deposit", demand)
        await facts(desk, customer, "fixed_deposit", fixed)

        await desk.assess(MARCH)

        assert await desk.tier(customer, MARCH.date()) == tier


@pytest.mark.rule("S04-4")
async def test_a_customer_holds_tiers_of_two_schemes_side_by_side(tenant):
    policy = policy_with(**RETAIL)
    second = TierScheme(
        "international",
        customer_kinds=("customer",),
        metrics=(Metric("remitted", fact="remittance"),),
        tiers=(Tier("gold", AtLeast("remitted", 1)),),
    )
    policy = msgspec.structs.replace(policy, schemes=(*policy.schemes, second))
    desk = Desk(tenant, policy)
    async with tenant.scope():
        customer = await desk.customer()
        await facts(desk, customer, "spending", [700])
        await facts(desk, customer, "remittance", [1])

        await desk.assess(MARCH)
        await assessment.assess("international", structs.replace(desk.act(MARCH), policy=policy), as_of=MARCH.date())

        held = await queries.current_tiers([customer], on=MARCH.date())
    assert held == {customer: {"vip": "b", "international": "gold"}}


async def test_an_assessment_tells_of_every_start_and_end_in_parts(tenant):
    desk = Desk(tenant, policy_with())
    told = []
    async with tenant.scope():
        customers = [await desk.customer(str(n)) for n in range(3)]
        for customer in customers:
            await desk.spends(customer, 200, date(2026, 2, 20))
        first = await desk.assess(MARCH)
        await desk.spends(customers[0], 100, date(2026, 3, 20))
        second = await desk.assess(datetime(2026, 4, 2, 2, 0, tzinfo=UTC))

        for run in (first, second):
            following = AnnounceMoves(run.id)
            while following is not None:
                changes = await next_changes(following, customers=2)
                told += [(type(event).__name__, event.tier) for event in changes.events]
                following = changes.following

    assert told[:3] == [("MembershipStarted", "gold")] * 3
    assert sorted(told[3:]) == [("MembershipEnded", "gold")] * 3 + [("MembershipStarted", "silver")]
