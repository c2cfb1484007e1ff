"""Weeks, months and years as companies write them, cut at midnight in the tenant's zone."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from guibin_tenants.refusals import Invalid

_FORMS = re.compile(r"(?P<year>\d{4})(-W(?P<week>\d{2})|-(?P<month>\d{2}))?", re.ASCII)


class Period(Struct, frozen=True):
    """Half open: `starts_at` belongs to it, `ends_at` to the next one. Both UTC; `first_on`, `last_on` are its days."""

    name: str
    first_on: date
    last_on: date
    starts_at: datetime
    ends_at: datetime


def parse_period(name: str, time_zone: str) -> Period:
    """`2015-W26` (ISO 8601: Monday to Sunday), `2015-06` or `2015`. Raises Invalid."""
    found = _FORMS.fullmatch(name)
    if found is None:
        raise _not_a_period(name)
    year = int(found["year"])
    try:
        if found["week"]:
            first = date.fromisocalendar(year, int(found["week"]), 1)
            after = first + timedelta(days=7)
        elif found["month"]:
            first = date(year, int(found["month"]), 1)
            after = (first + timedelta(days=31)).replace(day=1)
        else:
            first, after = date(year, 1, 1), date(year + 1, 1, 1)
    except (ValueError, OverflowError):
        raise _not_a_period(name) from None
    zone = ZoneInfo(time_zone)
    return Period(name, first, after - timedelta(days=1), _midnight(first, zone), _midnight(after, zone))


def before(period: Period, time_zone: str) -> Period:
    """The week, month or year that ended as this one began. Raises Invalid where there is none."""
    return parse_period(_named_as(period, period.first_on - timedelta(days=1)), time_zone)


def last_ended(span: str, moment: datetime, time_zone: str) -> Period:
    """The latest `week`, `month` or `year` that was over at a moment."""
    day = moment.astimezone(ZoneInfo(time_zone)).date()
    present = {"week": _week_name(day), "month": f"{day:%Y-%m}", "year": f"{day.year:04d}"}[span]
    return before(parse_period(present, time_zone), time_zone)


def week_of(moment: datetime, time_zone: str) -> str:
    """The ISO week a moment falls in, in this zone: `2015-W26`."""
    return _week_name(moment.astimezone(ZoneInfo(time_zone)).date())


def _named_as(period: Period, day: date) -> str:
    if "W" in period.name:
        return _week_name(day)
    return f"{day:%Y-%m}" if "-" in period.name else f"{day.year:04d}"


def _week_name(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _not_a_period(name: str) -> Invalid:
    rule = "an ISO week, a month or a year that exists"
    return Invalid.at("period", rule, "such as 2015-W26, 2015-06 or 2015", name[:20])
