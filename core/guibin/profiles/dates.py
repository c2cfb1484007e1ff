"""Days as customers give them: solar, or of the lunar calendar."""

from datetime import date

from lunar_python import LunarMonth, LunarYear

YEAR_MIN = 1900


def wrong_date(day: date, calendar: str, *, leap_month: bool = False) -> str:
    """Which rule the day breaks; empty when the calendar has it.

    With `calendar` lunar, `day` holds the lunar year, month and day. The 30th of the second lunar month has no
    place in a date: give the 29th, which is kept as the last day of that month.
    """
    if day.year < YEAR_MIN:
        return f"a day since {YEAR_MIN}"
    if calendar != "lunar":
        return "a leap month only with the lunar calendar" if leap_month else ""
    if leap_month and LunarYear.fromYear(day.year).getLeapMonth() != day.month:
        return f"a leap month of the lunar year {day.year}"
    month = LunarMonth.fromYm(day.year, -day.month if leap_month else day.month)
    if month is None or day.day > month.getDayCount():
        return f"a day of the lunar month {day.year}-{day.month}"
    return ""
