"""What of a calendar cannot be meant: told by its place, and nothing of a calendar that can be."""

from datetime import date, time

import pytest
from msgspec.structs import replace

from guibin.policy.calendars import Calendar, DayHours, WeekdayHours, Window, always
from guibin.sla.calendars import contradictions

MORNING, AFTERNOON = Window(time(9), "12:00:00"), Window(time(13), "18:00:00")
DAY = (MORNING, AFTERNOON)
NIGHT = (Window(time(22), "06:00:00"),)
DESK = Calendar(name="desk", time_zone="Asia/Shanghai", windows=DAY)
MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)


def found(calendar):
    """Where something is wrong, and what is there."""
    return [(problem.field.removeprefix("calendar."), problem.value) for problem in contradictions(calendar)]


def weekdays(days, windows=DAY):
    return WeekdayHours(weekdays=frozenset(days), windows=windows)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"windows": (MORNING,)},
        {"windows": NIGHT},
        {"windows": (MORNING, Window(time(12), "24:00:00"))},
        {"windows": (MORNING, Window(time(22), "02:00:00"))},
        {"windows": (), "weekday_hours": (weekdays({1, 7}), weekdays({2}))},
        {"weekdays": frozenset(), "weekday_hours": (weekdays({1}),)},
        {"weekdays": frozenset(), "open_on": frozenset({MAY})},
        {"day_hours": (DayHours(on=MAY, windows=DAY), DayHours(on=JUNE, windows=NIGHT))},
        {"closed_on": frozenset({MAY}), "open_on": frozenset({JUNE})},
    ],
)
def test_a_calendar_that_can_be_is_not_contradicted(changed):
    assert found(replace(DESK, **changed)) == []


def test_round_the_clock_needs_no_hours():
    assert found(always("Asia/Shanghai")) == []
    assert found(replace(always("Asia/Shanghai"), weekdays=frozenset())) == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"time_zone": "Asia/Nowhere"}, [("time_zone", "Asia/Nowhere")]),
        ({"windows": ()}, [("windows", None)]),
        ({"weekdays": frozenset()}, [("weekdays", None)]),
        ({"weekdays": frozenset({1, 0, 8})}, [("weekdays", "0"), ("weekdays", "8")]),
        ({"weekdays": frozenset({8})}, [("weekdays", None), ("weekdays", "8")]),
        ({"weekday_hours": (weekdays(()),)}, [("weekday_hours[0].weekdays", "")]),
        ({"weekday_hours": (weekdays({6}), weekdays({0, 7, 8}))}, [("weekday_hours[1].weekdays", "0, 8")]),
        (
            {"weekday_hours": (weekdays({6}), weekdays({7}), weekdays({1, 6, 7}))},
            [("weekday_hours[2].weekdays", "6, 7")],
        ),
        ({"weekday_hours": (weekdays({6}, ()),)}, [("weekday_hours[0].windows", None)]),
        ({"day_hours": (DayHours(on=MAY, windows=()),)}, [("day_hours[0].windows", None)]),
        ({"day_hours": (DayHours(on=MAY, windows=DAY),) * 2}, [("day_hours[1].on", "2026-05-01")]),
        ({"day_hours": (DayHours(on=date(1026, 5, 1), windows=DAY),)}, [("day_hours[0].on", "1026-05-01")]),
        (
            {"day_hours": (DayHours(on=MAY, windows=DAY),), "closed_on": frozenset({MAY})},
            [("day_hours[0].on", "2026-05-01")],
        ),
        (
            {"open_on": frozenset({JUNE, MAY}), "closed_on": frozenset({MAY, JUNE})},
            [("open_on", "2026-05-01"), ("open_on", "2026-06-01")],
        ),
        ({"day_hours": (DayHours(on=MAY, windows=DAY[::-1]),)}, [("day_hours[0].windows[1]", "09:00–12:00")]),
        ({"weekday_hours": (weekdays({6}, NIGHT * 2),)}, [("weekday_hours[0].windows[1]", "22:00–06:00")]),
    ],
)
def test_what_contradicts_itself_is_told_by_its_place(changed, told):
    assert found(replace(DESK, **changed)) == told


@pytest.mark.parametrize(
    ("windows", "wrong"),
    [
        ((Window(time(9), "09:00:00"),), [0]),
        ((MORNING, Window(time(12), "13:00:00")), []),
        ((MORNING, Window(time(11, 59), "13:00:00")), [1]),
        ((Window(time(9), "24:00:00"), Window(time(10), "11:00:00")), [1]),
        ((Window(time(9), "00:00:00"), Window(time(10), "11:00:00")), [1]),
        ((Window(time(22), "02:00:00"), Window(time(23), "23:30:00")), [1]),
        ((MORNING, AFTERNOON, MORNING), [2]),
        ((AFTERNOON, MORNING, AFTERNOON), [1]),
    ],
)
def test_windows_stand_in_order_and_apart_and_only_the_last_goes_over_midnight(windows, wrong):
    assert found(replace(DESK, windows=windows)) == [(f"windows[{place}]", str(windows[place])) for place in wrong]
