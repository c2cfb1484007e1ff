"""The periods quotas count in: calendar, membership year, rolling. Half-open: `starts_on` in, `ends_on` out."""

import calendar
from datetime import date, timedelta

from msgspec import Struct


class Period(Struct, frozen=True):
    """From `starts_on` until before `ends_on`."""

    starts_on: date
    ends_on: date

    def __contains__(self, day: date) -> bool:
        return self.starts_on <= day < self.ends_on


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the month's last when it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def calendar_months(day: date, months: int) -> Period:
    """The stretch of `months` whole months that holds `day`, counted from January: 1, 3, 6 or 12."""
    first = (day.month - 1) // months * months + 1
    start = date(day.year, first, 1)
    return Period(start, add_months(start, months))


def membership_months(day: date, since_on: date, months: int) -> Period:
    """The stretch of `months` since the membership began that holds `day`; before it began, the first.

    Every bound is computed from `since_on` itself, so 31 January clamps to 28 February and comes back to 31 March.
    """
    whole = max(0, ((day.year - since_on.year) * 12 + day.month - since_on.month) // months)
    if add_months(since_on, whole * months) > day and whole > 0:
        whole -= 1
    return Period(add_months(since_on, whole * months), add_months(since_on, (whole + 1) * months))


def rolling_days(day: date, days: int) -> Period:
    """The last `days` days, `day` included."""
    return Period(day - timedelta(days=days - 1), day + timedelta(days=1))
