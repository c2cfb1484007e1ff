"""Deadlines: derived from a limit, a start, the pauses and a calendar. Nothing here reads a clock.

A pause credits working time, not wall time. Overlapping pauses count once, one before the start or after the end counts
nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from msgspec import Struct

from .calendars import Calendar, always, open_spans, working_days
from .deadlines import AtOnce, BusinessDays, BusinessHours, Days, Deadline, Hours, Until

NOTHING = timedelta(0)


class Pause(Struct, frozen=True):
    """The clock stands from `since` until just before `until`; None is still open."""

    since: datetime
    until: datetime | None = None


class Clock(Struct, frozen=True, kw_only=True):
    """Everything a deadline follows from."""

    limit: Deadline | Until
    started_at: datetime
    pauses: tuple[Pause, ...] = ()
    warn_at_percent: int = 80


def due_at(clock: Clock, calendar: Calendar) -> datetime:
    """When the limit is used up. An open pause is left out: what it adds is known when it ends."""
    limit, start = clock.limit, clock.started_at
    if isinstance(limit, AtOnce):
        return after_working(always(calendar.time_zone), start, timedelta(minutes=limit.minutes), clock.pauses)
    if isinstance(limit, Until):
        return limit.at
    if isinstance(limit, Hours | BusinessHours):
        return after_working(_calendar_of(limit, calendar), start, timedelta(hours=limit.count), clock.pauses)
    if isinstance(limit, Days):
        paused = sum((end - begin for begin, end in _closed(clock)), NOTHING)
        return _end_of_day((start + paused).astimezone(calendar.zone).date() + timedelta(days=limit.count), calendar)
    return _end_of_business_day(limit.count, clock, calendar)


def warn_at(clock: Clock, calendar: Calendar) -> datetime:
    """When `warn_at_percent` of the limit is used: of the working time of a business limit, not of the wall's."""
    limit, due = clock.limit, due_at(clock, calendar)
    counted = _calendar_of(limit, calendar)
    if isinstance(limit, Hours | BusinessHours):
        budget = timedelta(hours=limit.count)
    else:
        budget = working_between(counted, clock.started_at, due, clock.pauses)
    return min(due, after_working(counted, clock.started_at, budget * clock.warn_at_percent / 100, clock.pauses))


def late_by(clock: Clock, calendar: Calendar, minutes: int) -> datetime:
    """When the deadline is missed by so many of its own minutes: working ones after a business limit."""
    due = due_at(clock, calendar)
    return after_working(_calendar_of(clock.limit, calendar), due, timedelta(minutes=minutes)) if minutes else due


def spent(clock: Clock, calendar: Calendar, until: datetime) -> timedelta:
    """How much of the limit has been used by `until`: working time outside pauses, an open pause included."""
    return working_between(_calendar_of(clock.limit, calendar), clock.started_at, until, clock.pauses)


def is_provisional(clock: Clock, calendar: Calendar) -> bool:
    """True when the deadline lies where holidays are not published yet."""
    counted = _calendar_of(clock.limit, calendar)
    return counted.provisional_on(due_at(clock, calendar).astimezone(counted.zone).date())


def after_working(calendar: Calendar, start: datetime, budget: timedelta, pauses: Sequence[Pause] = ()) -> datetime:
    """The moment by which `budget` of working time outside closed pauses has passed since `start`."""
    left, at = budget, start
    for begin, end in _without(open_spans(calendar, start), _union(pauses, start)):
        if end - begin >= left:
            return begin + left
        left -= end - begin
        at = end
    return at + left


def working_between(calendar: Calendar, since: datetime, until: datetime, pauses: Sequence[Pause] = ()) -> timedelta:
    """Working time in [since, until) outside pauses, an open one included."""
    closed = tuple(Pause(pause.since, pause.until or max(until, pause.since)) for pause in pauses)
    total = NOTHING
    for begin, end in _without(open_spans(calendar, since), _union(closed, since)):
        if begin >= until:
            break
        total += min(end, until) - begin
        if end >= until:
            break
    return total


def _calendar_of(limit: Deadline | Until, calendar: Calendar) -> Calendar:
    # Hours and days run round the clock whatever the desk's hours: only business limits follow the calendar.
    return calendar if isinstance(limit, BusinessHours | BusinessDays) else always(calendar.time_zone)


def _end_of_day(day: date, calendar: Calendar) -> datetime:
    return datetime.combine(day, time.max, calendar.zone).astimezone(UTC)


def _end_of_business_day(count: int, clock: Clock, calendar: Calendar) -> datetime:
    day = clock.started_at.astimezone(calendar.zone).date()
    # A pause gives back the working days that began in it.
    for begin, end in _closed(clock):
        paused_on, until_on = begin.astimezone(calendar.zone).date(), end.astimezone(calendar.zone).date()
        count += sum(
            calendar.works_on(paused_on + timedelta(days=n)) for n in range(1, (until_on - paused_on).days + 1)
        )
    if calendar.always:
        return _end_of_day(day + timedelta(days=count), calendar)
    # The day it begins counts as 0 only if the desk works on it; on a closed day 0 is the next working day.
    wanted = count if calendar.works_on(day) or count == 0 else count - 1
    working = working_days(calendar, day)
    for _ in range(wanted):
        next(working)
    return _closing(next(working), calendar)


def _closing(day: date, calendar: Calendar) -> datetime:
    """When the desk closes on a working day. Midnight is told as the last moment of the day."""
    window = calendar.windows_on(day)[-1]
    return _end_of_day(day, calendar) if window.till_midnight else window.span(day, calendar.zone)[1]


def _closed(clock: Clock) -> list[tuple[datetime, datetime]]:
    return _union(clock.pauses, clock.started_at)


def _union(pauses: Sequence[Pause], since: datetime) -> list[tuple[datetime, datetime]]:
    """Closed pauses after `since` in order, overlapping and nested ones merged."""
    merged: list[tuple[datetime, datetime]] = []
    spans = ((max(p.since, since), p.until) for p in pauses)
    for begin, end in sorted((begin, end) for begin, end in spans if end is not None and end > begin):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return merged


def _without(
    spans: Iterable[tuple[datetime, datetime]], gaps: list[tuple[datetime, datetime]]
) -> Iterator[tuple[datetime, datetime]]:
    """The spans with the gaps cut out, in order. Gaps are sorted and apart."""
    for begin, end in spans:
        at = begin
        for gap_begin, gap_end in gaps:
            if gap_end <= at or gap_begin >= end:
                continue
            if gap_begin > at:
                yield at, gap_begin
            at = max(at, gap_end)
        if at < end:
            yield at, end
