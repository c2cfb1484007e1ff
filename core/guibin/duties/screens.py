"""Who is on duty, as people look it up and plan it: now, in the days to come, where nobody is, and what waits to be taken."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from litestar import Controller, Response, get
from msgspec import Struct

from guibin.audit.actions import searched
from guibin.console import choices as offered
from guibin.console.commands import Command, Commands
from guibin.console.forms import Choice
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.context import Act
from guibin.policy.words import Code
from guibin.web.listing import PageAsked
from guibin_tenants.principals import may

from . import calls, queries, rosters
from .queries import CALLS, SHIFTS, DutyCallFilter, DutyCallView, RosterView, ShiftFilter, ShiftView
from .requests import NewRoster, NewShift, NewShifts

READ, KEEPS, WRITE = may("records:read"), may("team:write"), may("records:write")
PATH, NAME = f"{PREFIX}/duty", "duties"
ENTRIES = (
    Entry(
        title="duties.title",
        path=PATH,
        icon="clock",
        needs=READ,
        group="serve",
        order=72,
        has=lambda policy: bool(policy.duties),
    ),
)
_DAYS, _SHIFTS, _CALLS = 14, 200, 20


class Kept(Struct, frozen=True, kw_only=True):
    """Which duty the org unit keeps a roster for."""

    duty: Code


async def keep(org_unit_id: UUID, new: Kept, act: Act) -> None:
    """As `rosters.open_roster`."""
    await rosters.open_roster(NewRoster(org_unit_id=org_unit_id, duty=new.duty), act)


async def plan(roster_id: UUID, new: NewShift, act: Act) -> None:
    """As `rosters.plan`, for one shift."""
    await rosters.plan(roster_id, NewShifts(shifts=(new,)), act)


async def _duties(shell: Shell) -> Sequence[Choice]:
    return [Choice(duty.name, shell.named(f"duty.{duty.name}")) for duty in shell.act.policy.duties]


async def _evening(shell: Shell, _: UUID) -> Mapping[str, str]:
    today = shell.act.today
    return {
        "from_at": f"{today.isoformat()}T18:00",
        "until_at": f"{(today + timedelta(days=1)).isoformat()}T08:30",
        "position": "1",
    }


async def _month(shell: Shell, _: UUID) -> Mapping[str, str]:
    today = shell.act.today
    return {
        "first_on": today.isoformat(),
        "last_on": (today + timedelta(days=27)).isoformat(),
        "starts": "18:00:00",
        "ends": "08:30:00",
        "turn": "day",
        "position": "1",
    }


UNITS = Commands(
    NAME,
    "org_unit_id",
    f"{PATH}/units",
    Command(name="keep", action=keep, needs=KEEPS, icon="plus", choices={"duty": _duties}),
)
ROSTERS = Commands(
    NAME,
    "roster_id",
    f"{PATH}/rosters",
    Command(
        name="plan",
        action=plan,
        icon="plus",
        main=True,
        given=_evening,
        choices={"staff_id": offered.colleagues},
    ),
    Command(
        name="rotate",
        action=rosters.rotate,
        icon="repeat",
        given=_month,
        choices={"staff_ids": offered.colleagues, "turn": offered.words_of(f"{NAME}.turn", ("day", "week"))},
    ),
    Command(name="close", action=rosters.close_roster, icon="x", danger=True),
    needs=KEEPS,
)
SHIFT_COMMANDS = Commands(
    NAME,
    "shift_id",
    f"{PATH}/shifts",
    Command(name="stand_in", action=rosters.stand_in, icon="repeat", choices={"to_staff_id": offered.colleagues}),
    Command(name="cancel", action=rosters.cancel, icon="x", danger=True),
    needs=KEEPS,
)
CALL_COMMANDS = Commands(
    NAME, "call_id", f"{PATH}/calls", Command(name="take", action=calls.take, needs=WRITE, icon="check", main=True)
)


class Day(Struct, frozen=True):
    """A day with the shifts that begin on it."""

    at: datetime
    shifts: list[ShiftView]


async def _seen(call_id: UUID, _: Act) -> None:
    await CALLS.one(call_id)


class DutyScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ)
    async def duty(self, shell: Shell) -> Response[str]:
        act = shell.act
        kept = await queries.rosters(act)
        shown = [(roster, await _days(roster, shell)) for roster in kept]
        return shell.page(
            "duties/duty.html",
            rosters=shown,
            calls=await _waiting(act),
            own=act.by.org_unit_id,
            unkept=[duty for duty in act.policy.duties if duty.name not in {one.duty for one in kept}],
            keeps=KEEPS(act.by),
            writes=WRITE(act.by),
            covers=act.by.covers,
            units=list(await offered.units(shell)),
            of_unit=UNITS.address,
            of_roster=ROSTERS.address,
            of_shift=SHIFT_COMMANDS.address,
            of_call=lambda call_id: CALL_COMMANDS.address(call_id, "take"),
        )

    ask_unit, do_unit = UNITS.handlers("/units/{org_unit_id:uuid}", needs=KEEPS)

    ask_roster, do_roster = ROSTERS.handlers("/rosters/{roster_id:uuid}", needs=KEEPS)

    ask_shift, do_shift = SHIFT_COMMANDS.handlers("/shifts/{shift_id:uuid}", needs=KEEPS)

    ask_call, do_call = CALL_COMMANDS.handlers("/calls/{call_id:uuid}", needs=WRITE, sees=_seen)


async def _days(roster: RosterView, shell: Shell) -> list[Day]:
    asked = ShiftFilter(
        roster_id=roster.id, ends_after=shell.act.now, begins_before=shell.act.now + timedelta(days=_DAYS)
    )
    found = await SHIFTS.page(asked, PageAsked(_SHIFTS), shell.act)
    days: dict[object, Day] = {}
    for shift in found.items:
        if shift.cancelled_at is None:
            at = shell.clock.midnight(shift.from_at.astimezone(shell.clock.zone).date())
            days.setdefault(at, Day(at, [])).shifts.append(shift)
    return list(days.values())


async def _waiting(act: Act) -> list[DutyCallView]:
    found = await CALLS.page(DutyCallFilter(state="waiting"), PageAsked(_CALLS), act)
    return (await searched("duty_call", found, act)).items
