"""The team: who has how much, who is away, and handing over what somebody has, with how much moves said before."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get
from msgspec import Meta, Struct, structs

from guibin.administration import actions
from guibin.administration.requests import NewAbsence, NewDeputy, NewHandOver, PreviewAsked
from guibin.assignments.handing_over import OpenWork
from guibin.console.choices import colleagues
from guibin.console.commands import Asks, Command, Commands, Offered, is_id
from guibin.console.forms import Choice, rule
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.console.texts import spelled
from guibin.context import Act
from guibin.policy.words import Code, Note
from guibin_tenants.refusals import NotFound

from . import teams
from .standing import LEADS
from .teams import AbsentLine, Load

PATH, NAME = f"{PREFIX}/team", "work.team"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="users-group", needs=LEADS, group="lead", order=15),)


class Away(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Until before when somebody is away, from when, and who stands in, as NewAbsence."""

    until_at: Annotated[datetime, Meta(tz=True)]
    from_at: Annotated[datetime, Meta(tz=True)] | None = None
    deputy_id: UUID | None = None
    notices_only: bool = False
    matters: Annotated[tuple[Code, ...], Meta(max_length=50)] = ()


class Successor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who takes all of it over, and why."""

    successor_id: UUID
    reason: Note = ""


async def away(staff_id: UUID, new: Away, act: Act) -> None:
    """As the action of administration."""
    await actions.note_absence(staff_id, NewAbsence(**structs.asdict(new)), act)


async def stand_in(absence_id: UUID, new: NewDeputy, act: Act) -> None:
    """As the action of administration."""
    await actions.name_deputy((await _absent(absence_id, act)).staff_id, absence_id, new, act)


async def back(staff_id: UUID, act: Act) -> None:
    """They are back: every absence of theirs that runs or is to come ends. Raises NotFound, Forbidden."""
    for absence in await actions.absences_of(staff_id, act.by):
        if absence.until_at > act.now:
            await actions.end_absence(staff_id, absence.id, act)


async def hand_over(staff_id: UUID, new: Successor, act: Act) -> None:
    """As the action of administration."""
    await actions.hand_over(staff_id, NewHandOver(successor_id=new.successor_id, reason=new.reason), act)


async def _what(shell: Shell) -> Asks:
    """How much of what goes over, before it does."""
    staff_id = UUID(str(shell.request.path_params["staff_id"]))
    found = await actions.preview_hand_over(staff_id, PreviewAsked(), shell.act)
    lines = [f"{what} {count}" for what, count in _moves(found.work, shell)] or [shell.says(f"{NAME}.nothing")]
    return Asks(about=(shell.says(f"{NAME}.goes", name=found.from_name), *lines))


async def _chosen(shell: Shell, staff_id: UUID) -> dict[str, str]:
    named = shell.request.query_params.get("successor_id", "")
    return {"successor_id": named} if named else {}


def _moves(work: Sequence[OpenWork], shell: Shell) -> list[tuple[str, int]]:
    """Each kind, as it is called, with how much of it goes over."""
    return [(shell.says(f"{NAME}.what.{spelled(each.what)}"), each.count) for each in work]


async def _absent(absence_id: UUID, act: Act) -> AbsentLine:
    """Raises NotFound, also for an absence of somebody whom the reader does not lead."""
    found = next((each for each in await teams.absences(act) if each.id == absence_id), None)
    if found is None:
        raise NotFound(f"There is no absence {absence_id}")
    return found


async def _named(shell: Shell, absence_id: UUID) -> dict[str, str | Sequence[str]]:
    """Who stands in now, and how far."""
    found = await _absent(absence_id, shell.act)
    known = {"deputy_id": str(found.deputy_id or ""), "notices_only": "true" if found.notices_only else ""}
    return known | {"matters": found.matters}


async def _matters(shell: Shell) -> Sequence[Choice]:
    """The approval flows of the company."""
    return [Choice(flow.name, shell.named(f"approval.{flow.name}")) for flow in shell.act.policy.approvals]


async def _seen(staff_id: UUID, act: Act) -> None:
    await actions.account_of(staff_id, act.by)


def _posts(load: Load, shell: Shell) -> str:
    return shell.joined(map(shell.post, load.roles))


_OFFERED: dict[str, Offered] = {"deputy_id": colleagues, "matters": _matters}
COMMANDS = Commands(
    NAME,
    "staff_id",
    PATH,
    Command(name="away", action=away, icon="calendar-due", key="a", choices=_OFFERED),
    Command(name="back", action=back, icon="arrow-back-up", key="b"),
    Command(
        name="hand_over",
        action=hand_over,
        icon="corner-up-right",
        key="t",
        main=True,
        choices={"successor_id": colleagues},
        given=_chosen,
        asks=_what,
    ),
    needs=LEADS,
)


ABSENCES = Commands(
    NAME,
    "absence_id",
    f"{PATH}/absences",
    Command(name="stand_in", action=stand_in, icon="users", main=True, choices=_OFFERED, given=_named),
    needs=LEADS,
)


class TeamScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=LEADS)
    async def team(self, shell: Shell) -> Response[str]:
        found, absent = await teams.loads(shell.act), await teams.absences(shell.act)
        return shell.page(
            "work/team.html",
            loads=found,
            absent=absent,
            uncovered=[each for each in absent if each.uncovered],
            owed={load.staff_id: load.owed for load in found},
            stands_in=lambda each: ABSENCES.address(each.id, "stand_in"),
            most=max((load.owed for load in found), default=0),
            matters=lambda each: shell.joined(shell.named(f"approval.{name}") for name in each.matters),
            posts=lambda load: _posts(load, shell),
            address=COMMANDS.address,
            commands=lambda load: COMMANDS.allowed(shell, "back" if load.absence_id else "away"),
        )

    @get("/{staff_id:uuid}/moving", needs=LEADS)
    async def moving(self, staff_id: UUID, shell: Shell, successor_id: str = "") -> Response[str]:
        """First who takes over, then how much moves, then the word that does it."""
        chosen = UUID(successor_id) if is_id(successor_id) else None
        found = await actions.preview_hand_over(staff_id, PreviewAsked(successor_id=chosen), shell.act)
        return shell.page(
            "work/moving.html",
            found=found,
            moves=_moves(found.work, shell),
            total=sum(each.count for each in found.work),
            hinders=rule(found.hinders, shell.studio, shell.look) if found.hinders else "",
            people=[each for each in await colleagues(shell) if each.value != str(staff_id)],
            command=COMMANDS.known["hand_over"],
            address=COMMANDS.address(staff_id, "hand_over"),
        )

    ask_deputy, name_deputy = ABSENCES.handlers("/absences/{absence_id:uuid}", needs=LEADS, sees=_absent)

    ask, do = COMMANDS.handlers("/{staff_id:uuid}", needs=LEADS, sees=_seen)
