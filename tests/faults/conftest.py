"""Worker processes that are killed, and waiting with a bound for what must come true."""

import asyncio
import multiprocessing
import os
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from tests.faults import process as worker_process

# Importing a worker takes seconds: processes are forked from one that has.
FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload([worker_process.__name__])
LEASE_S = 1.0
WITHIN_S = 60.0


@pytest.fixture(autouse=True)
def nobody_else(database):
    """Companies that other tests left behind are suspended: worker processes would do their jobs and ticks too."""
    asyncio.run(_suspend_all(database.owner))


async def _suspend_all(owner_url):
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute("update tenant set suspended_at = now() where suspended_at is null")
    finally:
        await connection.close()


@pytest.fixture
def clock(clock):
    """Real time: worker processes have no other."""
    clock.set(datetime.now(UTC))
    return clock


class Process:
    """A worker process, with the methods of a Popen."""

    def __init__(self, *arguments: object) -> None:
        self._process = FORKING.Process(target=worker_process.main, args=arguments)
        self._process.start()

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int | None:
        self._process.join(timeout)
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()

    def terminate(self) -> None:
        self._process.terminate()


class Workers:
    """Worker processes over this test's database."""

    def __init__(self, database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.processes: list[Process] = []

    def start(
        self, *, lease_s: float = LEASE_S, redis_url: str = "", fail_at: str = "", clock: Path | None = None
    ) -> Process:
        """Start one; it ends at `fail_at`, and its clock is off by the seconds that the file `clock` holds.

        Several points apart by commas make a family, one process for each; it ends when all have been killed.
        """
        database = self.database
        arguments = [database.app, database.relay, redis_url or database.redis, str(lease_s), str(clock or "")]
        log = self.folder / f"worker-{len(self.processes)}.log"
        self.processes.append(Process(arguments, dict(os.environ), fail_at, str(log)))
        return self.processes[-1]

    def logs(self) -> str:
        """What they said, for a failure's message."""
        return "\n".join(log.read_text(errors="replace")[-3000:] for log in sorted(self.folder.glob("*.log")))

    async def until(self, holds: Callable[[], Awaitable[bool]], what: str, *, restart: bool = False) -> float:
        """Wait until it holds; how long that took. With `restart`, a worker that died is started again."""
        began = time.monotonic()
        while not await holds():
            if time.monotonic() - began > WITHIN_S:
                raise AssertionError(f"not within {WITHIN_S} s: {what}\n{self.logs()}")
            if restart and all(process.poll() is not None for process in self.processes):
                self.start()
            await asyncio.sleep(0.05)
        return time.monotonic() - began

    def end(self) -> None:
        """Kill what is left."""
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
async def workers(world, database, tmp_path):
    found = Workers(database, tmp_path)
    yield found
    found.end()
