"""Weeks, months, quarters and years tile time without gap or overlap, in whatever zone the company lives."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guibin.periods.spans import SPANS, YEAR_MAX, YEAR_MIN, before, window_of
from guibin_tenants.refusals import Invalid

SPAN = st.sampled_from(SPANS)
# Half-hour offsets, a summer time that begins at midnight, a day that never was (Apia), and a 14-hour lead.
ZONE = st.sampled_from(
    ["Asia/Shanghai", "Asia/Urumqi", "Asia/Kolkata", "America/Sao_Paulo", "Pacific/Apia", "Pacific/Kiritimati", "UTC"]
)
DAY = st.dates(date(YEAR_MIN + 1, 1, 8), date(YEAR_MAX, 12, 20))


@given(SPAN, DAY, ZONE)
def test_a_day_lies_in_its_span(span, day, zone):
    window = window_of(span, day, zone)

    assert window.first_on <= day < window.after_on
    assert window.starts_at < window.ends_at


@given(SPAN, DAY, ZONE)
def test_every_day_of_a_span_has_the_same_span(span, day, zone):
    window = window_of(span, day, zone)

    for other in (window.first_on, window.after_on - timedelta(days=1)):
        assert window_of(span, other, zone) == window


@given(SPAN, DAY, ZONE)
def test_the_span_before_ends_where_this_one_begins(span, day, zone):
    window = window_of(span, day, zone)
    earlier = before(window, zone)

    assert (earlier.after_on, earlier.ends_at) == (window.first_on, window.starts_at)
    assert earlier.name != window.name


@given(SPAN, st.dates(date(1990, 1, 1), date(2100, 1, 1)), ZONE, st.integers(0, 86_399))
def test_a_moment_lies_in_the_span_of_its_local_day(span, day, zone, second):
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=second)
    window = window_of(span, moment.astimezone(ZoneInfo(zone)).date(), zone)

    assert window.starts_at <= moment < window.ends_at


@given(st.integers(1990, 2100), ZONE)
def test_a_year_holds_twelve_months_and_four_quarters(year, zone):
    for span, count in (("month", 12), ("quarter", 4), ("year", 1)):
        days = [date(year, 1, 1) + timedelta(days=n) for n in range(0, 365, 7)]

        assert len({window_of(span, day, zone).name for day in days}) == count


@pytest.mark.parametrize(
    ("span", "day", "name", "first", "after"),
    [
        ("week", date(2026, 3, 2), "2026-W10", date(2026, 3, 2), date(2026, 3, 9)),
        ("week", date(2027, 1, 3), "2026-W53", date(2026, 12, 28), date(2027, 1, 4)),
        ("month", date(2024, 2, 29), "2024-02", date(2024, 2, 1), date(2024, 3, 1)),
        ("quarter", date(2026, 12, 31), "2026-Q4", date(2026, 10, 1), date(2027, 1, 1)),
        ("year", date(2026, 6, 30), "2026", date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_spans_are_called_as_companies_call_them(span, day, name, first, after):
    window = window_of(span, day, "Asia/Shanghai")

    assert (window.name, window.first_on, window.after_on) == (name, first, after)


def test_a_span_begins_at_the_companys_midnight():
    window = window_of("month", date(2026, 3, 15), "Asia/Shanghai")

    assert window.starts_at == datetime(2026, 2, 28, 16, tzinfo=UTC)


@pytest.mark.parametrize("day", [date.min, date(1899, 12, 31), date(9001, 1, 1), date.max])
def test_a_day_outside_the_calendar_is_refused(day):
    with pytest.raises(Invalid):
        window_of("year", day, "UTC")
