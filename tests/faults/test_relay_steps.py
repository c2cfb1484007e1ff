"""T10, T14: the relay dies between claim, hand-over and mark; the scheduler dies across a tick."""

import asyncio
from datetime import UTC, datetime

import pytest
from working import Effect, effects, unfinished

from guibin.context import Root
from guibin.dispatch.execution import Workshop, company_of, perform
from guibin.dispatch.executor import Executor
from guibin.dispatch.leases import Leases
from guibin.jobs import ticks
from guibin.jobs.actions import enqueue
from guibin.jobs.relay import relaying
from guibin.periods.rhythms import Rhythm
from guibin_tenants.scope import fetch_value
from guibin_tenants.tables import new_id


async def _queue(tenant, count):
    async with tenant.scope():
        return [await enqueue(Effect(), now=tenant.world.clock()) for _ in range(count)]


async def _nobody(tenant_id, job_id, attempt):
    raise AssertionError("this executor's worker never runs")


async def _finish(workers, tenant, jobs):
    workers.start()

    async def all_done():
        async with tenant.scope():
            return await unfinished() == 0

    await workers.until(all_done, "every job done")
    async with tenant.scope():
        assert await effects() == dict.fromkeys(jobs, 1)


async def test_the_relay_dies_after_the_claim(workers, tenant, database):
    jobs = await _queue(tenant, 5)
    async with relaying(database.relay, new_id()) as relay:
        assert len(await relay.claim(tenant.world.clock(), in_hand_max=200, at_once=100)) >= 5

    await _finish(workers, tenant, jobs)


async def test_the_relay_dies_after_the_hand_over(workers, tenant, database):
    jobs = await _queue(tenant, 5)
    dead = new_id()
    executor = Executor(database.redis, dead, _nobody, at_once=1)
    async with relaying(database.relay, dead) as relay:
        claimed = await relay.claim(tenant.world.clock(), in_hand_max=200, at_once=100)
        assert await executor.hand_over(claimed) == []

    await _finish(workers, tenant, jobs)


async def test_the_worker_dies_after_the_lease(workers, tenant):
    jobs = await _queue(tenant, 1)
    shop = Workshop(
        root=Root(packs=tenant.world.packs, clock=tenant.world.clock), worker=new_id(), leases=Leases(), lease_s=0.2
    )

    class Died(BaseException):
        """As a kill would: nothing of ours runs any more."""

    class NoLeases(Leases):
        def kept(self, tenant_id, job_id, token):
            raise Died

    dying = Workshop(root=shop.root, worker=shop.worker, leases=NoLeases(), lease_s=0.2)
    with pytest.raises(Died):
        await perform(dying, tenant.id, jobs[0], attempt=0)

    await _finish(workers, tenant, jobs)


async def test_a_hand_over_to_redis_that_is_down_gives_the_jobs_back(tenant, database):
    await _queue(tenant, 3)
    worker = new_id()
    executor = Executor("redis://127.0.0.1:1/0", worker, _nobody, at_once=1)
    async with relaying(database.relay, worker) as relay:
        claimed = await relay.claim(tenant.world.clock(), in_hand_max=200, at_once=100)
        left = await executor.hand_over(claimed)
        await relay.take_back(left)

        assert not await executor.reachable()
        assert (len(left), await relay.take_back()) == (len(claimed), 0)


async def test_a_scheduler_that_dies_across_a_tick_leaves_one_job(tenant):
    daily = Rhythm("daily", Effect(), every="daily 08:00")
    start = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    later = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
    async with tenant.scope():
        company = await company_of(tenant.id)
        await ticks.tick([daily], company, since=start, now=start)

    with pytest.raises(asyncio.CancelledError):  # noqa: PT012  # the transaction is what dies
        async with tenant.scope():
            assert await ticks.tick([daily], company, since=start, now=later) == 1
            raise asyncio.CancelledError
    for _ in range(2):
        async with tenant.scope():
            await ticks.tick([daily], company, since=start, now=later)

    async with tenant.scope():
        assert await fetch_value("select count(*) from job") == 1
