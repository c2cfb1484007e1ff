"""Whether packs are sound: everything one brings is looked at before anything starts, and what cannot start is put aside.

`guibin pack check`, `guibin doctor` and the start of every process ask here, so they say the same.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from guibin.packs import NO_HOOKS, BadPack, Packs, installed, raised
from guibin.policy.problems import PackProblem
from guibin.watch import metrics

from . import declared
from .declared import Looked

NO_PACKS = Packs({})
_log = logging.getLogger("guibin.packs")


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


def problems_of(name: str, plugin: object, *, beside: Mapping[str, object]) -> tuple[PackProblem, ...]:
    """Everything that is wrong with the pack, `beside` those that start before it; nothing when it is sound."""
    try:
        packs = Packs({**beside, name: plugin})
    except BadPack as error:
        return error.problems
    except BaseException as error:
        answers = _found(declared.answers, Looked(name, plugin, NO_HOOKS, NO_PACKS))
        return tuple(answers) or (raised(name, plugin, "a hook", error),)
    looked = Looked(name, plugin, packs.hooks_of((name,)), packs)
    return tuple(problem for look in declared.LOOKS for problem in _found(look, looked))


def _found(look: Callable[[Looked], Iterator[PackProblem]], looked: Looked) -> list[PackProblem]:
    try:
        return list(look(looked))
    except BadPack as error:
        return list(error.problems) or [PackProblem(looked.name, _about(look), str(error))]
    except BaseException as error:
        return [raised(looked.name, looked.plugin, _about(look), error)]


def _about(look: Any) -> str:
    return f"its {look.__name__.replace('_', ' ')}"
