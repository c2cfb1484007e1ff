"""`/api/v1/timers` and `/api/v1/calendars`: the company's deadlines, and the working time they count."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, post, put
from litestar.status_codes import HTTP_200_OK
from msgspec import Struct

from guibin.audit.actions import noted
from guibin.audit.answering import lists
from guibin.context import Act
from guibin.policy.calendars import Calendar
from guibin.policy.words import Code, saying
from guibin.web.routing import gets
from guibin_tenants.principals import Signature, anyone, may, sees_all
from guibin_tenants.refusals import Invalid

from . import actions, calendars, hours, queries
from .queries import TimerFilter
from .reports import CalendarPreview, preview


class TimerController(Controller):
    path = "/api/v1/timers"
    tags = ("timers",)
    list_timers = lists(
        "/", queries.LISTED, TimerFilter, "Deadlines, the next to fall due first", needs=may("timers:read")
    )

    list_changes = gets(
        "/{timer_id:uuid}/changes",
        queries.changes_of,
        needs=may("timers:read"),
        summary="What moved the deadline: by whom, from when to when",
    )


class NewCalendarVersion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A calendar as it holds from now on, whole, and why."""

    calendar: Calendar
    note: Annotated[str, saying(500)]


class CalendarAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A calendar as it might hold, whole."""

    calendar: Calendar


class Recomputed(Struct, frozen=True):
    """The version now in force, and how many running deadlines moved because of it."""

    version: int
    deadlines_moved: int


class CalendarController(Controller):
    path = "/api/v1/calendars"
    tags = ("timers",)
    list_calendars = gets("/", calendars.all_in_force, "The calendars in force, by name", needs=anyone)

    @put(
        "/{name:str}",
        needs=may("policy:write") & sees_all,
        summary="Write a calendar's next version; running deadlines move",
    )
    async def write(self, name: str, data: NewCalendarVersion, act: Act) -> Recomputed:
        if data.calendar.name != name:
            raise Invalid.at("calendar.name", f"as in the address: {name}", value=data.calendar.name)
        version = await calendars.write(data.calendar, act, note=data.note)
        moved = await actions.recompute(name, act)
        await noted("calendar.write", act, subject="calendar", purpose=data.note, shown=0)
        return Recomputed(version, moved)

    @post(
        "/{name:str}/previews",
        needs=may("policy:write") & sees_all,
        status_code=HTTP_200_OK,
        summary="How many running deadlines a calendar would move, and which furthest; nothing is written",
    )
    async def preview(self, name: str, data: CalendarAsked) -> CalendarPreview:
        if data.calendar.name != name:
            raise Invalid.at("calendar.name", f"{name}, as in the address", value=data.calendar.name)
        return await preview(data.calendar)


class OwnCalendar(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The company's calendar that counts in the org unit, and why."""

    counts_by: Code
    note: Annotated[str, saying(500)]


class HoursMoved(Struct, frozen=True):
    """How many running deadlines moved."""

    deadlines_moved: int


class UnitCalendarController(Controller):
    path = "/api/v1/org-units/{unit_id:uuid}/calendars"
    tags = ("timers",)
    show = gets("/", hours.of_unit, "The calendars an org unit counts by in place of the company's", needs=anyone)

    @put("/{name:str}", needs=may("policy:write"), summary="Let an org unit count by hours of its own")
    async def count_by(self, unit_id: UUID, name: str, data: OwnCalendar, act: Act) -> HoursMoved:
        moved = await hours.count_by(unit_id, name, data.counts_by, act)
        await _record("unit-calendar.write", unit_id, data.note, act)
        return HoursMoved(moved)

    @delete(
        "/{name:str}",
        needs=may("policy:write"),
        status_code=HTTP_200_OK,
        summary="Let an org unit count as the one above it",
    )
    async def count_as_above(self, unit_id: UUID, name: str, act: Act) -> HoursMoved:
        moved = await hours.count_as_above(unit_id, name, act)
        await _record("unit-calendar.remove", unit_id, "", act)
        return HoursMoved(moved)


async def _record(action: str, unit_id: UUID, purpose: str, act: Signature) -> None:
    await noted(action, act, subject="org_unit", subject_id=unit_id, purpose=purpose, shown=0)
