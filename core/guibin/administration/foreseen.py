"""What somebody gains and loses, in words."""

from collections.abc import Sequence

from guibin.console.foreseen import Foreseen, Group, Line
from guibin.console.shell import Shell
from guibin.sealing.seeing import CLASSES, PARTS

from . import field_rights
from .field_rights import SightChange
from .rights import PersonRights, RightsChange

NAME = "people"


def told(change: RightsChange, shell: Shell) -> Foreseen:
    """Of one person, under its days where it has any."""
    return (Group(_days(change, shell), tuple(_lines(change, shell))),)


def told_of_all(found: Sequence[PersonRights], shell: Shell) -> Foreseen:
    """Of several, each under the name."""
    return tuple(Group(one.name, tuple(_lines(one.rights, shell))) for one in found)


def part_titles(parts: Sequence[str], shell: Shell) -> dict[str, str]:
    """What each part of a file is called: the product's own, and the company's fields."""
    ours = (*PARTS, *CLASSES)
    return {
        part: shell.says(f"{NAME}.fields.part.{part.replace('.', '_')}")
        if part in ours
        else shell.named(f"field.{part}")
        for part in parts
    }


def _days(change: RightsChange, shell: Shell) -> str:
    if change.from_on is None:
        return ""
    since = shell.clock.day(change.from_on)
    if change.until_on is None:
        return shell.says(f"{NAME}.term.open", since=since)
    return shell.says(f"{NAME}.term.span", since=since, until=shell.clock.day(change.until_on))


def _lines(change: RightsChange, shell: Shell) -> list[Line]:
    # With days of its own it is not so "from now on".
    then = "" if change.from_on is None else "_then"
    whole = [shell.says(f"{NAME}.whole")]
    said: list[tuple[str, list[str], list[str]]] = [
        ("gains loses", [shell.post(role) for role in change.given], [shell.post(role) for role in change.taken]),
        (
            f"may{then or '_now'} may{then or ''}_no_more",
            [shell.permission(name) for name in change.permissions_given],
            [shell.permission(name) for name in change.permissions_taken],
        ),
        (
            f"sees{then or '_now'} sees{then or ''}_no_more",
            whole if change.whole_given else change.units_given,
            whole if change.whole_taken else change.units_taken,
        ),
        (
            "customers_more customers_less",
            _counted(change.customers_given, shell),
            _counted(change.customers_taken, shell),
        ),
        ("fields_more fields_less", _seen(change.sight_given, shell), _seen(change.sight_taken, shell)),
    ]
    found = []
    for labels, more, less in said:
        gains, loses = labels.split()
        found += [Line("ok", shell.says(f"{NAME}.{gains}"), shell.joined(more))] if more else []
        found += [Line("late", shell.says(f"{NAME}.{loses}"), shell.joined(less))] if less else []
    return found


def _counted(customers: int, shell: Shell) -> list[str]:
    return [shell.says(f"{NAME}.customers", count=customers)] if customers else []


def _seen(changes: Sequence[SightChange], shell: Shell) -> list[str]:
    every = len(field_rights.parts_of(shell.act.policy)) - len(CLASSES)
    if len(changes) == every and len({(one.before, one.after) for one in changes}) == 1:
        return [shell.says(f"{NAME}.fields.all") + _becomes(changes[0], shell)]
    titles = part_titles([one.part for one in changes], shell)
    return [titles[one.part] + _becomes(one, shell) for one in changes]


def _becomes(one: SightChange, shell: Shell) -> str:
    before, after = (shell.says(f"{NAME}.fields.right.{right}") for right in (one.before, one.after))
    return shell.says(f"{NAME}.fields.becomes_inside", before=before, after=after)
