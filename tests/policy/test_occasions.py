"""Anniversaries by the solar and the lunar calendar: each is kept once in every year of its calendar, whatever the year has."""

from collections import Counter
from datetime import date, timedelta

import pytest

from guibin.policy.occasions import Anniversary, festivals_on, kept_on


def days_of(year):
    """Every day of a lunar year, from its spring festival on: 2023 and 2025 have a leap month, the second and the sixth."""
    first = {
        2022: date(2022, 2, 1),
        2023: date(2023, 1, 22),
        2024: date(2024, 2, 10),
        2025: date(2025, 1, 29),
        2026: date(2026, 2, 17),
    }
    return [first[year] + timedelta(days=n) for n in range((first[year + 1] - first[year]).days)]


@pytest.mark.parametrize(("year", "leap"), [(2022, 0), (2023, 2), (2024, 0), (2025, 6)])
def test_every_lunar_day_is_kept_once_in_a_lunar_year(year, leap):
    kept = Counter(
        (one.month, one.day, one.leap_month) for day in days_of(year) for one in kept_on(day) if one.calendar == "lunar"
    )
    days = [(month, day) for month in range(1, 13) for day in range(1, 31)]

    assert kept == Counter({(*one, False): 1 for one in days} | {(*one, True): 1 for one in days})
    assert {one.year for day in days_of(year) for one in kept_on(day) if one.calendar == "lunar"} == {year}
    in_leap = {day for day in days_of(year) for one in kept_on(day) if one.leap_month and one.month == leap}
    assert all(
        not one.leap_month or one.month == leap for day in in_leap for one in kept_on(day) if one.calendar == "lunar"
    )
    assert len(in_leap) in ((29, 30) if leap else (0,))


@pytest.mark.parametrize(
    ("day", "solar"),
    [
        (date(2026, 2, 28), [(2, 28, 2026), (2, 29, 2026)]),
        (date(2024, 2, 28), [(2, 28, 2024)]),
        (date(2024, 2, 29), [(2, 29, 2024)]),
        (date(2026, 3, 28), [(3, 28, 2026)]),
        (date(2026, 2, 27), [(2, 27, 2026)]),
    ],
)
def test_the_29th_of_february_is_kept_on_the_28th_in_other_years(day, solar):
    assert [one for one in kept_on(day) if one.calendar == "solar"] == [
        Anniversary("solar", month, on, False, year) for month, on, year in solar
    ]


@pytest.mark.parametrize(
    ("day", "festivals"),
    [
        (date(2026, 2, 17), ("spring_festival",)),
        (date(2026, 3, 3), ("lantern_festival",)),
        (date(2026, 9, 25), ("mid_autumn",)),
        (date(2020, 10, 1), ("national_day", "mid_autumn")),
        (date(2026, 1, 1), ("new_year",)),
        (date(2026, 1, 2), ()),
        # The fifth day of a leap fifth month is no dragon boat festival.
        (date(2009, 6, 27), ()),
    ],
)
def test_festivals_fall_where_their_calendars_have_them(day, festivals):
    assert festivals_on(day) == festivals
