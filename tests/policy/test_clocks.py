"""Deadlines against computed vectors, and against a clock that counts minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guibin.policy.calendars import Calendar, CalendarClosed, DayHours, WeekdayHours, Window, always, china_calendar
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
        name="closed", time_zone="Asia/Shanghai", windows=(Window(time(9), "18:00:00"),), weekdays=frozenset()
    )

    with pytest.raises(CalendarClosed, match="closed"):
        due(BusinessHours(1), "2026-03-02 10:00", closed)


# Monday to Friday 8:30–12:00 and 14:00–17:30, Saturday morning, and a half day before the festival.
COUNTY = Calendar(
    name="county",
    time_zone="Asia/Shanghai",
    windows=(Window(time(8, 30), "12:00:00"), Window(time(14), "17:30:00")),
    weekday_hours=(WeekdayHours(weekdays=frozenset({6}), windows=(Window(time(9), "12:00:00"),)),),
    day_hours=(DayHours(on=date(2026, 3, 10), windows=(Window(time(8, 30), "12:00:00"),)),),
)
NIGHTS = Calendar(name="nights", time_zone="Asia/Shanghai", windows=(Window(time(22), "06:00:00"),))
EVENINGS = Calendar(name="evenings", time_zone="Asia/Shanghai", windows=(Window(time(18), "24:00:00"),))


@pytest.mark.parametrize(
    ("calendar", "hours", "started", "reached"),
    [
        (COUNTY, 4, "2026-03-06 15:30", "2026-03-07 11:00"),
        (COUNTY, 6, "2026-03-06 15:30", "2026-03-09 09:30"),
        (COUNTY, 4, "2026-03-10 09:00", "2026-03-11 09:30"),
        (NIGHTS, 5, "2026-03-06 23:00", "2026-03-07 04:00"),
        (NIGHTS, 8, "2026-03-06 23:00", "2026-03-09 23:00"),
        (NIGHTS, 1, "2026-03-07 05:30", "2026-03-09 22:30"),
        (EVENINGS, 6, "2026-03-06 18:00", "2026-03-07 00:00"),
        (EVENINGS, 7, "2026-03-06 18:00", "2026-03-09 19:00"),
    ],
)
def test_hours_differ_by_weekday_and_day_and_cross_midnight(calendar, hours, started, reached):
    assert due(BusinessHours(hours), started, calendar) == reached


@pytest.mark.parametrize(
    ("calendar", "count", "started", "reached"),
    [
        (COUNTY, 1, "2026-03-06 16:00", "2026-03-07 12:00"),
        (COUNTY, 1, "2026-03-09 16:00", "2026-03-10 12:00"),
        (NIGHTS, 0, "2026-03-06 23:00", "2026-03-07 06:00"),
        (EVENINGS, 0, "2026-03-06 19:00", "2026-03-06 23:59"),
        (EVENINGS, 1, "2026-03-06 19:00", "2026-03-09 23:59"),
    ],
)
def test_a_working_day_ends_with_its_own_hours(calendar, count, started, reached):
    assert due(BusinessDays(count), started, calendar) == reached


def test_round_the_clock_can_be_said_by_windows():
    whole = Calendar(
        name="whole",
        time_zone="Asia/Shanghai",
        windows=(Window(time(0), "24:00:00"),),
        weekdays=frozenset(range(1, 8)),
    )

    assert due(BusinessHours(100), "2026-03-06 15:30", whole) == due(Hours(100), "2026-03-06 15:30", whole)


# A second opinion, too slow to ship: it walks through time minute by minute.
STARTS = st.integers(0, 60 * 24 * 60).map(lambda minutes: at("2026-02-01 00:00") + minutes * MINUTE)
SPANS = st.lists(st.tuples(st.integers(-600, 6_000), st.integers(1, 3_000)), max_size=4)
TIMES = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))


@st.composite
def windows(draw):
    """One to three windows of a day in order and apart; the last may end at 24:00 or on the next morning."""
    cuts = sorted(draw(st.lists(TIMES, min_size=2, max_size=6, unique=True)))
    found = [Window(opens, f"{closes}") for opens, closes in zip(cuts[::2], cuts[1::2], strict=False)]
    last = draw(st.sampled_from(["as it is", "midnight", "next morning"]))
    if last == "midnight":
        found[-1] = Window(found[-1].opens, "24:00:00")
    if last == "next morning" and found[-1].opens > time(0, 15):
        found[-1] = Window(found[-1].opens, "00:15:00")
    return tuple(found)


MIXED = st.builds(
    lambda ordinary, saturday, half, make_up: Calendar(
        name="mixed",
        time_zone="Asia/Shanghai",
        windows=ordinary,
        weekday_hours=(WeekdayHours(weekdays=frozenset({3, 6}), windows=saturday),),
        day_hours=(DayHours(on=date(2026, 2, 13), windows=half),),
        closed_on=OFFICIAL.closed_on,
        open_on=OFFICIAL.open_on if make_up else frozenset(),
    ),
    windows() | st.just(()),
    windows(),
    windows(),
    st.booleans(),
)
CALENDARS = st.sampled_from([OFFICIAL, BANK, ROUND_THE_CLOCK]) | MIXED


def _works(calendar, minute):
    if calendar.always:
        return True
    there = minute.astimezone(calendar.zone)
    clock, day = f"{there:%H:%M:%S}", there.date()
    before = day - timedelta(days=1)
    return any(
        f"{w.opens}" <= clock < _later(w) if on == day else _later(w) > "24:00:00" and clock < w.closes
        for on in (before, day)
        for w in _hours(calendar, on)
    )


def _later(window):
    """When it closes, as a text that sorts after the opening: 30:00:00 is six in the morning."""
    text = f"{window.closes}:00"[:8]
    return text if text > f"{window.opens}" else f"{int(text[:2]) + 24}{text[2:]}"


def _hours(calendar, day):
    for one in calendar.day_hours:
        if one.on == day:
            return one.windows
    weekly = {weekday: one.windows for one in calendar.weekday_hours for weekday in one.weekdays}
    ordinary = dict.fromkeys(calendar.weekdays, calendar.windows) | weekly
    if day in calendar.open_on:
        return calendar.windows or weekly.get(day.isoweekday()) or weekly[min(weekly)]
    return () if day in calendar.closed_on else ordinary.get(day.isoweekday(), ())


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


@given(start=STARTS, calendar=MIXED)
def test_open_at_is_what_counting_minutes_gives(start, calendar):
    assert [calendar.open_at(start + n * 97 * MINUTE) for n in range(60)] == [
        _works(calendar, start + n * 97 * MINUTE) for n in range(60)
    ]


@given(start=STARTS, count=st.integers(0, 5), calendar=MIXED)
def test_a_business_day_ends_when_the_last_minute_of_its_hours_has_passed(start, count, calendar):
    day = start.astimezone(SHANGHAI).date()
    left = count + 1 if _hours(calendar, day) or count == 0 else count
    while left:
        left -= bool(_hours(calendar, day))
        day += timedelta(days=1)
    day -= timedelta(days=1)
    last = _later(_hours(calendar, day)[-1])
    closing = datetime.combine(day, time(), SHANGHAI) + timedelta(hours=int(last[:2]), minutes=int(last[3:5]))

    reached = due_at(Clock(limit=BusinessDays(count), started_at=start), calendar)

    assert reached == (closing - timedelta(microseconds=1) if last == "24:00:00" else closing)


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


# How it was reckoned when every working day had the same hours: nothing of it may have changed.
def _spans_before(calendar, since):
    day = since.astimezone(calendar.zone).date()
    while True:
        if day in calendar.open_on or (day.isoweekday() in calendar.weekdays and day not in calendar.closed_on):
            for window in calendar.windows:
                opens, closes = (
                    datetime.combine(day, clock, calendar.zone).astimezone(UTC)
                    for clock in (window.opens, time.fromisoformat(window.closes))
                )
                if closes > since:
                    yield max(opens, since), closes
        day += timedelta(days=1)


def _due_before(limit, start, calendar):
    if isinstance(limit, BusinessDays):
        return _end_before(limit.count, start, calendar)
    left = timedelta(hours=limit.count)
    for begin, end in _spans_before(calendar, start):
        if end - begin >= left:
            return begin + left
        left -= end - begin
    raise AssertionError


def _end_before(count, start, calendar):
    day = start.astimezone(calendar.zone).date()
    reached, counted, last = (-1 if calendar.works_on(day) or count == 0 else 0), None, start
    for _, end in _spans_before(calendar, datetime.combine(day, time(), calendar.zone).astimezone(UTC)):
        if end.astimezone(calendar.zone).date() != counted:
            reached, counted = reached + 1, end.astimezone(calendar.zone).date()
        if reached > count:
            return last
        last = end
    raise AssertionError


@given(
    start=STARTS,
    limit=st.builds(BusinessHours, st.integers(1, 60)) | st.builds(BusinessDays, st.integers(0, 12)),
    hours=windows().filter(lambda found: not (found[-1].overnight or found[-1].till_midnight)),
    weekdays=st.frozensets(st.integers(1, 7), min_size=1),
)
def test_uniform_hours_are_reckoned_as_they_always_were(start, limit, hours, weekdays):
    calendar = msgspec.structs.replace(OFFICIAL, windows=hours, weekdays=weekdays)

    assert due_at(Clock(limit=limit, started_at=start), calendar) == _due_before(limit, start, calendar)


def test_a_calendar_written_before_hours_could_differ_is_read_as_it_was():
    stored = (
        b'{"name": "business", "time_zone": "Asia/Shanghai", "always": false, "weekdays": [1, 2, 3, 4, 5], "closed_on": [],'
        b' "open_on": [], "confirmed_until": null, "windows": [{"opens": "09:00:00", "closes": "12:00:00"}]}'
    )

    calendar = msgspec.json.decode(stored, type=Calendar)

    assert due(BusinessHours(4), "2026-03-02 09:00", calendar) == "2026-03-03 10:00"
    assert msgspec.json.decode(msgspec.json.encode(calendar), type=Calendar) == calendar
