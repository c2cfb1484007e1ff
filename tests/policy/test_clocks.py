"""Deadlines against computed vectors, and against a clock that counts minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guibin.policy.calendars import Calendar, CalendarClosed, Window, always, china_calendar
from guibin.policy.clocks import Clock, Pause, due_at, is_provisional, spent, warn_at
from guibin.policy.deadlines import AT_ONCE, AtOnce, BusinessDays, BusinessHours, Days, Hours

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
OFFICIAL = china_calendar([2026])
BANK = china_calendar([2026], works_make_up_days=False)
ROUND_THE_CLOCK = always("Asia/Shanghai")
BEFORE_NEW_YEAR = "2026-02-13 16:00"
MINUTE = timedelta(minutes=1)


def at(text, zone=SHANGHAI):
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def local(moment, zone=SHANGHAI):
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def due(limit, started, calendar, *pauses, zone=SHANGHAI):
    spans = tuple(Pause(at(since, zone), at(until, zone) if until else None) for since, until in pauses)
    return local(due_at(Clock(limit=limit, started_at=at(started, zone), pauses=spans), calendar), zone)


@pytest.mark.parametrize(
    ("hours", "official", "bank", "round_the_clock"),
    [
        (5, "2026-02-14 12:00", "2026-02-24 12:00", "2026-02-13 21:00"),
        (8, "2026-02-14 16:30", "2026-02-24 16:30", "2026-02-14 00:00"),
        (12, "2026-02-24 11:30", "2026-02-25 11:30", "2026-02-14 04:00"),
    ],
)
@pytest.mark.rule("S07-23")
def test_the_spring_festival_and_its_make_up_saturday(hours, official, bank, round_the_clock):
    assert due(BusinessHours(hours), BEFORE_NEW_YEAR, OFFICIAL) == official
    assert due(BusinessHours(hours), BEFORE_NEW_YEAR, BANK) == bank
    assert due(Hours(hours), BEFORE_NEW_YEAR, OFFICIAL) == round_the_clock


def test_a_make_up_saturday_in_may():
    assert due(BusinessHours(5), "2026-05-08 17:00", OFFICIAL) == "2026-05-09 14:30"
    assert due(BusinessHours(5), "2026-05-08 17:00", BANK) == "2026-05-11 14:30"


def test_a_pause_credits_working_time():
    assert due(BusinessHours(5), "2026-03-02 10:00", OFFICIAL) == "2026-03-02 16:30"
    assert (
        due(BusinessHours(5), "2026-03-02 10:00", OFFICIAL, ("2026-03-02 11:00", "2026-03-02 15:00"))
        == "2026-03-03 10:00"
    )


def test_a_level_changed_later_counts_from_the_start():
    assert due(BusinessHours(8), "2026-03-02 09:00", OFFICIAL) == "2026-03-03 09:30"


@pytest.mark.rule("S07-20")
@pytest.mark.parametrize(
    ("limit", "day"), [(Days(0), "2026-03-02 23:59"), (Days(3), "2026-03-05 23:59"), (Days(5), "2026-03-07 23:59")]
)
def test_a_day_is_not_24_hours(limit, day):
    assert due(limit, "2026-03-02 08:00", ROUND_THE_CLOCK) == day
    assert due(limit, "2026-03-02 23:30", ROUND_THE_CLOCK) == day


@pytest.mark.rule("S07-20")
def test_the_same_day_is_the_companys_not_the_servers():
    # 00:30 in Shanghai is still the day before in UTC.
    assert due(Days(0), "2026-03-03 00:30", ROUND_THE_CLOCK) == "2026-03-03 23:59"


@pytest.mark.rule("S07-20")
def test_at_once_is_due_within_a_tolerance():
    assert due(AT_ONCE, "2026-03-02 10:00", OFFICIAL) == "2026-03-02 10:30"
    assert due(AtOnce(minutes=5), "2026-03-02 23:58", OFFICIAL) == "2026-03-03 00:03"


def test_business_days_end_with_the_desk():
    assert due(BusinessDays(1), "2026-02-13 16:00", OFFICIAL) == "2026-02-14 18:00"
    assert due(BusinessDays(1), "2026-02-13 16:00", BANK) == "2026-02-24 18:00"
    assert due(BusinessDays(0), "2026-03-01 16:00", OFFICIAL) == "2026-03-02 18:00"


@pytest.mark.parametrize(
    ("started", "ends"), [("2026-03-07 22:00", "2026-03-08 04:00"), ("2026-10-31 22:00", "2026-11-01 02:00")]
)
def test_hours_are_elapsed_hours_when_the_clocks_change(started, ends):
    assert due(Hours(5), started, always("America/New_York"), zone=NEW_YORK) == ends


def test_the_end_of_a_day_with_25_hours_is_its_end():
    assert due(Days(0), "2026-11-01 00:30", always("America/New_York"), zone=NEW_YORK) == "2026-11-01 23:59"


def test_a_window_is_half_open():
    assert due(BusinessHours(1), "2026-03-02 18:00", OFFICIAL) == "2026-03-03 10:00"
    assert due(BusinessHours(1), "2026-03-02 12:00", OFFICIAL) == "2026-03-02 14:30"


def test_overlapping_and_nested_pauses_count_once():
    twice = due(
        Hours(5),
        "2026-03-02 10:00",
        ROUND_THE_CLOCK,
        ("2026-03-02 11:00", "2026-03-02 13:00"),
        ("2026-03-02 12:00", "2026-03-02 14:00"),
        ("2026-03-02 12:10", "2026-03-02 12:20"),
    )

    assert twice == "2026-03-02 18:00"


def test_a_pause_before_the_start_or_after_the_end_counts_nothing():
    early = ("2026-03-02 08:00", "2026-03-02 09:00")
    late = ("2026-03-02 20:00", "2026-03-02 21:00")

    assert due(Hours(5), "2026-03-02 10:00", ROUND_THE_CLOCK, early, late) == "2026-03-02 15:00"


def test_a_deadline_in_a_year_without_published_holidays_is_provisional():
    calendar = china_calendar([2026, 2035])
    near = Clock(limit=BusinessHours(5), started_at=at("2026-03-02 10:00"))
    far = Clock(limit=BusinessHours(5), started_at=at("2035-03-02 10:00"))

    assert not is_provisional(near, calendar)
    assert is_provisional(far, calendar)
    assert due_at(far, calendar) > far.started_at


def test_the_make_up_days_of_2026_are_the_published_ones():
    assert sorted(OFFICIAL.open_on) == [
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
        date(2026, 10, 10),
    ]


def test_a_calendar_that_never_opens_says_so():
    closed = Calendar(
        name="closed", time_zone="Asia/Shanghai", windows=(Window(time(9), time(18)),), weekdays=frozenset()
    )

    with pytest.raises(CalendarClosed, match="closed"):
        due(BusinessHours(1), "2026-03-02 10:00", closed)


# A second opinion, too slow to ship: it walks through time minute by minute.
STARTS = st.integers(0, 60 * 24 * 60).map(lambda minutes: at("2026-02-01 00:00") + minutes * MINUTE)
SPANS = st.lists(st.tuples(st.integers(-600, 6_000), st.integers(1, 3_000)), max_size=4)
CALENDARS = st.sampled_from([OFFICIAL, BANK, ROUND_THE_CLOCK])


def _works(calendar, minute):
    if calendar.always:
        return True
    there = minute.astimezone(calendar.zone)
    return calendar.works_on(there.date()) and any(w.opens <= there.time() < w.closes for w in calendar.windows)


def _walked(calendar, start, minutes, pauses):
    now = start
    while minutes:
        if _works(calendar, now) and not any(p.since <= now < p.until for p in pauses):
            minutes -= 1
        now += MINUTE
    return now


@given(start=STARTS, hours=st.integers(1, 12), spans=SPANS, calendar=CALENDARS)
def test_it_is_what_counting_minutes_gives(start, hours, spans, calendar):
    pauses = tuple(Pause(start + begin * MINUTE, start + (begin + long) * MINUTE) for begin, long in spans)
    limit = Hours(hours) if calendar.always else BusinessHours(hours)

    reached = due_at(Clock(limit=limit, started_at=start, pauses=pauses), calendar)

    assert reached == _walked(calendar, start, hours * 60, pauses)


@given(start=STARTS, hours=st.integers(1, 24), spans=SPANS, calendar=CALENDARS, percent=st.integers(1, 99))
def test_it_warns_before_it_is_due_and_then_so_much_is_spent(start, hours, spans, calendar, percent):
    pauses = tuple(Pause(start + begin * MINUTE, start + (begin + long) * MINUTE) for begin, long in spans)
    limit = Hours(hours) if calendar.always else BusinessHours(hours)
    clock = Clock(limit=limit, started_at=start, pauses=pauses, warn_at_percent=percent)
    warned, reached = warn_at(clock, calendar), due_at(clock, calendar)

    assert start <= warned <= reached
    assert spent(clock, calendar, warned) == timedelta(hours=hours) * percent / 100
    assert spent(clock, calendar, reached) == timedelta(hours=hours)


@given(
    start=STARTS,
    limit=st.one_of(st.builds(Hours, st.integers(1, 50)), st.builds(Days, st.integers(0, 9)), st.just(AT_ONCE)),
    spans=SPANS,
)
def test_more_pause_never_brings_a_deadline_forward(start, limit, spans):
    pauses = tuple(Pause(start + begin * MINUTE, start + (begin + long) * MINUTE) for begin, long in spans)
    reached = [
        due_at(Clock(limit=limit, started_at=start, pauses=pauses[:count]), ROUND_THE_CLOCK)
        for count in range(len(pauses) + 1)
    ]

    assert reached == sorted(reached)


@given(start=STARTS, hours=st.integers(1, 20), longer=st.integers(1, 20), spans=SPANS, calendar=CALENDARS)
def test_a_longer_limit_is_never_due_sooner(start, hours, longer, spans, calendar):
    pauses = tuple(Pause(start + begin * MINUTE, start + (begin + long) * MINUTE) for begin, long in spans)
    short, long = (
        due_at(Clock(limit=BusinessHours(count), started_at=start, pauses=pauses), calendar)
        for count in (hours, hours + longer)
    )

    assert short < long
