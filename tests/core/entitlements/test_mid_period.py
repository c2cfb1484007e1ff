"""Quotas when something changes in mid-period: upgrade, downgrade, the end of membership, no-shows, adjustments."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import card_pack
import pytest
from cards import open_card_desk
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from guibin import Entitlement
from guibin.packs import Packs, installed
from guibin.periods.allowances import Counted, allowance
from support import knowing

CLUB = "personal"
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def entitlements():
    """A lounge with a quota that differs by tier, a spa that counts no-shows, a gift that carries over."""
    return (
        Entitlement(CLUB, "diamond", "lounge", quota=6),
        Entitlement(CLUB, "gold", "lounge", quota=2),
        Entitlement(CLUB, "gold", "spa", quota=2, no_show="used"),
        Entitlement(CLUB, "gold", "gift", quota=2, period="month", carry_over=1),
        Entitlement(CLUB, "gold", "parking", quota=2, period="rolling_days", days=7),
        Entitlement(CLUB, "gold", "desk"),
    )


@pytest.fixture(scope="session")
def packs():
    """The small pack with these entitlements."""
    items = tuple(
        replace(card_pack.PACK.service_items[0], name=name) for name in ("lounge", "spa", "gift", "parking", "desk")
    )
    return Packs({**installed(), "lounge": card_pack.plugin_of(service_items=items, entitlements=entitlements())})


@pytest.fixture
def application(shared_application, packs):
    """The application that other tests share, meanwhile with the pack."""
    app, clock = shared_application
    with knowing(app, packs):
        yield app, clock


@pytest.fixture
async def desk(world):
    return await open_card_desk(world)


async def redeem(desk, customer, item="lounge", *, status=201, **more):
    return await desk.post("redemptions", {"customer_id": customer, "item": item, **more}, status=status)


async def quota(desk, customer, item="lounge", **params):
    found = (await desk.get(f"customers/{customer}/entitlements", **params))["items"]
    return next((one for one in found if one["item"] == item), None)


async def adjust(desk, customer, quantity, item="lounge", *, status=201, **more):
    body = {"item": item, "quantity": quantity, "reason": "服务失误致歉", **more}
    return await desk.post(f"customers/{customer}/entitlements/adjustments", body, status=status)


async def end(desk, customer):
    await desk.post(f"customers/{customer}/membership/{CLUB}/ending", {"reason": "客户要求"}, status=200)


async def test_an_upgrade_gives_the_higher_quota_less_what_was_used(desk):
    customer = await desk.member(tier="gold")
    await redeem(desk, customer, quantity=2)
    await desk.join(customer, CLUB, "diamond")

    after = await quota(desk, customer)

    assert (after["granted"], after["consumed"], after["left"]) == (6, 2, 4)
    await redeem(desk, customer, quantity=4)
    await redeem(desk, customer, status=409)


async def test_a_downgrade_owes_nothing_and_gives_nothing_more(desk):
    customer = await desk.member(tier="diamond")
    await redeem(desk, customer, quantity=5)
    await desk.join(customer, CLUB, "gold")

    after = await quota(desk, customer)
    refused = await redeem(desk, customer, status=409)

    assert (after["granted"], after["consumed"], after["left"]) == (2, 5, 0)
    assert refused["type"].endswith("quota-used-up")


async def test_up_and_down_in_one_period_gains_nothing(desk):
    customer = await desk.member(tier="gold")
    await redeem(desk, customer, quantity=2)
    await desk.join(customer, CLUB, "diamond")
    await redeem(desk, customer, quantity=4)
    await desk.join(customer, CLUB, "gold")
    await desk.join(customer, CLUB, "diamond")

    assert (await quota(desk, customer))["left"] == 0


async def test_what_was_reserved_is_kept_through_a_downgrade_and_falls_with_the_membership(desk):
    customer = await desk.member(tier="diamond")
    until = (NOW + timedelta(days=2)).isoformat()
    kept, fallen = [await redeem(desk, customer, quantity=3, reserve_until=until) for _ in range(2)]
    await desk.join(customer, CLUB, "gold")
    used = await desk.post(f"redemptions/{kept['id']}/use", status=200)
    await end(desk, customer)

    refused = await desk.post(f"redemptions/{fallen['id']}/use", status=422)
    nothing = await quota(desk, customer)

    assert (used["state"], refused["type"], nothing) == ("used", "/problems/not-entitled", None)


async def test_withdrawn_consent_ends_every_right_at_once(desk):
    customer = await desk.member(tier="gold")
    until = (NOW + timedelta(days=2)).isoformat()
    reserved = await redeem(desk, customer, reserve_until=until)
    await desk.consent(customer, CLUB, "withdrawn")

    await redeem(desk, customer, status=422)
    await desk.post(f"redemptions/{reserved['id']}/use", status=422)
    assert (await desk.get(f"customers/{customer}/entitlements"))["items"] == []


async def test_whoever_comes_back_within_the_period_does_not_start_anew(desk):
    customer = await desk.member(tier="gold")
    await redeem(desk, customer, quantity=2)
    await end(desk, customer)
    await desk.join(customer, CLUB, "gold")

    assert (await quota(desk, customer))["left"] == 0


@pytest.mark.parametrize(("item", "left"), [("lounge", 2), ("spa", 1)])
async def test_a_no_show_is_free_again_or_used_as_the_policy_says(desk, clock, item, left):
    customer = await desk.member(tier="gold")
    await redeem(desk, customer, item, reserve_until=(NOW + timedelta(hours=1)).isoformat())
    clock.set(NOW + timedelta(hours=2))

    assert (await quota(desk, customer, item))["left"] == left


async def test_units_are_given_and_taken_beside_the_quota_on_record(desk):
    customer = await desk.member(tier="gold")
    given = await adjust(desk, customer, 3)
    await redeem(desk, customer, quantity=4)
    taken = await adjust(desk, customer, -1)
    refused = await adjust(desk, customer, -1, status=422)

    assert (given["granted"], given["adjusted"], given["left"]) == (2, 3, 5)
    assert (taken["adjusted"], taken["left"]) == (2, 0)
    assert [error["field"] for error in refused["errors"]] == ["quantity"]
    entries = (await desk.get("audit-entries", customer_id=customer, action="entitlement.adjust"))["items"]
    assert len(entries) == 2


@pytest.mark.parametrize(("item", "quantity", "field"), [("lounge", 0, "quantity"), ("desk", 1, "item")])
async def test_an_adjustment_that_says_nothing_is_refused(desk, item, quantity, field):
    customer = await desk.member(tier="gold")

    refused = await adjust(desk, customer, quantity, item, status=422)

    assert [error["field"] for error in refused["errors"]] == [field]


async def test_an_adjustment_counts_in_its_own_period(desk, clock):
    customer = await desk.member(tier="gold")
    clock.set(datetime(2027, 1, 5, 2, tzinfo=UTC))
    await adjust(desk, customer, 1, counts_on="2026-12-31")

    assert (await quota(desk, customer))["left"] == 2
    assert (await quota(desk, customer, on="2026-12-31"))["left"] == 3


async def test_an_outlets_clerk_adjusts_nothing_and_another_company_sees_nothing(desk, world):
    customer = await desk.member(tier="gold")
    clerk = await desk.tenant.staff("clerk", "agent", unit="outlet")
    stranger = await (await world.tenant(packs=("lounge",))).client()
    body = {"item": "lounge", "quantity": 1, "reason": "补偿"}

    answers = [
        await who.post(f"/api/v1/customers/{customer}/entitlements/adjustments", json=body)
        for who in (clerk, stranger, desk.other)
    ]

    assert [answer.status_code for answer in answers] == [403, 404, 404]


async def test_uses_and_adjustments_at_once_never_go_below_zero(desk):
    customer = await desk.member(tier="diamond")

    async def one(n):
        path, body = (
            f"customers/{customer}/entitlements/adjustments",
            {"item": "lounge", "quantity": -2, "reason": "更正"},
        )
        if n % 2:
            path, body = "redemptions", {"customer_id": customer, "item": "lounge", "quantity": 2}
        return await desk.head.post(f"/api/v1/{path}", json=body)

    answers = await asyncio.gather(*(one(n) for n in range(10)))

    # Three times two units there were, whoever got them.
    assert [answer.status_code for answer in answers].count(201) == 3
    assert {answer.status_code for answer in answers} == {201, 409, 422}
    assert (await quota(desk, customer))["left"] == 0


async def test_a_rolling_window_frees_what_fell_out_of_it(desk, clock):
    customer = await desk.member(tier="gold")
    await redeem(desk, customer, "parking", quantity=2)
    clock.set(NOW + timedelta(days=6))
    full = (await quota(desk, customer, "parking"))["left"]
    clock.set(NOW + timedelta(days=7))

    assert (full, (await quota(desk, customer, "parking"))["left"]) == (0, 2)


async def test_what_is_left_of_a_month_moves_into_the_next_up_to_the_limit(desk, clock):
    customer = await desk.member(tier="gold")
    clock.set(datetime(2026, 4, 1, 2, tzinfo=UTC))
    april = await quota(desk, customer, "gift")
    await redeem(desk, customer, "gift", quantity=3)
    clock.set(datetime(2026, 5, 1, 2, tzinfo=UTC))

    assert (april["carried"], april["left"]) == (1, 3)
    assert (await quota(desk, customer, "gift"))["left"] == 2


DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
events = st.lists(
    st.tuples(DAYS, st.integers(-3, 4).filter(bool), st.sampled_from(("used", "reserved", "adjusted"))), max_size=15
)


@given(events, DAYS, st.sampled_from(("month", "quarter", "year", "membership_year")), st.integers(0, 3))
def test_left_is_what_a_model_that_replays_the_ledger_says(history, day, period, carry_over):
    gives = Entitlement("s", "t", "i", quota=3, period=period, carry_over=carry_over)
    counted = [Counted(on, quantity if kind == "adjusted" else abs(quantity), kind) for on, quantity, kind in history]
    since = date(2026, 1, 1)

    found = allowance(lambda _: gives, counted, day=day, since_on=since)

    months = {"month": 1, "quarter": 3, "year": 12, "membership_year": 12}[period]
    carried = 0
    for index in range(12 // months):
        inside = [c for c in counted if (c.used_on.month - 1) // months == index]
        used = sum(c.quantity for c in inside if c.kind != "adjusted")
        adjusted = sum(c.quantity for c in inside if c.kind == "adjusted")
        if (day.month - 1) // months == index:
            break
        # What was carried in is used first; what is left of the own quota moves on.
        carried = min(carry_over, max(0, 3 + adjusted - max(0, used - carried)))
    assert found is not None
    assert (found.carried, found.left) == (carried, max(0, 3 + carried + adjusted - used))
