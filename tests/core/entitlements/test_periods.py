"""Periods and quotas without a database."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guibin.periods.allowances import Counted, allowance
from guibin.periods.quotas import Period, add_months, calendar_months, membership_months, rolling_days
from guibin.policy.service_items import Entitlement

DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@given(DAYS, DAYS)
def test_membership_years_hold_their_day_and_follow_each_other_without_gap(since, day):
    period = membership_months(max(since, day), since, 12)
    following = membership_months(period.ends_on, since, 12)

    assert max(since, day) in period
    assert following.starts_on == period.ends_on


@given(DAYS, st.sampled_from([1, 3, 6, 12]))
def test_calendar_periods_hold_their_day_and_begin_on_a_first(day, months):
    period = calendar_months(day, months)

    assert day in period
    assert (period.starts_on.day, period.ends_on) == (1, add_months(period.starts_on, months))


@given(DAYS, st.integers(1, 400))
def test_a_rolling_window_has_its_length_and_ends_with_its_day(day, days):
    period = rolling_days(day, days)

    assert (period.ends_on - period.starts_on).days == days
    assert day in period
    assert day + timedelta(days=1) not in period


def test_an_anniversary_on_the_31st_clamps_to_the_months_end_and_does_not_drift():
    since = date(2025, 1, 31)

    starts = [membership_months(add_months(since, n), since, 1).starts_on for n in range(5)]

    assert starts == [date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 31), date(2025, 4, 30), date(2025, 5, 31)]


def test_a_membership_begun_on_a_leap_day_comes_back_to_it():
    since = date(2024, 2, 29)

    assert membership_months(date(2025, 3, 1), since, 12) == Period(date(2025, 2, 28), date(2026, 2, 28))
    assert membership_months(date(2028, 2, 28), since, 12) == Period(date(2027, 2, 28), date(2028, 2, 29))


def gives(**more):
    entitlement = Entitlement(
        **{"scheme": "vip", "tier": "gold", "item": "lounge", "quota": 4, "period": "year", **more}
    )
    return lambda _: entitlement


SINCE = date(2024, 5, 31)


def test_left_is_granted_minus_consumed_minus_reserved():
    counted = [
        Counted(date(2026, 1, 1), 1),
        Counted(date(2026, 2, 1), 2, "reserved"),
        Counted(date(2025, 12, 31), 4),
    ]

    given = allowance(gives(), counted, day=date(2026, 3, 1), since_on=SINCE)

    assert given is not None
    assert (given.granted, given.consumed, given.reserved, given.left) == (4, 1, 2, 1)


@pytest.mark.parametrize(("used_before", "carried"), [(0, 2), (3, 1), (4, 0), (9, 0)])
def test_what_is_left_moves_into_the_next_period_up_to_the_limit(used_before, carried):
    counted = [Counted(date(2025, 6, 1), used_before)] if used_before else []

    given = allowance(gives(carry_over=2), counted, day=date(2026, 3, 1), since_on=date(2025, 1, 1))

    assert given is not None
    assert given.carried == carried


def test_what_was_carried_in_is_used_first_and_lapses_after_one_period():
    counted = [Counted(date(2025, 6, 1), 2)]

    given = allowance(gives(carry_over=2), counted, day=date(2026, 3, 1), since_on=date(2024, 1, 1))

    # 2025 had 4 and 2 carried in from 2024; the 2 used were those.
    assert given is not None
    assert given.carried == 2


def test_a_downgrade_in_mid_period_leaves_nothing_below_zero():
    tiers = {
        True: Entitlement("vip", "gold", "lounge", quota=4),
        False: Entitlement("vip", "silver", "lounge", quota=1),
    }

    given = allowance(
        lambda day: tiers[day < date(2026, 2, 1)], [Counted(date(2026, 1, 5), 3)], day=date(2026, 3, 1), since_on=SINCE
    )

    assert given is not None
    assert (given.granted, given.consumed, given.left) == (1, 3, 0)


def test_a_use_posted_late_fills_the_rolling_windows_after_it_too():
    counted = [Counted(date(2026, 3, 8), 2)]

    given = allowance(gives(quota=2, period="rolling_days", days=7), counted, day=date(2026, 3, 5), since_on=SINCE)

    assert given is not None
    assert given.left == 0


def test_a_quota_per_stay_counts_that_stay_only():
    counted = [Counted(date(2026, 3, 1), 1, occasion="A"), Counted(date(2026, 3, 1), 2, occasion="B")]

    given = allowance(gives(quota=2, period="stay"), counted, day=date(2026, 3, 1), since_on=SINCE, occasion="A")

    assert given is not None
    assert given.left == 1


@given(
    st.lists(st.tuples(st.dates(date(2024, 1, 1), date(2026, 12, 31)), st.integers(1, 5), st.booleans()), max_size=20),
    st.sampled_from(["month", "quarter", "year", "membership_year", "once"]),
    st.integers(0, 6),
    st.integers(0, 3),
)
def test_what_is_left_is_never_negative_and_never_more_than_granted(uses, period, quota, carry_over):
    counted = [Counted(day, quantity, "reserved" if reserved else "used") for day, quantity, reserved in uses]

    given = allowance(
        gives(quota=quota, period=period, carry_over=carry_over),
        counted,
        day=date(2026, 6, 30),
        since_on=date(2024, 2, 29),
    )

    assert given is not None
    assert 0 <= (given.left or 0) <= quota + carry_over
    assert 0 <= given.carried <= min(carry_over, quota)
