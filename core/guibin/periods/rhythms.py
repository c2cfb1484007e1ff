"""When something recurs: `daily 08:00`, `weekly Mon 09:00`, `monthly 1 08:00`, `hours 1`, `minutes 5`. Pure."""

import re
from collections import deque
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

CatchUp = Literal["skip", "once", "every"]
# After a longer absence `every` makes up for this many ticks, the latest.
CATCH_UP_MAX = 31
# `skip` does not skip a tick that is found this late.
LATE_MAX = timedelta(minutes=10)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EVERY = re.compile(
    r"(?:daily|weekly (?P<day>Mon|Tue|Wed|Thu|Fri|Sat|Sun)|monthly (?P<date>[1-9]|1\d|2[0-8])) (?P<at>[0-2]\d:[0-5]\d)"
    r"|(?P<unit>hours|minutes) (?P<count>[1-9]\d{0,3})"
)


class Rhythm(Struct, frozen=True):
    """A recurring job. Times are the company's own. After downtime: `skip` forgets what was missed, `once` does the
    latest, `every` each. `pack` limits it to the companies that have the pack.
    """

    name: str
    payload: Struct
    every: str
    catch_up: CatchUp = "once"
    pack: str = ""


class BadRhythm(ValueError):
    """The text says no rhythm; the service does not start."""


def check(every: str) -> None:
    """Raises BadRhythm."""
    _parsed(every)


def following(every: str, after: datetime, time_zone: str) -> datetime:
    """The first tick strictly after a moment, UTC."""
    parsed = _parsed(every)
    if parsed["unit"]:
        seconds = int(parsed["count"]) * (3_600 if parsed["unit"] == "hours" else 60)
        return datetime.fromtimestamp((int(after.timestamp()) // seconds + 1) * seconds, UTC)
    zone = ZoneInfo(time_zone)
    day = after.astimezone(zone).date()
    at = time.fromisoformat(parsed["at"])
    # A month and a day cover every rhythm of days.
    for offset in range(-1, 40):
        candidate = day + timedelta(days=offset)
        if parsed["day"] and DAYS[candidate.weekday()] != parsed["day"]:
            continue
        if parsed["date"] and candidate.day != int(parsed["date"]):
            continue
        moment = datetime.combine(candidate, at, zone).astimezone(UTC)
        if moment > after:
            return moment
    raise BadRhythm(f"{every!r} never comes")


def due(rhythm: Rhythm, every: str, *, since: datetime, now: datetime, time_zone: str) -> list[tuple[datetime, bool]]:
    """Ticks after `since` up to `now` to be written down, and whether each is to run."""
    ticks: deque[datetime] = deque(maxlen=CATCH_UP_MAX if rhythm.catch_up == "every" else 1)
    tick = following(every, since, time_zone)
    while tick <= now:
        ticks.append(tick)
        tick = following(every, tick, time_zone)
    if rhythm.catch_up == "skip":
        return [(found, now - found <= LATE_MAX) for found in ticks]
    return [(found, True) for found in ticks]


def _parsed(every: str) -> dict[str, str]:
    match = _EVERY.fullmatch(every)
    if match is None or (match["at"] or "00:00") >= "24:00":
        raise BadRhythm(f"{every!r} is no rhythm: say it as `daily 08:00`, `weekly Mon 09:00` or `minutes 5`")
    return {name: found or "" for name, found in match.groupdict().items()}
