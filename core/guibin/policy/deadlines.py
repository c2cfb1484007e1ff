"""How long something may take, in the words regulations use: "same day" is not 24 hours."""

from datetime import datetime

from msgspec import Struct


class AtOnce(Struct, frozen=True, tag="at_once", forbid_unknown_fields=True):
    """At once (S07-20: only programmes to add): due when so many `minutes` have passed, which nobody would call waiting."""

    minutes: int = 30


class Hours(Struct, frozen=True, tag="hours", forbid_unknown_fields=True):
    """So many hours round the clock, 7×24 (S07-23)."""

    count: int


class Days(Struct, frozen=True, tag="days", forbid_unknown_fields=True):
    """The end of a local day: 0 the day it begins, 3 the third day after (S07-20)."""

    count: int


class BusinessHours(Struct, frozen=True, tag="business_hours", forbid_unknown_fields=True):
    """So many hours in which the calendar is open."""

    count: int


class BusinessDays(Struct, frozen=True, tag="business_days", forbid_unknown_fields=True):
    """The end of the so-manyth working day after the day it begins; 0 the end of that day if it is one."""

    count: int


class Until(Struct, frozen=True, tag="until", forbid_unknown_fields=True):
    """Due at this very moment, such as ahead of an arrival; pauses do not move it. Slices compute it, no policy says it."""

    at: datetime


Deadline = AtOnce | Hours | Days | BusinessHours | BusinessDays

AT_ONCE = AtOnce()


def least_of(limit: Deadline) -> int:
    """The smallest count it may have: the end of a day may be today's, an hour is at least one."""
    return 0 if isinstance(limit, Days | BusinessDays) else 1
