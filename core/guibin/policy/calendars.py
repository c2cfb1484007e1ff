"""When a desk is open: weekly windows, closed days, and make-up days that work although they are a weekend."""

import functools
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import holidays
from msgspec import Meta, Struct

from guibin.notation.plausible import Plausible

from .words import Named

# A calendar that opens no day in so long is a mistake, not a holiday.
CLOSED_DAYS_MAX = 370


class CalendarClosed(ValueError):
    """The calendar does not open again: its windows or weekdays are empty."""


# In the company's zone, so without an offset: `09:00:00`.
TimeOfDay = Annotated[time, Meta(extra_json_schema={"pattern": r"^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?$"})]


class Window(Struct, frozen=True, forbid_unknown_fields=True):
    """Open from `opens` until just before `closes`, local time."""

    opens: TimeOfDay
    closes: TimeOfDay


class Calendar(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Working time of one desk. `weekdays` count from Monday 1; a day in `open_on` works, one in `closed_on` does not.

    `confirmed_until` is the last day whose holidays are published: later deadlines are provisional. `always` is 7×24
    and knows no windows.
    """

    name: Named
    time_zone: Named
    always: bool = False
    windows: tuple[Window, ...] = ()
    weekdays: frozenset[int] = frozenset({1, 2, 3, 4, 5})
    closed_on: frozenset[date] = frozenset()
    open_on: frozenset[date] = frozenset()
    confirmed_until: date | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The zone its hours are told in: the calendar's, never the reader's."""
        return ZoneInfo(self.time_zone)

    def works_on(self, day: date) -> bool:
        """Whether the desk opens at all on this day."""
        if self.always:
            return True
        return bool(self.windows) and (
            day in self.open_on or (day.isoweekday() in self.weekdays and day not in self.closed_on)
        )

    def provisional_on(self, day: date) -> bool:
        """True when this day's holidays and make-up days are not published yet."""
        return not self.always and self.confirmed_until is not None and day > self.confirmed_until


OFFICE_HOURS = (Window(time(9), time(12)), Window(time(13, 30), time(18)))


def always(time_zone: str) -> Calendar:
    """7×24 (S07-2)."""
    return Calendar(name="always", time_zone=time_zone, always=True)


def china_calendar(
    years: Iterable[int],
    *,
    time_zone: str = "Asia/Shanghai",
    windows: tuple[Window, ...] = OFFICE_HOURS,
    works_make_up_days: bool = True,
    name: str = "business",
) -> Calendar:
    """China's public holidays and make-up working days. Banks often do not work make-up days.

    The State Council publishes a year's make-up days about November of the year before; years without any are
    provisional.
    """
    wanted = tuple(sorted(set(years)))
    closed, make_up = _public_holidays(wanted)
    published = [year for year in wanted if any(day.year == year for day in make_up)]
    return Calendar(
        name=name,
        time_zone=time_zone,
        windows=windows,
        closed_on=closed,
        open_on=make_up if works_make_up_days else frozenset(),
        confirmed_until=date(max(published), 12, 31) if published else date(wanted[0], 1, 1) - timedelta(days=1),
    )


@functools.lru_cache(16)
def _public_holidays(years: tuple[int, ...]) -> tuple[frozenset[date], frozenset[date]]:
    """China's days off in these years, and the weekend days worked instead."""
    table = holidays.country_holidays("CN", years=years)
    return frozenset(table), frozenset(day for day in table.weekend_workdays if day.year in years)


def open_spans(calendar: Calendar, since: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Working time from `since` on as half-open UTC spans, without end. Raises CalendarClosed."""
    if calendar.always:
        yield since, datetime.max.replace(tzinfo=UTC)
        return
    zone, day, closed = calendar.zone, since.astimezone(calendar.zone).date(), 0
    while closed <= CLOSED_DAYS_MAX:
        closed += 1
        if calendar.works_on(day):
            for window in calendar.windows:
                opens, closes = _utc(day, window.opens, zone), _utc(day, window.closes, zone)
                if closes > since:
                    closed = 0
                    yield max(opens, since), closes
        day += timedelta(days=1)
    raise CalendarClosed(f"calendar {calendar.name!r} opens on no day after {since.date()}")


def _utc(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
