"""One process that has the tests collected and the application built forks for each decision that is changed: the fork has the
function's changed code and runs the tests that pass it, up to the first that goes red.
"""

import functools
import gc
import json
import os
import select
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest
from _pytest.runner import runtestprotocol
from hypothesis import Phase, settings
from msgspec import Struct

from support import REDIS_DATABASE

from . import passing, touches
from .decisions import Decision, candidates
from .results import Result, Results
from .rewriting import living, put
from .trying import Nothing

# One that takes longer than this is not worth its while; so many are run at most, computing for so long together, and waiting for
# a database that others use so many times as long.
EACH_S, RUNS_MAX, TOGETHER_S, WAITING = 4.0, 400, 8.0, 5
# A test that has computed for so long beyond ten times its own, or waited, will never end.
HANGS_S, WAITS_S = 2.0, 90.0
# What a fork says beside the names of tests, and what it says of the test that was running.
_ENDS = {"red": "", "hangs": ", which never ends", "ends": ", whose process ends", "unchanged": ""}


class Deciding(Struct, frozen=True):
    """What is to be done until `until`: `passed` is what each test passes and `took_s` how long it takes, `before` who noticed each the
    last time; the tests of one compute for `together_s` at most.
    """

    decisions: tuple[Decision, ...]
    results: Results
    until: float
    passed: Mapping[str, passing.Passed]
    took_s: Mapping[str, float]
    before: Mapping[str, str]
    log: Path
    together_s: float = TOGETHER_S


def try_all(asked: Deciding) -> None:
    """In a process of its own; each verdict is in the results' file as it comes."""
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        _in_fork(asked)
    try:
        os.waitpid(pid, 0)
    except BaseException:
        os.killpg(pid, signal.SIGKILL)
        raise
    asked.results.read()


def _in_fork(asked: Deciding) -> None:
    code = 1
    try:
        os.setsid()
        said = os.fdopen(os.dup(1), "w", buffering=1)
        asked.log.parent.mkdir(parents=True, exist_ok=True)
        log = os.open(asked.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.chdir(touches.ROOT)
        os.environ[REDIS_DATABASE] = "1"
        files = {test.partition("::")[0] for test in asked.took_s}
        code = int(
            pytest.main(["-q", "-p", "no:cacheprovider", "--tb=line", *sorted(files)], plugins=[_Tests(asked, said)])
        )
    except BaseException as error:
        print(f"the decisions' process failed: {error!r}", flush=True)
    finally:
        sys.stdout.flush()
        os._exit(code)


class _Tests:
    """A pytest plugin in whose session decisions are changed instead of every test being run once."""

    def __init__(self, asked: Deciding, said: Any) -> None:
        self.asked = asked
        self.said = said
        # Function → who noticed a change of it, the last one last.
        self.killers: dict[str, dict[str, None]] = {}
        self.sound: dict[str, bool] = {}

    @pytest.fixture(scope="session", autouse=True)
    def _ready(self, shared_application: Any) -> None:
        # Built by the first test, before any fork.
        pass

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        # An example that is refuted needs not be a small one.
        phases = (Phase.explicit, Phase.generate)
        once = settings(settings.get_profile("guibin"), phases=phases, database=None, derandomize=True)
        settings.register_profile("mutating", once)
        settings.load_profile("mutating")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.nothing = Nothing(session)
        self.items = {item.nodeid: item for item in session.items}
        # One without a loop of its own, which no fork could share.
        computes = next(item for item in session.items if "anyio_backend" not in getattr(item, "fixturenames", ()))
        runtestprotocol(computes, log=False, nextitem=self.nothing)  # type: ignore[arg-type]
        self.functions = living({str(one.source.file) for one in self.asked.decisions})
        self.caches = _caches()
        gc.collect()
        gc.freeze()
        for one in self.asked.decisions:
            if time.monotonic() > self.asked.until:
                break
            self._try(one)
        self._confirm()
        return True

    def _try(self, one: Decision) -> None:
        began = time.monotonic()
        near = self.killers.setdefault(one.function, {})
        first = [test for test in (self.asked.before.get(one.id, ""), *reversed(near)) if test]
        could = [
            test
            for test in candidates(one, self.asked.passed, self.asked.took_s, first)
            if test in self.items and self.sound.get(test, True)
        ]
        by, ran = self._run(could, one) if could else ("", 0)
        # What cannot be changed in the living process proves nothing.
        verdict, by = ("undecided", "") if by in _ENDS else ("killed" if by else "survived", by)
        test = by.partition(", wh")[0]
        if test and test not in self.sound:
            self.sound[test] = not self._run([test], None)[0]
            if not self.sound[test]:
                return self._try(one)
        if test:
            near.pop(test, None)
            near[test] = None
        took_s = round(time.monotonic() - began, 2)
        result = Result(one.id, verdict, by=by, ran=ran, could=len(could), took_s=took_s)
        self.asked.results.add(one.settled(result))
        noticed = f"killed {one.id} by {by}" if by else f"{verdict.upper()} {one.id}, {ran} of {len(could)} tests"
        self.said.write(f"{noticed} ({took_s} s)\n")
        return None

    def _run(self, tests: Sequence[str], one: Decision | None) -> tuple[str, int]:
        """The first that goes red, in a fork, with the change or without any; and how many were run."""
        reads, writes = os.pipe()
        pid = os.fork()
        if not pid:
            self._tell(tests[:RUNS_MAX], one, writes)
        os.close(writes)
        running, ran, red = "", 0, ""
        with os.fdopen(reads, "rb") as told:
            while running or not ran:
                said = _heard(told, pid, HANGS_S + 10 * self.asked.took_s.get(running, 0.0))
                if said in _ENDS:
                    red = f"{running}{_ENDS[said]}" if running else said
                    break
                running, ran = said, ran + bool(said)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return red, ran

    def _tell(self, tests: Sequence[str], one: Decision | None, to: int) -> None:
        try:
            if one is not None:
                living_ones = self.functions[str(one.source.file)]
                if not put(one.change.made(one.source), living_ones, one.change.function):
                    _say(to, "unchanged")
                    os._exit(0)
                for cache in self.caches:
                    cache.cache_clear()
            until = time.process_time() + self.asked.together_s
            late = time.monotonic() + self.asked.together_s * WAITING
            for number, test in enumerate(tests):
                if number and (time.process_time() > until or time.monotonic() > late):
                    break
                _say(to, test)
                if self._red(self.items[test]):
                    _say(to, "red")
                    os._exit(0)
            _say(to, "")
        finally:
            os._exit(0)

    def _red(self, item: Any) -> bool:
        item._initrequest()  # as plugins that run a test again do
        return any(report.failed for report in runtestprotocol(item, log=False, nextitem=self.nothing))  # type: ignore[arg-type]

    def _confirm(self) -> None:
        """Whoever noticed must still be green without any change: what has become red meanwhile proves nothing."""
        every = {test for near in self.killers.values() for test in near}
        for test in every:
            if self._run([test], None)[0]:
                for name, known in list(self.asked.results.known.items()):
                    if name in self.asked.results.since_start and known.by.startswith(test):
                        self.said.write(f"undecided {name}: {test} is red without it too\n")
                        self.asked.results.add(Result(name, "undecided"))


def _heard(told: Any, pid: int, at_most_s: float) -> str:
    """The next that the fork says; that it hangs, once it has computed or waited for too long."""
    began, computed = time.monotonic(), sum(psutil.Process(pid).cpu_times()[:2])
    while not select.select([told], [], [], 0.5)[0]:
        if sum(psutil.Process(pid).cpu_times()[:2]) > computed + at_most_s or time.monotonic() > began + WAITS_S:
            return "hangs"
    return json.loads(told.readline() or '"ends"')  # type: ignore[no-any-return]


def _say(to: int, what: str) -> None:
    os.write(to, json.dumps(what).encode() + b"\n")


def _caches() -> list[Any]:
    """What keeps results that were computed before a change."""
    kept = (each for each in gc.get_objects() if isinstance(each, functools._lru_cache_wrapper))
    return [each for each in kept if getattr(each, "__module__", "").startswith("guibin")]
