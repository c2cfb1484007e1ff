"""Running chosen tests in a fork of a warm process, in which a rule is missing before the application is built."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from msgspec import Struct

from guibin.operation import embedded, migrations
from guibin.packs import Packs
from support import ALTERED, REDIS_DATABASE, SERVERS

from .touches import ROOT

# Modules that most tests import: here once, instead of in every fork.
WARM = (
    "hypothesis",
    "openpyxl",
    "anyio.pytest_plugin",
    "support",
    "running",
    "desk",
    "guibin.cli",
    "guibin.operation.worker",
)


class Asked(Struct, frozen=True):
    """What a fork is to do: `change` the process, `statements` its database, then the tests, up to the first that fails."""

    name: str
    change: Callable[[], None]
    statements: tuple[str, ...]
    tests: tuple[str, ...]
    files: tuple[str, ...] = ()
    stop_at_first: bool = True


class Ran(Struct, frozen=True):
    """What came of it: `failed` tests, in their order, how many `passed`; `late` when time was up before the end."""

    asked: Asked
    failed: tuple[str, ...] = ()
    passed: int = 0
    late: bool = False
    took_s: float = 0.0
    said: str = ""


class Watch:
    """A pytest plugin that keeps the chosen tests, in their order, and writes down what becomes of them."""

    def __init__(self, asked: Asked, to: Path) -> None:
        self.asked = asked
        self.to = to
        self.failed: list[str] = []
        self.passed = 0

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        place = {test: number for number, test in enumerate(self.asked.tests)}
        kept = [i for i in items if i.nodeid in place or i.nodeid.partition("::")[0] in self.asked.files]
        items[:] = sorted(kept, key=lambda item: place.get(item.nodeid, len(place)))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._note(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._note(report.nodeid)
        elif report.when == "call":
            self.passed += 1
            self._write()

    def _note(self, test: str) -> None:
        if test not in self.failed:
            self.failed.append(test)
        self._write()

    def _write(self) -> None:
        self.to.write_text(json.dumps({"failed": self.failed, "passed": self.passed}))


@contextlib.contextmanager
def servers(packs: Packs) -> Iterator[dict[str, str]]:
    """PostgreSQL with the migrated template and Valkey, for as long as this lasts; forks are told by the environment."""
    with tempfile.TemporaryDirectory(prefix="guibin-mutate-", dir=os.environ.get("TMPDIR", "/tmp")) as folder:
        home = Path(folder)
        home.chmod(0o755)
        started = embedded.start(home, settings=embedded.FORGETFUL)
        try:
            asyncio.run(migrations.migrate(started.owner_url, packs.schemas()))
            addresses = {
                "owner": started.owner_url,
                "app": started.app_url,
                "relay": started.relay_url,
                "redis": started.redis_url,
                "superuser": embedded.superuser_url(home),
            }
            os.environ[SERVERS] = json.dumps(addresses)
            yield addresses
        finally:
            embedded.stop(home)


def run_all(asked: Iterator[Asked], *, at_once: int, seconds: float, superuser: str, folder: Path) -> Iterator[Ran]:
    """Each in a fork of its own, so many at once, each at most `seconds` long; as they end."""
    folder.mkdir(parents=True, exist_ok=True)
    running: dict[int, tuple[Asked, float, Path, int]] = {}
    places = list(range(1, at_once + 1))
    try:
        while True:
            while places and (one := next(asked, None)) is not None:
                place = places.pop()
                to = folder / f"fork-{place}"
                running[_fork(one, to, place)] = (one, time.monotonic(), to, place)
            if not running:
                return
            for pid, (one, began, to, place) in list(running.items()):
                late = time.monotonic() - began > seconds
                if late:
                    os.killpg(pid, signal.SIGKILL)
                if os.waitpid(pid, 0 if late else os.WNOHANG)[0] == pid:
                    del running[pid]
                    places.append(place)
                    asyncio.run(_drop(superuser, f"guibin_within_{pid}"))
                    yield _read(one, to, late, time.monotonic() - began)
            time.sleep(0.02)
    finally:
        for pid in running:
            os.killpg(pid, signal.SIGKILL)


def _fork(asked: Asked, to: Path, place: int) -> int:
    for old in (to.with_suffix(".json"), to.with_suffix(".log")):
        old.unlink(missing_ok=True)
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        log = os.open(to.with_suffix(".log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.chdir(ROOT)
        os.environ[REDIS_DATABASE] = str(place)
        os.environ[ALTERED] = json.dumps(asked.statements)
        asked.change()
        files = dict.fromkeys([*(test.partition("::")[0] for test in asked.tests), *asked.files])
        stop = ["-x"] if asked.stop_at_first else []
        arguments = [*stop, "-q", "-p", "no:cacheprovider", "--tb=short", *files]
        code = int(pytest.main(arguments, plugins=[Watch(asked, to.with_suffix(".json"))]))
    except BaseException as error:
        print(f"the fork failed: {error!r}", flush=True)
    finally:
        sys.stdout.flush()
        os._exit(code)


def _read(asked: Asked, to: Path, late: bool, took_s: float) -> Ran:
    said: dict[str, Any] = {}
    with contextlib.suppress(FileNotFoundError, ValueError):
        said = json.loads(to.with_suffix(".json").read_text())
    with contextlib.suppress(FileNotFoundError):
        log = to.with_suffix(".log").read_text(errors="replace")[-4_000:]
        return Ran(asked, tuple(said.get("failed", ())), said.get("passed", 0), late, round(took_s, 1), log)
    return Ran(asked, late=late, took_s=round(took_s, 1))


async def _drop(superuser: str, name: str) -> None:
    connection = await asyncpg.connect(superuser)
    try:
        await connection.execute(f"drop database if exists {name} with (force)")
    finally:
        await connection.close()


def unchanged() -> None:
    """A fork without any mutation."""


def nothing_ran(ran: Ran) -> bool:
    """Whether the fork never came to its tests: a fault of ours, and no proof of anything."""
    return not ran.failed and not ran.passed
