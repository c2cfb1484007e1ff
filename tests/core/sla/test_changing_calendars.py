"""What a calendar says after a day, a week or the published holidays of another year were written into it."""

from datetime import date, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from guibin.policy.calendars import Calendar, Window
from guibin.sla.hours import confirmed
from guibin.sla.screens import WEEK, DayForm, WeekForm, kind_of, windows, with_day, with_week, written
from guibin_tenants.refusals import Invalid

MONDAY = date(2026, 3, 2)
DAYS = [MONDAY + timedelta(days=count) for count in range(7)]
DAY = st.sampled_from(DAYS)
SOME_DAYS = st.frozensets(DAY)
LONG_AGO = date(2020, 1, 1)
MORNING = (Window(time(9), "12:00:00"),)
DESK = Calendar(name="desk", time_zone="Asia/Shanghai", windows=MORNING)
HOURS = ("", "09:00-12:00", "09:00-12:00 13:30-18:00", "22:00-06:00")


@st.composite
def opening_hours(draw):
    """Windows of a day, in order and apart."""
    minutes = sorted(draw(st.sets(st.integers(0, 24 * 60 - 1), max_size=6)))
    moments = [time(minute // 60, minute % 60) for minute in minutes]
    return tuple(Window(opens, f"{closes:%H:%M:%S}") for opens, closes in list(pairwise(moments))[::2])


@given(opening_hours(), st.sampled_from("-–至"), st.sampled_from((" ", ",", "、", "；")))
def test_hours_are_read_as_they_are_written(given_hours, to, between):
    assert windows(written(given_hours).replace("-", to).replace(" ", between), "mon") == given_hours


@pytest.mark.parametrize("text", ["nine to five", "09:00-12:00 and later", "25:00-26:00", "09:60-12:00", "9-12"])
def test_what_are_no_hours_is_refused_where_it_stands(text):
    with pytest.raises(Invalid) as refused:
        windows(text, "tue")

    assert [(one.field, one.value) for one in refused.value.fields] == [("tue", text)]


@given(SOME_DAYS, SOME_DAYS, DAY, st.sampled_from(("usual", "closed", "worked", "hours")))
def test_a_day_is_as_it_was_written_last_and_every_other_as_it_was(closed, opened, day, how):
    before = replace(DESK, closed_on=closed - opened, open_on=opened)
    before = with_day(before, DayForm(on=DAYS[0], how="hours", windows="10:00-11:00", note="x"))

    after = with_day(before, DayForm(on=day, how=how, windows="08:00-09:00", note="x"))

    kinds = {"usual": "usual" if day.isoweekday() < 6 else "weekend"}
    assert kind_of(after, day) == kinds.get(how, how)
    assert (
        written(after.windows_on(day))
        == {
            "usual": "09:00-12:00" if day.isoweekday() < 6 else "",
            "closed": "",
            "worked": "09:00-12:00",
            "hours": "08:00-09:00",
        }[how]
    )
    for other in DAYS:
        if other != day:
            assert (kind_of(after, other), after.windows_on(other)) == (
                kind_of(before, other),
                before.windows_on(other),
            )


def test_a_day_with_hours_of_its_own_needs_some():
    with pytest.raises(Invalid) as refused:
        with_day(DESK, DayForm(on=MONDAY, how="hours", note="x"))

    assert [one.field for one in refused.value.fields] == ["windows"]


@given(st.lists(st.sampled_from(HOURS), min_size=7, max_size=7))
def test_a_week_is_as_it_was_written_and_its_commonest_hours_are_the_ordinary_ones(week):
    after = with_week(DESK, WeekForm(**dict(zip(WEEK, week, strict=True)), note="x"))

    assert [written(after.windows_on(day)) for day in DAYS] == week
    usual = written(after.windows)
    assert week.count(usual) == max((week.count(one) for one in week if one), default=7)
    assert len(after.weekdays) == (week.count(usual) if usual else 0)


@given(SOME_DAYS, SOME_DAYS, SOME_DAYS, SOME_DAYS, DAY, DAY, st.booleans())
def test_days_published_since_hold_as_published_and_all_others_as_the_company_wrote_them(
    own_closed, own_open, closed, opened, before, after, worked_once
):
    own_open = (own_open - own_closed) | ({LONG_AGO} if worked_once else set())
    own = replace(DESK, closed_on=own_closed, open_on=own_open, confirmed_until=before)
    published = replace(DESK, closed_on=closed, open_on=opened - closed, confirmed_until=after)

    newer = confirmed(own, published)

    assert (newer is None) == (after <= before)
    makes_up = bool(own_open) or min(opened - closed, default=date.max) > before
    for day in DAYS if newer else ():
        since = before < day <= after
        if since and day in closed:
            said = (True, False)
        elif since and day in opened and makes_up:
            said = (False, True)
        else:
            said = (day in own_closed, day in own_open)
        assert (day in newer.closed_on, day in newer.open_on) == said
