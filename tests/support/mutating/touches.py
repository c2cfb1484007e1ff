"""Which tests touch what: written down while the suite runs, so that a mutation runs only the tests that could notice.

What is noted is what a mutation changes: the guard that refused, the statement under a wall, the update or delete of a table,
what was written after an archive had ended,
the reaction that became a job, the callback that was called, the rhythm that was asked for or ticked.
"""

import functools
import hashlib
import inspect
import json
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import running

from guibin import events, timetable
from guibin.app import factory
from guibin.catalog import TABLES
from guibin.jobs import ticks
from guibin.packs import Packs
from guibin_tenants import scope
from guibin_tenants.refusals import Forbidden

from .passing import Passing
from .passing import write as write_passed
from .registries import entries

OPTION = "--touches"
ROOT = Path(__file__).parents[3]
_WORDS = re.compile(r"[a-z_]+")
_CHANGES = re.compile(r'\b(?:update|delete\s+from)\s+(?:only\s+)?(?:public\.)?"?([a-z_]+)', re.I)
_ADDITIONS = re.compile(r'\binsert\s+into\s+(?:public\.)?"?([a-z_]+)', re.I)
_ENDS = re.compile(r'\bupdate\s+"?customer"?\s.*(?:closed_at|erased_at)', re.I | re.S)
_NARROWED = re.compile(r"guibin\.units\W+'\{|guibin\.units', '\{", re.I)


class Touches:
    """A pytest plugin; `path` is where the process that started the run writes what all its workers saw."""

    def __init__(self, path: str, packs: Packs) -> None:
        self.path = Path(path)
        self.tests: dict[str, dict[str, Any]] = {}
        self.passing = Passing()
        self.now: set[str] = set()
        self.narrowed = self.ended = False
        self.tables = {table._meta.tablename for table in (*TABLES, *packs.tables())}
        self._named = functools.lru_cache(maxsize=20_000)(self._tables_named)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self.now, self.narrowed, self.ended = set(), False, False
        self.tests[item.nodeid] = {"took_s": 0.0, "passed": False, "touches": []}
        self.passing.take()
        result = yield
        self.tests[item.nodeid]["touches"] = sorted(self.now)
        self.tests[item.nodeid]["passes"] = self.passing.take()
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # The process that started the run hears of its workers' tests too.
        if report.nodeid in self.tests:
            test = self.tests[report.nodeid]
            test["took_s"] = round(test["took_s"] + report.duration, 3)
            test["passed"] = report.passed and (test["passed"] or report.when == "setup")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.tests |= json.loads(getattr(node, "workeroutput", {}).get("touches", "{}"))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["touches"] = json.dumps(self.tests)

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        if not hasattr(config, "workeroutput"):
            write(self.path, self.tests)

    def watch(self) -> None:
        """Put a note around whatever a mutation changes. Once in a process, before the application is built."""
        self._watch_statements()
        self._watch_guard()
        self._watch_work()
        self.passing.watch()
        for entry in entries():
            entry.replace(functools.partial(self._noting, f"listener {entry.label}"))

    def _noting(self, touch: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        async def noted(*args: Any, **kwargs: Any) -> Any:
            self.now.add(touch)
            return await function(*args, **kwargs)

        return noted

    def _watch_statements(self) -> None:
        for name in ("execute", "_execute", "_executemany", "_prepare"):
            original = getattr(asyncpg.Connection, name)

            def noted(connection: Any, query: str, *args: Any, _original: Any = original, **kwargs: Any) -> Any:
                self._statement(query)
                return _original(connection, query, *args, **kwargs)

            setattr(asyncpg.Connection, name, functools.wraps(original)(noted))

    def _statement(self, query: str) -> None:
        named, changed, ended = self._named(query)
        self.ended = self.ended or bool(_ENDS.search(query))
        if self.ended:
            self.now.update(ended)
        open_scope = scope._current.get()
        if open_scope is None:
            self.narrowed = self.narrowed or bool(_NARROWED.search(query))
        if self.narrowed if open_scope is None else open_scope.units != scope.ALL_UNITS:
            self.now.update(named)
        self.now.update(changed)

    def _tables_named(self, query: str) -> tuple[frozenset[str], ...]:
        words = set(_WORDS.findall(query)) & self.tables
        changed = {found.lower() for found in _CHANGES.findall(query)} & self.tables
        written = changed | {found.lower() for found in _ADDITIONS.findall(query)} & self.tables
        return (
            frozenset(f"walled {name}" for name in words),
            frozenset(f"changed {name}" for name in changed),
            frozenset(f"ended {name}" for name in written),
        )

    def _watch_guard(self) -> None:
        original = factory.needs_guard

        async def guard(connection: Any, handler: Any) -> None:
            try:
                await original(connection, handler)
            except Forbidden:
                self.now.add(f"refused {handler_name(handler)}")
                raise

        factory.needs_guard = guard

    def _watch_work(self) -> None:
        reactions, named, write_tick, come_round = events._reactions, ticks._of, ticks._write, running.come_round

        def noted_reactions(event: Any) -> Any:
            found = reactions(event)
            self.now.update(f"reaction {job.kind}" for job in found)
            return found

        def noted_rhythms(rhythms: Any, company: Any) -> Any:
            found = named(rhythms, company)
            self.now.update(f"asked {rhythm.name}" for rhythm in found)
            return found

        def noted_tick(rhythm: Any, *args: Any) -> Any:
            self.now.add(f"ticked {rhythm.name}")
            return write_tick(rhythm, *args)

        def noted_hour(tenant: Any, payload: Any, **more: Any) -> Any:
            rhythms = timetable.everything(tenant.world.packs)
            self.now.update(f"ticked {rhythm.name}" for rhythm in rhythms if rhythm.payload == payload)
            return come_round(tenant, payload, **more)

        events._reactions, ticks._of, ticks._write = noted_reactions, noted_rhythms, noted_tick
        running.come_round = noted_hour


def handler_name(handler: Any) -> str:
    """A route's function as its module and name: the same before and after the application is built."""
    function = inspect.unwrap(handler.fn)
    return f"{function.__module__}.{function.__qualname__}"


def read(path: Path) -> dict[str, dict[str, Any]]:
    """Every test that has been seen, by its id; nothing when none was."""
    with suppress(FileNotFoundError):
        return json.loads(path.read_text())["tests"]  # type: ignore[no-any-return]
    return {}


def present(seen: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Without the tests of files that are gone: asked for one of those, pytest runs none."""
    return {test: known for test, known in seen.items() if fingerprint(test.partition("::")[0])}


def write(path: Path, tests: dict[str, dict[str, Any]]) -> None:
    """Add these, instead of whatever was known of their files, with what each file was when it was seen."""
    seen = {test.partition("::")[0] for test in tests}
    kept = {test: known for test, known in read(path).items() if test.partition("::")[0] not in seen}
    for test, known in tests.items():
        known["of"] = fingerprint(test.partition("::")[0])
    write_passed(passed_beside(path), {test: known.pop("passes", {}) for test, known in tests.items()})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"tests": kept | tests}, ensure_ascii=False, indent=0, sort_keys=True))


def passed_beside(path: Path) -> Path:
    """Where is kept which tests pass which statements."""
    return path.with_name("passes.json")


@functools.lru_cache(maxsize=2_000)
def fingerprint(file: str) -> str:
    """Short for what the file says; empty when it is not there."""
    with suppress(OSError):
        return hashlib.sha256((ROOT / file).read_bytes()).hexdigest()[:12]
    return ""
