"""Every rule that is taken out, and how: the timetable, reactions, listeners, what tables promise, permissions."""

import inspect
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from guibin import events, timetable
from guibin.app.guards import PUBLIC
from guibin.app.routes import CONTROLLERS
from guibin.catalog import TABLES
from guibin.jobs.kinds import handler_of
from guibin.packs import Packs
from guibin_tenants.principals import Predicate, anyone
from guibin_tenants.tables import TenantTable

from .marks import Kind as MarkKind
from .marks import leading, marks
from .registries import Entry, entries
from .touches import ROOT, handler_name

Kind = MarkKind | Literal["rhythm", "reaction", "listener", "permission"]
# What every mutation of a kind hangs on, beside the file that says it.
FOUNDATIONS: dict[Kind, tuple[str, ...]] = {
    "rhythm": ("core/guibin/jobs/ticks.py", "core/guibin/dispatch/scheduler.py"),
    "reaction": ("core/guibin/events.py",),
    "listener": (),
    "wall": (
        "tenants/guibin_tenants/schema.py",
        "tenants/guibin_tenants/walls.py",
        "tests/isolation/walls.py",
        "tests/isolation/test_walls.py",
    ),
    "append-only": (
        "tenants/guibin_tenants/schema.py",
        "tests/isolation/records.py",
        "tests/isolation/test_records.py",
    ),
    "ending": (
        "tenants/guibin_tenants/schema.py",
        "core/guibin/profiles/erasing.py",
        "tests/attacks/test_ended_archives.py",
        "tests/core/profiles/test_erasing.py",
    ),
    "permission": (
        "core/guibin/app/guards.py",
        "tenants/guibin_tenants/principals.py",
        "tests/isolation/permissions.py",
        "tests/isolation/test_permissions.py",
    ),
}


class Mutation(Struct, frozen=True, kw_only=True):
    """One rule less. `take_out` changes this process before the application is built, `statements` its own database.

    `files` say the rule; a change to one of them is a reason to try. `touches` are what tests that could notice have
    touched, the tests of the first ones most likely; `line` is a word by which the file's diff tells whether it was this one.
    Mutations of one `alike` have nothing to do with each other: several may be tried in one fork.
    """

    kind: Kind
    name: str
    take_out: Callable[[], None]
    statements: tuple[str, ...] = ()
    files: tuple[str, ...]
    touches: tuple[str, ...]
    line: str = ""
    alike: str = ""

    @property
    def id(self) -> str:
        """What it is called in the results."""
        return f"{self.kind} {self.name}"


def mutations(packs: Packs) -> list[Mutation]:
    """All of them, in a fixed order. Makes every slice known in this process."""
    timetable.everything(packs)
    found = [*_rhythms(packs), *_reactions(packs), *_listeners(), *_tables(packs), *_permissions(packs)]
    assert len({one.id for one in found}) == len(found), "two mutations have one name"
    return found


def _rhythms(packs: Packs) -> Iterator[Mutation]:
    for rhythm in timetable.everything(packs):
        yield Mutation(
            kind="rhythm",
            name=rhythm.name,
            take_out=partial(_forget_rhythm, rhythm.name),
            files=(_file(timetable), _file(type(rhythm.payload))),
            touches=(f"ticked {rhythm.name}", f"asked {rhythm.name}"),
            line=f'"{rhythm.name}"',
        )


def _forget_rhythm(name: str) -> None:
    everything, whole = timetable.everything, timetable.RHYTHMS
    left = tuple(rhythm for rhythm in whole if rhythm.name != name)
    _replace_everywhere(whole, left)
    _replace_everywhere(everything, lambda packs: tuple(one for one in everything(packs) if one.name != name))


def _reactions(packs: Packs) -> Iterator[Mutation]:
    for event, kinds in events._kinds_by_event.items():
        for kind in kinds:
            handler = handler_of(kind)
            assert handler is not None
            yield Mutation(
                kind="reaction",
                name=f"{kind} to {event.__name__}",
                take_out=partial(_forget_reaction, event, kind),
                files=(_file(handler.function),),
                touches=(f"reaction {kind}",),
            )


def _forget_reaction(event: Any, kind: str) -> None:
    del events._kinds_by_event[event][kind]
    subscribe = events.subscribe

    def others(event: Any, function: Any, **more: Any) -> None:
        subscribe(event, function, **more)
        events._kinds_by_event[event].pop(kind, None)

    _replace_everywhere(subscribe, others)


def _listeners() -> Iterator[Mutation]:
    for entry in entries():
        yield Mutation(
            kind="listener",
            name=entry.label,
            take_out=entry.take_out,
            files=(_file(entry.function), *_caller_of(entry)),
            touches=(f"listener {entry.label}",),
        )


def _caller_of(entry: Entry) -> tuple[str, ...]:
    return (_file(sys.modules[entry.module]),)


def _tables(packs: Packs) -> Iterator[Mutation]:
    every = [table for table in (*TABLES, *packs.tables()) if issubclass(table, TenantTable)]
    through = {name for table in every for name in leading(table.keys)}
    for table in every:
        name, file = table._meta.tablename, _file(table)
        for mark in marks(table):
            whole = mark.kind == "wall" and not mark.said
            # A wall that others lead through would fall for them too.
            alone = mark.said or (whole and (table.keys.wall != "customer_id" or name in through))
            yield Mutation(
                kind=mark.kind,
                name=mark.name,
                take_out=mark.take_out,
                statements=mark.statements,
                files=(file,),
                touches=(mark.touch,),
                line=f'"{name}"',
                alike="" if alone else f"{mark.kind} of {file}",
            )


def _permissions(packs: Packs) -> Iterator[Mutation]:
    for controller in (*CONTROLLERS, *packs.hooks_of(packs.names).controllers()):
        for handler in vars(controller).values():
            needs = getattr(handler, "opt", {}).get("needs")
            # Who is signed in at all is the middleware's to say: there is no permission to take out.
            if needs is None or needs == PUBLIC or needs.says == anyone.says:
                continue
            methods = "/".join(sorted(handler.http_methods - {"HEAD", "OPTIONS"}))
            for path in sorted(handler.paths):
                address = f"{methods} {controller.path.rstrip('/')}/{path.strip('/')}".rstrip("/")
                break
            for part, left in _parts_less(needs):
                yield Mutation(
                    kind="permission",
                    name=f"{part.says} of {address}",
                    take_out=partial(handler.opt.__setitem__, "needs", left),
                    files=(_file(controller),),
                    touches=(f"refused {handler_name(handler)}",),
                    # Two parts of one route would hide each other.
                    alike=f"{controller.__name__} {part.says}" if needs.all_of else controller.__name__,
                )


def _parts_less(needs: Predicate) -> list[tuple[Predicate, Predicate]]:
    """Each part that all must hold, and what is left to hold without it."""
    if not needs.all_of:
        return [(needs, anyone)]
    found = []
    for part in needs.all_of:
        others = [other for other in needs.all_of if other is not part]
        found += [(inner, left & others[0]) for inner, left in _parts_less(part)]
    return found


def _replace_everywhere(old: object, new: object) -> None:
    """Wherever a module of ours or a test's has the value by name."""
    for name, module in list(sys.modules.items()):
        if module is not None and name.partition(".")[0].startswith("guibin"):
            for attribute, value in list(vars(module).items()):
                if value is old:
                    setattr(module, attribute, new)


def _file(thing: Any) -> str:
    if callable(thing):
        thing = inspect.unwrap(thing)
    return str(Path(inspect.getsourcefile(thing) or "").resolve().relative_to(ROOT))
