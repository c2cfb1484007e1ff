"""Weeks, months, quarters and years as a company lives them: from midnight to midnight in its own zone. Pure.

A span is half open: its first moment belongs to it, the first moment of the next one does not.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from guibin.policy.cadence import Span
from guibin_tenants.refusals import Invalid

SPANS: tuple[Span, ...] = ("week", "month", "quarter", "year")
# Every span of a day within these years has a beginning, an end and a neighbour that a date can hold.
YEAR_MIN, YEAR_MAX = 1900, 9000


class Window(Struct, frozen=True):
    """One week (ISO 8601, from Monday), month, quarter or year. `after_on` and `ends_at` belong to the next one."""

    span: Span
    first_on: date
    after_on: date
    starts_at: datetime
    ends_at: datetime

    @property
    def name(self) -> str:
        """Such as 2026-W10, 2026-03, 2026-Q1 or 2026."""
        if self.span == "week":
            year, week, _ = self.first_on.isocalendar()
            return f"{year:04d}-W{week:02d}"
        if self.span == "month":
            return f"{self.first_on:%Y-%m}"
        if self.span == "quarter":
            return f"{self.first_on.year:04d}-Q{(self.first_on.month + 2) // 3}"
        return f"{self.first_on.year:04d}"


def window_of(span: Span, day: date, time_zone: str) -> Window:
    """The span this day of the company belongs to. Raises Invalid outside 1900 to 9000."""
    if not YEAR_MIN <= day.year <= YEAR_MAX:
        raise Invalid.at("day", f"a day from {YEAR_MIN} to {YEAR_MAX}", value=day.isoformat())
    first = _first_day(span, day)
    after = _first_day(span, first + _longest(span))
    zone = ZoneInfo(time_zone)
    return Window(span, first, after, _midnight(first, zone), _midnight(after, zone))


def named(span: Span, name: str, time_zone: str) -> Window:
    """The span of this name, such as 2026-W10. Raises Invalid for a name no such span has."""
    year, _, part = name.partition("-")
    try:
        if span == "week":
            day = date.fromisocalendar(int(year), int(part.removeprefix("W")), 1)
        elif span == "quarter":
            day = date(int(year), int(part.removeprefix("Q")) * 3 - 2, 1)
        else:
            day = date(int(year), int(part or "1"), 1)
        window = window_of(span, day, time_zone)
    except ValueError:
        window = None
    if window is None or window.name != name:
        raise Invalid.at("span", "a span as it is written, such as 2026-W10", value=name[:20])
    return window


def before(window: Window, time_zone: str) -> Window:
    """The span that ended as this one began."""
    return window_of(window.span, window.first_on - timedelta(days=1), time_zone)


def _first_day(span: Span, day: date) -> date:
    if span == "week":
        return day - timedelta(days=day.weekday())
    if span == "month":
        return day.replace(day=1)
    if span == "quarter":
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year, 1, 1)


def _longest(span: Span) -> timedelta:
    # From a first day this lands in the following span, never beyond it.
    return timedelta(days={"week": 7, "month": 31, "quarter": 92, "year": 366}[span])


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
