"""What one process does with what it is handed: a company's own limit, and nothing twice at the same time."""

import asyncio
import contextlib
from collections import Counter

import pytest

from guibin.dispatch.executor import Executor
from guibin.jobs.relay import Claimed
from guibin_tenants.tables import new_id

ONE, OTHER = new_id(), new_id()


class Watched:
    """Jobs that run until they are let go, counted by company."""

    def __init__(self) -> None:
        self.begun: list[object] = []
        self.running: Counter[object] = Counter()
        self.most: Counter[object] = Counter()
        self.go_on = asyncio.Event()
        self.changed = asyncio.Condition()

    async def perform(self, tenant_id, job_id, attempt):
        self.begun.append(job_id)
        self.running[tenant_id] += 1
        self.most[tenant_id] = max(self.most[tenant_id], self.running[tenant_id])
        await self._tell()
        await self.go_on.wait()
        self.running[tenant_id] -= 1
        await self._tell()

    async def until(self, holds):
        async with self.changed, asyncio.timeout(10):
            await self.changed.wait_for(holds)

    async def _tell(self):
        async with self.changed:
            self.changed.notify_all()


@pytest.fixture
async def watched(database, anyio_backend):
    watched = Watched()
    executor = Executor(database.redis, new_id(), watched.perform, at_once=3)
    running = asyncio.create_task(executor.run())
    yield watched, executor
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await executor.close()


async def test_a_companys_jobs_wait_for_its_own_limit_and_hold_nobody_up(watched):
    jobs, executor = watched
    claimed = [Claimed(ONE, new_id(), 0, 2) for _ in range(5)] + [Claimed(OTHER, new_id(), 0, 2)]

    assert await executor.hand_over(claimed) == []
    await jobs.until(lambda: len(jobs.begun) == 3)
    assert jobs.running == {ONE: 2, OTHER: 1}
    jobs.go_on.set()
    await jobs.until(lambda: len(jobs.begun) == 6 and not jobs.running.total())

    assert jobs.most == {ONE: 2, OTHER: 1}
    assert sorted(jobs.begun) == sorted(job.job_id for job in claimed)


async def test_an_attempt_delivered_again_while_it_runs_is_dropped(watched):
    jobs, executor = watched
    twice, last = Claimed(ONE, new_id(), 0, 2), Claimed(OTHER, new_id(), 0, 2)

    await executor.hand_over([twice])
    await executor.hand_over([twice, last])
    await jobs.until(lambda: last.job_id in jobs.begun)

    assert sorted(jobs.begun) == sorted([twice.job_id, last.job_id])
    jobs.go_on.set()


async def test_what_has_not_begun_when_the_process_ends_does_not_begin(watched):
    jobs, executor = watched
    await executor.hand_over([Claimed(ONE, new_id(), 0, 1) for _ in range(3)])
    await jobs.until(lambda: len(jobs.begun) == 1)

    draining = asyncio.create_task(executor.drain(5))
    await asyncio.sleep(0)
    jobs.go_on.set()
    await draining

    assert len(jobs.begun) == 1
