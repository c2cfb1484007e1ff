"""What callers send about rosters and shifts, bounded and strict."""

from datetime import date, datetime, time
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from guibin.notation.plausible import Plausible
from guibin.policy.calendars import TimeOfDay
from guibin.policy.words import ClosingTime, Code, Reason

Moment = Annotated[datetime, Meta(tz=True)]
Position = Annotated[int, Meta(ge=1, le=9)]
SHIFTS_MAX = 400


class NewRoster(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The org unit keeps a roster for this duty of the policy from now on."""

    org_unit_id: UUID
    duty: Code


class NewShift(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is on duty from when until before when; of several the lowest `position` is called first."""

    staff_id: UUID
    from_at: Moment
    until_at: Moment
    position: Position = 1


class NewShifts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Shifts planned together: all of them or none."""

    shifts: Annotated[tuple[NewShift, ...], Meta(min_length=1, max_length=SHIFTS_MAX)]


class NewRotation(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Those on duty take turns, day by day or week by week, in the order named, from `starts` to `ends` of every day from
    `first_on` to `last_on`, in the company's zone. What ends by the time it starts, such as 18:00 to 08:30, ends the next day;
    the same time twice is a day and a night.
    """

    staff_ids: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=40)]
    first_on: date
    last_on: date
    starts: TimeOfDay = time(18)
    ends: ClosingTime = "08:30:00"
    turn: Literal["day", "week"] = "day"
    position: Position = 1


class NewStandIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody else takes the shift, and why."""

    to_staff_id: UUID
    reason: Reason
