"""Hours of a desk: windows over midnight, days of their own, make-up days, and what is published."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from msgspec.structs import replace

from guibin.policy.calendars import (
    CLOSED_DAYS_MAX,
    Calendar,
    CalendarClosed,
    DayHours,
    WeekdayHours,
    Window,
    always,
    china_calendar,
    open_spans,
    working_days,
)
from guibin.policy.clocks import Clock, Pause, due_at
from guibin.policy.deadlines import BusinessDays

# A Monday.
MONDAY = date(2026, 3, 2)
DAY, NIGHT, WHOLE = Window(time(9), "18:00:00"), Window(time(22), "06:00:00"), Window(time(8), "24:00:00")
SHORT = Window(time(10), "12:00:00")
DESK = Calendar(name="desk", time_zone="UTC", windows=(DAY,))


def at(day, hour):
    return datetime(2026, 3, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "till_midnight", "overnight", "empty", "hours"),
    [
        (DAY, False, False, False, 9),
        (NIGHT, False, True, False, 8),
        (WHOLE, True, False, False, 16),
        (Window(time(8), "00:00:00"), True, False, False, 16),
        (Window(time(0), "00:00:00"), False, False, True, 0),
        (Window(time(0), "24:00:00"), True, False, False, 24),
        (Window(time(9), "09:00:00"), False, False, True, 0),
    ],
)
def test_a_window_closes_on_its_day_at_its_end_or_on_the_next(window, till_midnight, overnight, empty, hours):
    opens, closes = window.span(MONDAY, DESK.zone)

    assert (window.till_midnight, window.overnight, window.empty()) == (till_midnight, overnight, empty)
    assert closes - opens == timedelta(hours=hours)
    assert opens.date() == MONDAY


def test_a_window_reads_as_its_hours():
    assert [str(window) for window in (DAY, WHOLE)] == ["09:00–18:00", "08:00–24:00"]


def test_a_days_own_hours_hold_before_its_weekdays_and_those_before_the_ordinary():
    weekend = WeekdayHours(weekdays=frozenset({6, 7}), windows=(SHORT,))
    desk = replace(DESK, weekday_hours=(weekend,), day_hours=(DayHours(on=MONDAY, windows=(NIGHT,)),))
    days = [MONDAY + timedelta(days=n) for n in (0, 1, 5, 6)]

    assert [desk.windows_on(day) for day in days] == [(NIGHT,), (DAY,), (SHORT,), (SHORT,)]
    assert [DESK.windows_on(day) for day in days] == [(DAY,), (DAY,), (), ()]
    assert [DESK.works_on(day) for day in days] == [True, True, False, False]
    assert always("UTC").works_on(days[-1])
    assert always("UTC").windows_on(days[0]) == ()


def test_a_closed_day_is_closed_and_a_make_up_day_has_ordinary_hours():
    sunday = MONDAY + timedelta(days=6)
    weekend = WeekdayHours(weekdays=frozenset({3, 7}), windows=(SHORT,))
    made_up = replace(DESK, closed_on=frozenset({MONDAY}), open_on=frozenset({sunday}))

    assert made_up.windows_on(MONDAY) == ()
    assert made_up.windows_on(sunday) == (DAY,)
    # Where no day is ordinary: its weekday's own hours, else those of the first weekday that works.
    assert replace(made_up, windows=(), weekday_hours=(weekend,)).windows_on(sunday) == (SHORT,)
    early = WeekdayHours(weekdays=frozenset({1}), windows=(NIGHT,))
    assert replace(made_up, windows=(), weekday_hours=(replace(weekend, weekdays=frozenset({3})), early)).windows_on(
        sunday
    ) == (NIGHT,)
    assert replace(made_up, windows=()).windows_on(sunday) == ()


def test_a_desk_is_open_from_the_first_moment_to_just_before_the_last_also_of_the_night_before():
    nights = replace(DESK, windows=(NIGHT,), weekdays=frozenset({1}))

    assert [DESK.open_at(at(2, hour)) for hour in (8, 9, 17, 18)] == [False, True, True, False]
    assert [nights.open_at(moment) for moment in (at(2, 5), at(2, 22), at(3, 5), at(3, 6), at(3, 22))] == [
        False,
        True,
        True,
        False,
        False,
    ]
    assert always("UTC").open_at(at(1, 3))


def first(spans, count):
    return [next(spans) for _ in range(count)]


def test_spans_begin_where_one_asks_and_what_two_windows_share_counts_once():
    both = replace(DESK, windows=(NIGHT, Window(time(23), "23:30:00")))
    long = replace(DESK, windows=(Window(time(20), "10:00:00"), Window(time(21), "23:00:00")))

    assert first(open_spans(DESK, at(2, 12)), 2) == [(at(2, 12), at(2, 18)), (at(3, 9), at(3, 18))]
    assert first(open_spans(DESK, at(2, 18)), 1) == [(at(3, 9), at(3, 18))]
    assert first(open_spans(both, at(3, 5)), 2) == [(at(3, 5), at(3, 6)), (at(3, 22), at(4, 6))]
    assert first(open_spans(long, at(3, 5)), 2) == [(at(3, 5), at(3, 10)), (at(3, 20), at(4, 10))]
    assert first(open_spans(always("UTC"), at(1, 3)), 1) == [(at(1, 3), datetime.max.replace(tzinfo=UTC))]


def test_working_days_are_those_that_open():
    assert first(working_days(DESK, MONDAY - timedelta(days=2)), 2) == [MONDAY, MONDAY + timedelta(days=1)]


def test_a_calendar_that_opens_on_one_far_day_opens_and_one_that_never_does_says_so():
    far = replace(DESK, weekdays=frozenset(), open_on=frozenset({MONDAY + timedelta(days=CLOSED_DAYS_MAX)}))
    farther = replace(far, open_on=frozenset({MONDAY + timedelta(days=CLOSED_DAYS_MAX + 2)}))

    assert next(working_days(far, MONDAY)) == MONDAY + timedelta(days=CLOSED_DAYS_MAX)
    assert next(open_spans(replace(far, open_on=frozenset({MONDAY + timedelta(days=300)})), at(2, 0)))[0].hour == 9
    for asked in (lambda: next(working_days(farther, MONDAY)), lambda: next(open_spans(farther, at(2, 0)))):
        with pytest.raises(CalendarClosed, match="'desk' opens on no day after 2026-03-02"):
            asked()


def test_a_year_without_make_up_days_is_not_published_yet():
    assert china_calendar([2026]).confirmed_until == date(2026, 12, 31)
    assert china_calendar([2099, 2098]).confirmed_until == date(2097, 12, 31)
    assert china_calendar([2026, 2099]).confirmed_until == date(2026, 12, 31)
    assert china_calendar([2026], works_make_up_days=False).open_on == frozenset()
    assert {day.year for day in china_calendar([2026]).open_on} == {2026}


def test_a_day_is_provisional_after_the_last_that_is_published():
    published = replace(DESK, confirmed_until=MONDAY)

    assert [published.provisional_on(MONDAY + timedelta(days=n)) for n in (0, 1)] == [False, True]
    assert not DESK.provisional_on(date.max)
    assert not replace(published, always=True).provisional_on(date.max)


@pytest.mark.parametrize(
    ("count", "began", "pauses", "due"),
    [
        (0, at(2, 10), (), at(2, 18)),
        (1, at(2, 10), (), at(3, 18)),
        # On a closed day 0 is the next working day, and 1 as well.
        (0, at(1, 10), (), at(2, 18)),
        (1, at(1, 10), (), at(2, 18)),
        (2, at(1, 10), (), at(3, 18)),
        # A pause gives back the working days that began in it: none of its first day, none of a weekend.
        (1, at(2, 10), (Pause(at(2, 12), at(2, 16)),), at(3, 18)),
        (1, at(2, 10), (Pause(at(2, 12), at(3, 9)),), at(4, 18)),
        (1, at(2, 10), (Pause(at(2, 12), at(4, 9)),), at(5, 18)),
        (1, at(6, 10), (Pause(at(6, 12), at(8, 9)),), at(9, 18)),
    ],
)
def test_business_days_count_the_days_that_work_and_give_back_those_of_a_pause(count, began, pauses, due):
    assert due_at(Clock(limit=BusinessDays(count), started_at=began, pauses=pauses), DESK) == due


def test_business_days_round_the_clock_are_days():
    clock = Clock(limit=BusinessDays(1), started_at=at(6, 10), pauses=(Pause(at(6, 12), at(7, 9)),))

    assert due_at(clock, always("UTC")) == datetime(2026, 3, 8, 23, 59, 59, 999999, tzinfo=UTC)
    assert due_at(Clock(limit=BusinessDays(0), started_at=at(2, 1)), replace(DESK, windows=(WHOLE,))) == datetime(
        2026, 3, 2, 23, 59, 59, 999999, tzinfo=UTC
    )
