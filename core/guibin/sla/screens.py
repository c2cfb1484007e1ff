"""Calendars by page: a year at a look, a day changed by a click, the hours of the week, and an outlet's own; what would move
is said before it is saved."""

import calendar as months
import re
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import Parameter
from msgspec import Struct
from msgspec.structs import replace

from guibin.audit.actions import noted
from guibin.console import choices as offered
from guibin.console import forms
from guibin.console.commands import Command, Commands, Sent, page_of
from guibin.console.forms import Choice, Form
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.notation.plausible import Plausible
from guibin.policy.calendars import Calendar, DayHours, WeekdayHours, Window
from guibin.policy.words import Code, Line, Note
from guibin_tenants import org_units
from guibin_tenants.principals import anyone, may, sees_all
from guibin_tenants.refusals import Invalid, NotFound, Refusal

from . import actions, calendars, hours
from .reports import CalendarPreview, preview

WRITE = may("policy:write") & sees_all
OWN = may("policy:write")
PATH, NAME = f"{PREFIX}/calendars", "sla"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="calendar", needs=OWN, group="govern", order=74),)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Year = Annotated[int | None, Parameter(ge=2000, le=2100)]
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–~—至]\s*(\d{1,2}):(\d{2})")
_HOURS_RULE, _HOURS = "hours such as", "09:00-12:00 13:30-18:00"


class DayForm(Plausible, frozen=True, kw_only=True):
    """A day that differs: as usual again, closed, worked, or with hours of its own. `seen` once what moves was told."""

    on: date
    how: Literal["usual", "closed", "worked", "hours"]
    windows: Line = ""
    note: Note
    seen: bool = False


class WeekForm(Struct, frozen=True, kw_only=True):
    """The hours of each weekday, none where it is closed."""

    mon: Line = ""
    tue: Line = ""
    wed: Line = ""
    thu: Line = ""
    fri: Line = ""
    sat: Line = ""
    sun: Line = ""
    note: Note
    seen: bool = False


class NewCalendarForm(Struct, frozen=True, kw_only=True):
    """Another calendar, begun as this one."""

    name: Code


class OwnHours(Struct, frozen=True, kw_only=True):
    """Which calendar counts in an org unit in the place of which."""

    org_unit_id: UUID
    calendar: Code
    counts_by: Code


def windows(text: str, field: str) -> tuple[Window, ...]:
    """The hours as they are written. Raises Invalid."""
    found = _SPAN.findall(text)
    if _SPAN.sub("", text).strip(" ,，、;；"):
        raise Invalid.at(field, _HOURS_RULE, _HOURS, text)
    try:
        return tuple(Window(time(int(a), int(b)), f"{int(c):02}:{d}:00") for a, b, c, d in found)
    except ValueError:
        raise Invalid.at(field, _HOURS_RULE, _HOURS, text) from None


def written(given: Sequence[Window]) -> str:
    """Hours as a form has them: 09:00-12:00 13:30-18:00."""
    return " ".join(f"{each.opens:%H:%M}-{each.closes[:5]}" for each in given)


def with_day(before: Calendar, new: DayForm) -> Calendar:
    """The calendar with this day otherwise. Raises Invalid for hours that are none."""
    own = tuple(each for each in before.day_hours if each.on != new.on)
    closed, opened = before.closed_on - {new.on}, before.open_on - {new.on}
    if new.how == "closed":
        closed |= {new.on}
    elif new.how == "worked":
        opened |= {new.on}
    elif new.how == "hours":
        given = windows(new.windows, "windows")
        if not given:
            raise Invalid.at("windows", _HOURS_RULE, _HOURS)
        own = (*own, DayHours(on=new.on, windows=given))
    return replace(before, day_hours=own, closed_on=closed, open_on=opened)


def with_week(before: Calendar, new: WeekForm) -> Calendar:
    """The calendar with these hours. The commonest are the ordinary ones. Raises Invalid."""
    by_day = {number: windows(getattr(new, name), name) for number, name in enumerate(WEEK, 1)}
    kept = [given for given in by_day.values() if given]
    usual = max(kept, key=kept.count, default=())
    others = {given for given in kept if given != usual}
    return replace(
        before,
        windows=usual,
        weekdays=frozenset(number for number, given in by_day.items() if given and given == usual),
        weekday_hours=tuple(
            WeekdayHours(weekdays=frozenset(number for number, given in by_day.items() if given == each), windows=each)
            for each in sorted(others, key=written)
        ),
    )


def kind_of(calendar: Calendar, day: date) -> str:
    """How a day looks in the year: hours, closed (a holiday), worked (made up for), weekend, or as usual."""
    if any(each.on == day for each in calendar.day_hours):
        return "hours"
    if day in calendar.open_on:
        return "worked"
    if day in calendar.closed_on:
        return "closed"
    return "usual" if calendar.works_on(day) else "weekend"


async def own(new: OwnHours, act: Act) -> int:
    """As `hours.count_by`, or as the unit above where both are the same calendar; on record."""
    if new.calendar == new.counts_by:
        moved = await hours.count_as_above(new.org_unit_id, new.calendar, act)
    else:
        moved = await hours.count_by(new.org_unit_id, new.calendar, new.counts_by, act)
    await noted("unit-calendar.write", act, subject="org_unit", subject_id=new.org_unit_id, shown=0)
    return moved


async def _names(shell: Shell) -> Sequence[Choice]:
    found = await calendars.all_in_force()
    return [Choice(each.calendar.name, called(each.calendar.name, shell)) for each in found if not each.calendar.always]


def called(name: str, shell: Shell) -> str:
    """What a calendar is called; one of the company's own by its own name."""
    key = f"{NAME}.calendar.{name}"
    return shell.says(key) if shell.studio.words.has(key) else name


OWNS = Commands(
    NAME,
    "unit_id",
    f"{PATH}/units",
    Command(name="own", action=own, choices={"org_unit_id": offered.units, "calendar": _names, "counts_by": _names}),
    needs=OWN,
)
_FORMS: Mapping[str, type[Struct]] = {"day": DayForm, "week": WeekForm, "copy": NewCalendarForm}


class CalendarScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=anyone)
    async def calendars(self, shell: Shell) -> Response[str]:
        units = {unit.id: unit.name for unit in await org_units.standing_units()}
        owns = [each for unit_id in units for each in await hours.of_unit(unit_id)]
        return shell.page(
            "sla/calendars.html",
            calendars=[each.calendar for each in await calendars.all_in_force()],
            owns=owns,
            units=units,
            commands=OWNS.allowed(shell, "own"),
            of_own=OWNS.address(shell.act.company.id, "own"),
            called=lambda name: called(name, shell),
            week_of=_week_of,
            written=written,
        )

    @get("/{name:str}", needs=anyone)
    async def year(self, name: str, shell: Shell, year: Year = None) -> Response[str]:
        found = await _found(name)
        shown = year or shell.clock.today.year
        weeks = months.Calendar()
        return shell.page(
            "sla/year.html",
            calendar=found,
            year=shown,
            title=called(name, shell),
            months=[(date(shown, month, 1), weeks.monthdatescalendar(shown, month)) for month in range(1, 13)],
            kind_of=lambda day: kind_of(found, day),
            hours_of=lambda day: written(found.windows_on(day)),
            unpublished=found.provisional_on(date(shown, 12, 31)),
            week=_week_of(found),
            writes=WRITE(shell.act.by) and not found.always,
            written=written,
        )

    @get("/{name:str}/do/{what:str}", needs=WRITE)
    async def ask(self, name: str, what: str, shell: Shell, on: date | None = None) -> Response[str]:
        found = await _found(name)
        given: dict[str, list[str]] = {}
        if what == "week":
            given = {each: [written(open_)] for each, open_ in zip(WEEK, _week_of(found), strict=True) if open_}
        elif what == "day" and on is not None:
            how = kind_of(found, on)
            given = {"on": [on.isoformat()], "how": [how if how != "weekend" else "usual"]}
            given |= {"windows": [written(found.windows_on(on))]} if how == "hours" else {}
        return _form(shell, what, Sent(given))

    @post("/{name:str}/do/{what:str}", needs=WRITE, status_code=200)
    async def do(self, name: str, what: str, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        found = await _found(name)
        try:
            new = forms.taken(_kind(what), given, shell)
            if isinstance(new, NewCalendarForm):
                return await _copied(found, new, shell)
            assert isinstance(new, DayForm | WeekForm)
            after = with_day(found, new) if isinstance(new, DayForm) else with_week(found, new)
            if not new.seen:
                told = await preview(after)
                return _form(shell, what, Sent(given | {"seen": ["true"]}, about=_told(told, shell)))
            await calendars.write(after, shell.act, note=new.note)
        except Refusal as refusal:
            return _form(shell, what, Sent(given, *forms.wrong(refusal, shell)))
        moved = await actions.recompute(name, shell.act)
        await noted("calendar.write", shell.act, subject="calendar", purpose=new.note, shown=0)
        return shell.done(shell.says(f"{NAME}.saved", count=moved))

    ask_own, do_own = OWNS.handlers("/units/{unit_id:uuid}", needs=OWN)


async def _copied(found: Calendar, new: NewCalendarForm, shell: Shell) -> Response[str]:
    if any(each.calendar.name == new.name for each in await calendars.all_in_force()):
        raise Invalid.at("name", "not the name of another calendar", value=new.name)
    await calendars.write(replace(found, name=new.name), shell.act, note=shell.says(f"{NAME}.do.copy"))
    await noted("calendar.write", shell.act, subject="calendar", purpose=new.name, shown=0)
    return shell.done(shell.says(f"{NAME}.copied"), goes_to=f"{PATH}/{new.name}")


async def _found(name: str) -> Calendar:
    found = next((each.calendar for each in await calendars.all_in_force() if each.calendar.name == name), None)
    if found is None:
        raise NotFound(f"There is no calendar {name[:60]}")
    return found


def _kind(what: str) -> type[Struct]:
    if what not in _FORMS:
        raise NotFound(f"There is nothing called {what[:40]} to be done here")
    return _FORMS[what]


def _week_of(calendar: Calendar) -> list[tuple[Window, ...]]:
    """The hours of an ordinary week from Monday on."""
    plain = replace(calendar, day_hours=(), closed_on=frozenset(), open_on=frozenset())
    monday = date(2024, 1, 1)
    return [plain.windows_on(monday + timedelta(days=place)) for place in range(7)]


def _told(told: CalendarPreview, shell: Shell) -> tuple[str, ...]:
    lines = [shell.says(f"{NAME}.would_move", moved=told.deadlines_moved, running=told.deadlines_running)]
    if worst := told.furthest:
        before, after = shell.clock.moment(worst.due_before), shell.clock.moment(worst.due_after)
        lines.append(
            shell.says(f"{NAME}.furthest", what=shell.named(f"milestone.{worst.milestone}"), before=before, after=after)
        )
    return (*lines, shell.says(f"{NAME}.send_again"))


def _form(shell: Shell, what: str, sent: Sent) -> Response[str]:
    form = Form(kind=_kind(what), slice_name=NAME, hidden=frozenset({"seen"}))
    return page_of(Command(name=what, action=own), form, shell, sent)
