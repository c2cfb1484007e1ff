"""What another version of a calendar would move, before it is written."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.policy.calendars import Calendar, CalendarClosed
from guibin_tenants.refusals import Invalid, refuse
from guibin_tenants.scope import fetch

from .calendars import contradictions
from .plans import ClockRecord, planned


class WouldMove(Struct, frozen=True, kw_only=True):
    """A running deadline that would fall due at another moment."""

    timer_id: UUID
    subject: str
    subject_id: UUID
    milestone: str
    due_before: datetime
    due_after: datetime


class CalendarPreview(Struct, frozen=True):
    """How many running deadlines would move, of how many that run by it, and the one that moves furthest."""

    deadlines_moved: int
    deadlines_running: int
    furthest: WouldMove | None = None


async def preview(calendar: Calendar) -> CalendarPreview:
    """Nothing is written. Raises Invalid for a calendar that contradicts itself or opens on no day."""
    refuse(contradictions(calendar), "The calendar contradicts itself")
    rows = await fetch(
        "select id, subject, subject_id, milestone, clock, due_at from timer where completed_at is null and"
        " cancelled_at is null and coalesce(nullif(clock ->> 'own_calendar', ''), clock -> 'terms' ->> 'calendar') = $1",
        calendar.name,
    )
    moved = []
    for row in rows:
        try:
            due = planned(msgspec.json.decode(row["clock"], type=ClockRecord), calendar).due_at
        except CalendarClosed:
            raise Invalid.at("calendar", "a calendar that opens again within a year") from None
        if due != row["due_at"]:
            moved.append(
                WouldMove(
                    timer_id=row["id"],
                    subject=row["subject"],
                    subject_id=row["subject_id"],
                    milestone=row["milestone"],
                    due_before=row["due_at"],
                    due_after=due,
                )
            )
    furthest = max(moved, key=lambda each: abs(each.due_after - each.due_before), default=None)
    return CalendarPreview(len(moved), len(rows), furthest)
