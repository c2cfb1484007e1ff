"""Worker processes that are killed, and waiting with a bound for what must come true."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

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


class Workers:
    """Worker processes over this test's database."""

    def __init__(self, database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(
        self, *, lease_s: float = LEASE_S, redis_url: str = "", fail_at: str = "", clock: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """Start one; it ends at `fail_at`, and its clock is off by the seconds that the file `clock` holds.

        Several points apart by commas make a family, one process for each; it ends when all have been killed.
        """
        database = self.database
        arguments = [database.app, database.relay, redis_url or database.redis, str(lease_s)]
        log = (self.folder / f"worker-{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("process.py")), *arguments, str(clock or "")],
            stdout=log,
            stderr=log,
            env=os.environ | {"FAIL_AT_EACH" if "," in fail_at else "GUIBIN_FAIL_AT": fail_at},
        )
        self.processes.append(process)
        return process

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
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()


@pytest.fixture
async def workers(world, database, tmp_path):
    found = Workers(database, tmp_path)
    yield found
    found.end()
