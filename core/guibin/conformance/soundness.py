"""Whether packs are sound: everything one brings is looked at before anything starts, and what cannot start is put aside.

`guibin pack check`, `guibin doctor` and the start of every process ask here, so they say the same.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from msgspec import Struct

from guibin.packs import GROUP, NO_HOOKS, BadPack, Packs
from guibin.policy.problems import PackProblem
from guibin.watch import metrics
from guibin.watch.sources import raised_at

from . import declared
from .declared import Looked

# A module of a pack that is not read by then is never read.
LOADED_WITHIN_S = 20.0
NO_PACKS = Packs({})
_log = logging.getLogger("guibin.packs")


class Unloaded(Struct, frozen=True):
    """A pack that could not even be imported, and why."""

    problem: PackProblem


def sound(plugins: Mapping[str, object] | None = None) -> Packs:
    """These packs, or the installed ones: those that can start, with those that cannot put aside; logged and counted. Their
    pure hooks run in processes of their own."""
    given = installed() if plugins is None else plugins
    good: dict[str, object] = {}
    aside: dict[str, tuple[PackProblem, ...]] = {}
    for name, plugin in sorted(given.items()):
        problems = problems_of(name, plugin, beside=good)
        if not problems:
            good[name] = plugin
            continue
        aside[name] = problems
        metrics.PACKS_ASIDE.labels(name).set(1)
        for problem in problems:
            _log.error("put aside: %s", problem)
    return Packs(good, aside=aside).run_apart()


def installed() -> dict[str, object]:
    """The plugins of installed distributions by name; Unloaded for one that cannot be imported or whose name is taken."""
    found: dict[str, object] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        if entry.name in found:
            problem = PackProblem(entry.name, "the name", "is that of two installed packs", "uninstall one of them")
            found[entry.name] = Unloaded(problem)
        else:
            found[entry.name] = loaded(entry)
    return found


def loaded(entry: EntryPoint) -> object:
    """The plugin; Unloaded when importing it fails in whatever way, or does not end."""
    outcome: list[object] = []

    def load() -> None:
        try:
            outcome.append(entry.load())
        except BaseException as error:  # whatever a pack does at its import, it does to itself
            outcome.append(Unloaded(_raised(entry.name, None, "its import", error)))

    thread = threading.Thread(target=load, name=f"import {entry.name}", daemon=True)
    thread.start()
    thread.join(LOADED_WITHIN_S)
    if outcome:
        return outcome[0]
    late = PackProblem(entry.name, "its import", f"takes longer than {LOADED_WITHIN_S:.0f} s", "do nothing at import")
    return Unloaded(late)


def problems_of(name: str, plugin: object, *, beside: Mapping[str, object]) -> tuple[PackProblem, ...]:
    """Everything that is wrong with the pack, `beside` those that start before it; nothing when it is sound."""
    if isinstance(plugin, Unloaded):
        return (plugin.problem,)
    for chosen in ({name: plugin}, {**beside, name: plugin}):
        try:
            packs = Packs(chosen)
        except BadPack as error:
            return error.problems
        except BaseException as error:
            answers = _found(declared.answers, Looked(name, plugin, NO_HOOKS, NO_PACKS))
            return tuple(answers) or (_raised(name, plugin, "a hook", error),)
    looked = Looked(name, plugin, packs.hooks_of((name,)), packs)
    return tuple(problem for look in declared.LOOKS for problem in _found(look, looked))


def _found(look: Callable[[Looked], Iterator[PackProblem]], looked: Looked) -> list[PackProblem]:
    try:
        return list(look(looked))
    except BadPack as error:
        return list(error.problems) or [PackProblem(looked.name, _about(look), str(error))]
    except BaseException as error:
        return [_raised(looked.name, looked.plugin, _about(look), error)]


def _about(look: Any) -> str:
    return f"its {look.__name__.replace('_', ' ')}"


def _raised(name: str, plugin: object, place: str, error: BaseException) -> PackProblem:
    cause = error.__cause__ if type(error).__name__ == "HookFailed" and error.__cause__ else error
    if isinstance(cause, KeyboardInterrupt):
        raise cause
    said = " ".join(str(cause).split())[:300]
    file = raised_at(plugin, cause)
    return PackProblem(name, place, f"raises {type(cause).__name__}: {said}".rstrip(": "), "mend that line", file)
