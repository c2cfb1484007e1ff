"""When a desk is open: weekly windows, closed days, and make-up days that work although they are a weekend."""

import functools
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from guibin.notation.plausible import Plausible

from .words import ClosingTime, Named

# A calendar that opens no day in so long is a mistake, not a holiday.
CLOSED_DAYS_MAX = 370


class CalendarClosed(ValueError):
    """The calendar does not open again: its windows or weekdays are empty."""


# In the company's zone, so without an offset: `09:00:00`.
TimeOfDay = Annotated[
    time, Meta(extra_json_schema={"pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?$"})
]
_DAY = timedelta(days=1)


class Window(Struct, frozen=True, forbid_unknown_fields=True):
    """Open from `opens` until just before `closes`, local time. `24:00:00` is the end of the day; a window that closes before
    it opens, such as 22:00 to 06:00, closes the next day and belongs to the day it opens on.
    """

    opens: TimeOfDay
    closes: ClosingTime

    @property
    def till_midnight(self) -> bool:
        """Whether it closes with its day."""
        return self.closes.startswith("24") or (self._closes_at == time() and self.opens != time())

    @property
    def overnight(self) -> bool:
        """Whether it closes on the day after."""
        return not self.till_midnight and self._closes_at < self.opens

    def empty(self) -> bool:
        """Whether it closes in the moment it opens, which nobody means."""
        return not self.till_midnight and self._closes_at == self.opens

    @property
    def _closes_at(self) -> time:
        return time() if self.closes.startswith("24") else time.fromisoformat(self.closes)

    def span(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """When it opens and closes in UTC, opening on this day."""
        until = day + _DAY if self.till_midnight or self.overnight else day
        return _utc(day, self.opens, zone), _utc(until, self._closes_at, zone)

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}–{self.closes[:5]}"


class WeekdayHours(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On these weekdays (Monday 1) other `windows` than on an ordinary day. It works on them, whatever `weekdays` say."""

    weekdays: frozenset[int]
    windows: tuple[Window, ...]


class DayHours(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On this one day these `windows` and no others, such as the half day before a festival."""

    on: date
    windows: tuple[Window, ...]


class Calendar(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Working time of one desk. `weekdays` count from Monday 1; a day in `open_on` works, one in `closed_on` does not.

    `windows` are the hours of an ordinary day and of a make-up day, `weekday_hours` those of weekdays that differ,
    `day_hours` those of single days, which hold before everything else. `confirmed_until` is the last day whose holidays are
    published: later deadlines are provisional. `always` is 7×24 and knows no windows.
    """

    name: Named
    time_zone: Named
    always: bool = False
    windows: tuple[Window, ...] = ()
    weekdays: frozenset[int] = frozenset({1, 2, 3, 4, 5})
    weekday_hours: tuple[WeekdayHours, ...] = ()
    day_hours: tuple[DayHours, ...] = ()
    closed_on: frozenset[date] = frozenset()
    open_on: frozenset[date] = frozenset()
    confirmed_until: date | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The zone its hours are told in: the calendar's, never the reader's."""
        return ZoneInfo(self.time_zone)

    def works_on(self, day: date) -> bool:
        """Whether the desk opens at all on this day."""
        return self.always or bool(self.windows_on(day))

    def windows_on(self, day: date) -> tuple[Window, ...]:
        """The hours of this day in order, those that open on it; none when it is closed. Round the clock has none."""
        own = next((hours.windows for hours in self.day_hours if hours.on == day), None)
        if own is not None:
            return own
        if day in self.open_on:
            return self.windows or self._weekly(day.isoweekday()) or self._first()
        return () if day in self.closed_on else self._weekly(day.isoweekday())

    def spans_on(self, day: date) -> list[tuple[datetime, datetime]]:
        """The windows of this day in UTC; one that closes after midnight is this day's."""
        return [window.span(day, self.zone) for window in self.windows_on(day)]

    def open_at(self, moment: datetime) -> bool:
        """Whether the desk is open at this moment."""
        if self.always:
            return True
        day = moment.astimezone(self.zone).date()
        return any(since <= moment < until for on in (day - _DAY, day) for since, until in self.spans_on(on))

    def provisional_on(self, day: date) -> bool:
        """True when this day's holidays and make-up days are not published yet."""
        return not self.always and self.confirmed_until is not None and day > self.confirmed_until

    def _weekly(self, weekday: int) -> tuple[Window, ...]:
        own = next((hours.windows for hours in self.weekday_hours if weekday in hours.weekdays), None)
        if own is not None:
            return own
        return self.windows if weekday in self.weekdays else ()

    def _first(self) -> tuple[Window, ...]:
        """What a make-up day has where no day is ordinary: the hours of the first weekday that works."""
        return next((hours for weekday in range(1, 8) if (hours := self._weekly(weekday))), ())


OFFICE_HOURS = (Window(time(9), "12:00:00"), Window(time(13, 30), "18:00:00"))


@functools.lru_cache(maxsize=64)
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
    # A fifth of a command's start, for those that ask for China's days alone.
    import holidays

    table = holidays.country_holidays("CN", years=years)
    return frozenset(table), frozenset(day for day in table.weekend_workdays if day.year in years)


def open_spans(calendar: Calendar, since: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Working time from `since` on as half-open UTC spans, without end. Raises CalendarClosed."""
    if calendar.always:
        yield since, datetime.max.replace(tzinfo=UTC)
        return
    # What opened the day before may be open yet; what two windows share counts once.
    day, closed, at = since.astimezone(calendar.zone).date() - _DAY, -1, since
    while closed <= CLOSED_DAYS_MAX:
        closed += 1
        for opens, closes in calendar.spans_on(day):
            if closes > at:
                closed = 0
                yield max(opens, at), closes
                at = closes
        day += _DAY
    raise CalendarClosed(f"calendar {calendar.name!r} opens on no day after {since.date()}")


def working_days(calendar: Calendar, since: date) -> Iterator[date]:
    """The days on which it works from this one on, without end. Raises CalendarClosed."""
    day, closed = since, 0
    while closed <= CLOSED_DAYS_MAX:
        closed += 1
        if calendar.works_on(day):
            closed = 0
            yield day
        day += _DAY
    raise CalendarClosed(f"calendar {calendar.name!r} opens on no day after {since}")


def _utc(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
