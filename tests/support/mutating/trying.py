"""One process that has the tests collected, the application built and the database migrated takes one element after the other
out of the policies in memory, and runs the tests that could notice, up to the first that goes red.
"""

import contextlib
import os
import signal
import sys
import time
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import pack_values
import pytest
from _pytest.runner import runtestprotocol
from msgspec import Struct

from guibin import packs as packs_module
from guibin.packs import Packs
from guibin.policies import queries
from guibin.policies.merged import MergedPolicies
from guibin.policy.packs import Pack
from support import REDIS_DATABASE

from . import touches
from .candidates import FOLDERS, RUNS_MIN, TOGETHER_S, Candidate, candidates, ranked, worth_of
from .results import Result, Results

# A test that hangs without an element takes its process with it; another goes on with the rest.
HANGS_S = 30
# So long after the time is up whoever noticed is still looked at once more.
CONFIRMED_WITHIN_S = 60
# Where the core's own regulations are looked up.
_REGULATIONS = {"core": "CORE", "general": "GENERAL"}
_EVERY: "weakref.WeakSet[Packs]" = weakref.WeakSet()


class Tries(Struct, frozen=True):
    """What a process is to do: `missing` in their order, until `until`; `before` names who noticed each the last time."""

    missing: tuple[Any, ...]
    results: Results
    until: float
    before: Mapping[str, str]
    seen: Mapping[str, Mapping[str, Any]]
    log: Path


def run_in_fork(tries: Tries, place: int) -> int:
    """Fork a process that tries them; its id. Its pytest talks into the log."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        said = os.fdopen(os.dup(1), "w", buffering=1)
        tries.log.parent.mkdir(parents=True, exist_ok=True)
        log = os.open(tries.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.chdir(touches.ROOT)
        os.environ[REDIS_DATABASE] = str(place)
        _remember_packs()
        code = int(pytest.main(["-q", "-p", "no:cacheprovider", "--tb=no", *FOLDERS], plugins=[Trying(tries, said)]))
    except BaseException as error:
        print(f"the elements' process failed: {error!r}", flush=True)
    finally:
        sys.stdout.flush()
        os._exit(code)


class Trying:
    """A pytest plugin in whose session elements are taken out instead of every test being run once."""

    def __init__(self, tries: Tries, said: Any) -> None:
        self.tries = tries
        self.said = said
        self.sound: dict[str, bool] = {}
        self.killers: dict[str, str] = {}
        self.survivors: set[str] = set()
        self.at: Any = None

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.nothing = Nothing(session)
        self.found = candidates(session.items, self.tries.seen)
        self.worth = worth_of(self.found)
        # Whatever lasts for the session is made while nothing is missing.
        self._red(next(each for each in self.found if "conformance" in each.test))
        signal.signal(signal.SIGALRM, self._hangs)
        for missing in self.tries.missing:
            if time.monotonic() > self.tries.until:
                break
            self._try(missing)
        self._confirm()
        return True

    def _try(self, missing: Any) -> None:
        began, self.at = time.monotonic(), missing
        by, ran, could = self._noticed(missing)
        if by:
            self.killers[missing.id] = by
        else:
            self.survivors.add(missing.id)
        took_s = round(time.monotonic() - began, 2)
        self._keep(Result(missing.id, "killed" if by else "survived", by=by, ran=ran, could=could, took_s=took_s))

    def _noticed(self, missing: Any) -> tuple[str, int, int]:
        """Who noticed, how many were run, how many could."""
        if refused := missing.refused:
            return f"the start of the service: {refused}", 0, 0
        around = list(_around(missing.id))
        if any(each in self.survivors and each.endswith("]") for each in around):
            return "", 0, 0  # what nobody misses whole, and what no default stands in for, nobody misses in part
        before = self.tries.before.get(missing.id, "")
        first = [test for test in (before, *(self.killers.get(each, "") for each in around)) if test]
        likely = ranked(missing.sought, self.found, self.worth, first)
        until = time.process_time() + TOGETHER_S
        for ran, each in enumerate(likely, 1):
            if ran > RUNS_MIN and time.process_time() > until:
                return "", ran - 1, len(likely)
            with _without(missing.whose, missing.element.without):
                red = self._red(each)
            if red and each.test not in self.sound:
                self.sound[each.test] = not self._red(each)
            if red and self.sound[each.test]:
                return each.test, ran, len(likely)
        return "", len(likely), len(likely)

    def _red(self, each: Candidate) -> bool:
        signal.alarm(HANGS_S)
        try:
            each.item._initrequest()  # type: ignore[attr-defined]  # as plugins that run a test again do
            reports = runtestprotocol(each.item, log=False, nextitem=self.nothing)  # type: ignore[arg-type]
        finally:
            signal.alarm(0)
        return any(report.failed for report in reports)

    def _confirm(self) -> None:
        """Whoever noticed must still be green without anything missing: what has become red meanwhile proves nothing."""
        tests = {each.test: each for each in self.found}
        for test in dict.fromkeys(self.killers.values()):
            if time.monotonic() > self.tries.until + CONFIRMED_WITHIN_S:
                return
            if test in tests and self._red(tests[test]):
                for name in [name for name, by in self.killers.items() if by == test]:
                    self.said.write(f"undecided {name}: {test} is red without it too\n")
                    self.tries.results.add(Result(name, "undecided"))

    def _keep(self, result: Result) -> None:
        self.tries.results.add(self.at.settled(result))
        noticed = f"killed {result.id} by {result.by}" if result.by else f"SURVIVED {result.id}, {result.ran} tests"
        self.said.write(f"{noticed} ({result.took_s} s)\n")

    def _hangs(self, number: int, frame: FrameType | None) -> None:
        # Inside of whatever the loop is doing: nothing of this process can be trusted after it.
        self.tries.results.add(self.at.settled(Result(self.at.id, "undecided")))
        self.said.write(f"undecided {self.at.id}: a test hangs\n")
        self.said.flush()
        os._exit(3)


class Nothing:
    """The test that comes next when none does: whatever lasts for the session stays, all else ends."""

    def __init__(self, session: pytest.Session) -> None:
        self.session = session
        self.nodeid = ""

    def listchain(self) -> list[Any]:
        return [self.session]


def _around(name: str) -> Iterator[str]:
    """The ids of what it is in, the nearest first."""
    for end in range(len(name) - 1, 0, -1):
        if name[end] in ".[":
            yield name[:end]


def _remember_packs() -> None:
    """Every set of packs that a test or fixture makes, so that an element can be taken out of it."""
    made = Packs.__init__

    def remembered(self: Packs, *args: Any, **kwargs: Any) -> None:
        made(self, *args, **kwargs)
        _EVERY.add(self)

    packs_module.Packs.__init__ = remembered  # type: ignore[method-assign]
    once = Packs(pack_values.plugins())
    pack_values.all_packs = lambda: once


@contextlib.contextmanager
def _without(whose: str, value: Pack) -> Iterator[None]:
    """Every company goes by the value meanwhile."""
    before = _put(whose, value)
    try:
        yield
    finally:
        _put(whose, before)


def _put(whose: str, value: Pack) -> Pack:
    before: Pack
    if whose in _REGULATIONS:
        before = getattr(queries, _REGULATIONS[whose])
        setattr(queries, _REGULATIONS[whose], value)
    else:
        having = [each for each in _EVERY if whose in each._values]
        before = having[0]._values[whose]
        for each in having:
            each._values[whose] = value
            each._relays.cache_clear()
    queries._merged = MergedPolicies()
    return before
