"""S06-2, S02-7, S11-5: what was returned, cancelled or reversed is no purchase, transaction or stay."""

import pytest
from desk import open_desk


async def measures(desk, customer, scheme):
    await desk.assess(scheme, "2026-03-01")
    found = (await desk.membership(customer))["explanations"]
    return next(one["measures"] for one in found if one["scheme"] == scheme)


async def record(desk, customer, metric, *amounts):
    for place, amount in enumerate(amounts):
        await desk.fact(customer, metric, f"2026-01-{place + 1:02}", amount=amount)


@pytest.mark.rule("S06-2")
async def test_a_member_who_brought_everything_back_was_never_active(world):
    desk = await open_desk(world, "retail")
    customer = await desk.customer("M-1", "member")
    await record(desk, customer, "spending", *["300.00", "-300.00"] * 12)

    found = await measures(desk, customer, "members")

    assert (found["purchases_1y"], found["spending_avg_yearly"], found["value_score"]) == (0, 0, 0)


@pytest.mark.rule("S06-2")
@pytest.mark.parametrize(
    ("amounts", "left"),
    [
        (("100.00", "200.00", "-100.00"), 1),
        (("100.00", "200.00", "-50.00"), 2),
        (("300.00", "-100.00", "-200.00"), 0),
        (("100.00", "-100.00", "100.00"), 1),
        (("-100.00", "100.00"), 1),
        (("100.00", "0.00"), 2),
        (("100.00", "100.00", "-200.00"), 0),
    ],
)
async def test_a_refund_undoes_what_it_pays_back(world, amounts, left):
    desk = await open_desk(world, "retail")
    customer = await desk.customer("M-1", "member")
    await record(desk, customer, "spending", *amounts)

    assert (await measures(desk, customer, "members"))["purchases_1y"] == left


@pytest.mark.rule("S02-7")
async def test_a_reversed_transaction_is_none(world):
    desk = await open_desk(world, "banking")
    customer = await desk.customer("P-1", "personal")
    await record(desk, customer, "transaction", "5000.00", "800.00", "-800.00")

    found = await measures(desk, customer, "personal_vip")

    assert (found["transactions_1y"], found["transacted_1y"]) == (1, 500_000)


@pytest.mark.rule("S11-5")
async def test_the_stay_that_was_refunded_is_the_one_that_does_not_count(world):
    desk = await open_desk(world, "hotel")
    customer = await desk.customer("C-1", "company")
    await record(desk, customer, "stay", "2000.00", "500.00", "-2000.00")

    assert (await measures(desk, customer, "stays"))["highest_rate"] == 50_000


@pytest.mark.rule("S06-6")
@pytest.mark.parametrize(
    ("label", "amounts", "left"),
    [("女装", ("-100.00",), 1), ("", ("-100.00",), 1), ("鞋", ("-100.00",), 2), ("女装", ("-40.00", "-60.00"), 1)],
)
async def test_a_refund_that_says_of_what_undoes_that_and_nothing_else(world, label, amounts, left):
    desk = await open_desk(world, "retail")
    customer = await desk.customer("M-1", "member")
    await desk.fact(customer, "spending", "2026-01-10", amount="100.00", label="女装")
    await desk.fact(customer, "spending", "2026-01-11", amount="100.00", label="珠宝")
    for place, amount in enumerate(amounts):
        await desk.fact(customer, "spending", f"2026-01-2{place}", amount=amount, label=label)

    assert (await measures(desk, customer, "members"))["purchases_1y"] == left
