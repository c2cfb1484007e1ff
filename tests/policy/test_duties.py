"""Rosters: which hours want somebody, by the laws of cutting time into spans."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from known_parts import KNOWN, wrong
from msgspec.structs import replace

from guibin.policy.calendars import Calendar, Window
from guibin.policy.deadlines import AtOnce, Hours
from guibin.policy.duties import AHEAD_DAYS_MAX, Duty, joined, without
from guibin.policy.terms import Escalation

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
DESK = Calendar(name="desk", time_zone="UTC", windows=(Window(time(9), "12:00:00"), Window(time(14), "18:00:00")))
DUTY = Duty(name="hotline")
SPANS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=5)


def at(hour):
    return MONDAY + hour * HOUR


def spans(*hours):
    return [(at(begin), at(end)) for begin, end in hours]


def hours_in(found):
    return {hour for hour in range(13) for begin, end in found if begin <= at(hour) < end}


@given(SPANS)
def test_joined_is_the_same_time_in_order_and_apart(hours):
    found = joined(spans(*hours))

    assert hours_in(found) == hours_in(spans(*hours))
    assert all(begin < end for begin, end in found)
    assert all(one[1] < other[0] for one, other in pairwise(found))


@given(SPANS, SPANS)
def test_without_is_the_time_that_is_in_none_of_the_others(hours, taken):
    found = without(spans(*hours), spans(*((min(pair), max(pair)) for pair in taken)))

    assert hours_in(found) == hours_in(spans(*hours)) - hours_in(spans(*taken)) - hours_in(
        spans(*((min(pair), max(pair)) for pair in taken))
    )
    assert found == joined(found)


@pytest.mark.parametrize(
    ("covers", "wanted"),
    [
        ("always", spans((8, 20))),
        ("hours", spans((9, 12), (14, 18))),
        ("out_of_hours", spans((8, 9), (12, 14), (18, 20))),
    ],
)
def test_somebody_is_wanted_in_the_hours_it_covers(covers, wanted):
    duty = replace(DUTY, covers=covers)

    assert duty.wanted_in(at(8), at(20), DESK) == wanted
    assert [hour for hour in range(8, 20) if duty.covered_at(at(hour), DESK)] == sorted(
        hour for hour in range(8, 20) for begin, end in wanted if begin <= at(hour) < end
    )


def test_hours_are_cut_at_both_ends_and_the_next_day_is_none_of_them():
    open_hours = replace(DUTY, covers="hours")

    assert open_hours.wanted_in(at(10), at(15), DESK) == spans((10, 12), (14, 15))
    assert open_hours.wanted_in(at(10), at(14), DESK) == spans((10, 12))
    assert replace(DUTY, covers="out_of_hours").wanted_in(at(9), at(12), DESK) == []


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, []),
        ({"told_ahead_days": 1}, []),
        ({"told_ahead_days": AHEAD_DAYS_MAX}, []),
        ({"told_ahead_days": 0}, [("duty.told_ahead_days", "0")]),
        ({"told_ahead_days": AHEAD_DAYS_MAX + 1}, [("duty.told_ahead_days", "32")]),
        ({"take_within": AtOnce(1), "respond_within": Hours(1)}, []),
        ({"take_within": Hours(0)}, [("duty.take_within", "0")]),
        ({"respond_within": Hours(0)}, [("duty.respond_within", "0")]),
        ({"escalations": (Escalation("nobody"),)}, [("duty.escalations", "nobody, 0")]),
    ],
)
def test_a_roster_leaves_time_to_fill_a_gap_and_to_take_a_matter(changed, found):
    assert wrong(replace(DUTY, **changed).check(KNOWN, "duty")) == found
