"""The tree of org units by page: how many people each has, and a unit opened, renamed, moved or dissolved with what goes where."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.response import Redirect
from msgspec import Struct

from guibin.administration import actions
from guibin.administration.requests import (
    DissolutionAsked,
    MoveAsked,
    NewUnit,
    UnitChange,
    UnitDissolution,
)
from guibin.assignments.handing_over import OpenWork
from guibin.console import choices
from guibin.console.choices import colleagues
from guibin.console.commands import Command, Commands, is_id
from guibin.console.forms import Choice, rule
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.console.texts import spelled
from guibin.context import Act
from guibin.policy.words import Name, Note, UnitCode
from guibin_tenants import org_units
from guibin_tenants.principals import may
from guibin_tenants.refusals import Invalid

from . import units

READ, WRITE = may("staff:read"), may("staff:write")
NAME, PATH = "people.units", f"{PREFIX}/units"
ENTRIES = (Entry(title=f"{NAME}.title", path=PATH, icon="building", needs=READ, group="govern", order=68),)


class UnitBelow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A branch, outlet or department under the one at hand."""

    name: Name
    code: UnitCode


class UnitName(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What it is called from now on."""

    name: Name


class UnitAbove(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What it comes under."""

    parent_id: UUID


class UnitSuccessor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What takes everything over, and who the customers whose account manager does not see it."""

    successor_id: UUID
    account_manager_id: UUID | None = None
    reason: Note = ""


async def open_below(unit_id: UUID, new: UnitBelow, act: Act) -> UUID:
    """As the action of administration, under this one."""
    above = await actions.unit_in_charge(unit_id, act.by)
    return (await actions.open_unit(NewUnit(code=new.code, name=new.name, parent=above.code), act)).id


async def rename(unit_id: UUID, new: UnitName, act: Act) -> None:
    """As the action of administration."""
    await actions.change_unit(unit_id, UnitChange(name=new.name), act)


async def move(unit_id: UUID, new: UnitAbove, act: Act) -> None:
    """As the action of administration."""
    code = await _code(new.parent_id)
    if code is None:
        raise Invalid.at("parent_id", "an org unit that stands and is not below it", value=str(new.parent_id))
    await actions.change_unit(unit_id, UnitChange(parent=code), act)


async def dissolve(unit_id: UUID, new: UnitSuccessor, act: Act) -> None:
    """As the action of administration."""
    taken = UnitDissolution(successor_id=new.successor_id, account_manager_id=new.account_manager_id, reason=new.reason)
    await actions.dissolve_unit(unit_id, taken, act)


async def _code(unit_id: UUID) -> str | None:
    return next((each.code for each in await org_units.standing_units() if each.id == unit_id), None)


async def _called(shell: Shell, unit_id: UUID) -> dict[str, str]:
    return {"name": (await units.one(unit_id, shell.act)).name}


async def _chosen(shell: Shell, unit_id: UUID) -> dict[str, str]:
    asked = shell.request.query_params
    return {name: asked[name] for name in ("parent_id", "successor_id") if is_id(asked.get(name, ""))}


async def _seen(unit_id: UUID, act: Act) -> None:
    await units.one(unit_id, act)


COMMANDS = Commands(
    NAME,
    "unit_id",
    PATH,
    Command(name="open", action=open_below, icon="plus", key="n", main=True),
    Command(name="rename", action=rename, icon="pencil", key="e", given=_called),
    Command(
        name="move", action=move, icon="corner-up-right", given=_chosen, hidden=frozenset({"parent_id"}), main=True
    ),
    Command(
        name="dissolve",
        action=dissolve,
        given=_chosen,
        choices={"account_manager_id": colleagues},
        hidden=frozenset({"successor_id"}),
        danger=True,
    ),
    needs=WRITE,
)


class UnitScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ)
    async def tree(self, shell: Shell) -> Response[str]:
        return shell.page(
            "people/units.html",
            units=await units.tree(shell.act),
            dissolved=await units.dissolved(shell.act),
            changes=WRITE(shell.act.by),
            address=COMMANDS.address,
        )

    @get("/{unit_id:uuid}", needs=READ)
    async def unit(self, unit_id: UUID, shell: Shell) -> Response[str]:
        unit, lines = await units.one(unit_id, shell.act), await units.tree(shell.act)
        changed = unit.dissolved_at is None
        return shell.page(
            "people/unit.html",
            unit=unit,
            above=next((line for line in lines if line.id == unit.parent_id), None),
            below=[line for line in lines if line.parent_id == unit_id],
            members=await units.members(unit),
            commands=COMMANDS.allowed(shell, "open", "rename") if changed else [],
            moves=changed and unit.parent_id is not None and WRITE(shell.act.by),
            address=COMMANDS.address,
        )

    @get("/{unit_id:uuid}/moving", needs=WRITE)
    async def moving(self, unit_id: UUID, shell: Shell, parent_id: str = "") -> Response[str]:
        """First under which, then who sees more and who less, then the word that does it."""
        await units.one(unit_id, shell.act)
        code = await _code(UUID(parent_id)) if is_id(parent_id) else None
        found = await actions.preview_move(unit_id, MoveAsked(parent=code), shell.act)
        return shell.page(
            "people/moving.html",
            found=found,
            blinded=[(each, _moves(each.work, shell)) for each in found.blinded],
            hinders=rule(found.hinders, shell.studio, shell.look) if found.hinders else "",
            offered=await _others(unit_id, shell),
            address=COMMANDS.address(unit_id, "move"),
        )

    @get("/{unit_id:uuid}/dissolving", needs=WRITE)
    async def dissolving(self, unit_id: UUID, shell: Shell, successor_id: str = "") -> Response[Any]:
        """First what takes over, then how much moves, then the word that does it."""
        if (await units.one(unit_id, shell.act)).dissolved_at is not None:
            return Redirect(f"{PATH}/{unit_id}", status_code=303)
        chosen = UUID(successor_id) if is_id(successor_id) else None
        found = await actions.preview_dissolution(unit_id, DissolutionAsked(successor_id=chosen), shell.act)
        return shell.page(
            "people/dissolving.html",
            found=found,
            moves=_moves(found.work, shell),
            hinders=rule(found.hinders, shell.studio, shell.look) if found.hinders else "",
            offered=await _others(unit_id, shell),
            address=COMMANDS.address(unit_id, "dissolve"),
        )

    ask, do = COMMANDS.handlers("/{unit_id:uuid}", needs=WRITE, sees=_seen)


async def _others(unit_id: UUID, shell: Shell) -> Sequence[Choice]:
    """Units that stand and are not it or below it."""
    inside = {str(each) for each in await org_units.visible_from(unit_id)}
    covered = {str(line.id) for line in await units.tree(shell.act)}
    return [one for one in await choices.units(shell) if one.value in covered - inside]


def _moves(work: Sequence[OpenWork], shell: Shell) -> list[tuple[str, int]]:
    """Each kind, as it is called, with how much of it."""
    return [(shell.says(f"{NAME}.what.{spelled(each.what)}"), each.count) for each in work]
