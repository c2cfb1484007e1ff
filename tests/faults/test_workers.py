"""T8–T17: workers killed, stopped and cut off. Real processes, each effect exactly once."""

import asyncio
import signal
import time

import asyncpg
import pytest
import redis.asyncio as redis
from working import Effect, KillOnce, Poison, effects, unfinished

from guibin.jobs.actions import enqueue
from guibin.operation import embedded
from guibin_tenants.scope import execute, fetch, fetch_value


async def _queue(tenant, *jobs):
    async with tenant.scope():
        return [await enqueue(job, now=tenant.world.clock()) for job in jobs]


async def _all_done(tenant):
    async with tenant.scope():
        return await unfinished() == 0


async def _outcomes(tenant, job_id):
    async with tenant.scope():
        rows = await fetch("select outcome from job_attempt where job_id = $1 order by attempt", job_id)
    return [row["outcome"] for row in rows]


async def _effects(tenant):
    async with tenant.scope():
        return await effects()


@pytest.mark.parametrize("when", ["before effect", "after effect"])
async def test_a_worker_killed_in_a_handler_leaves_each_effect_once(workers, tenant, when):
    jobs = await _queue(tenant, KillOnce(when=when), *[Effect(takes_s=0.2)] * 5)
    workers.start()

    await workers.until(lambda: _all_done(tenant), "every job done", restart=True)

    assert workers.processes[0].returncode == -signal.SIGKILL
    assert await _effects(tenant) == dict.fromkeys(jobs, 1)
    assert await _outcomes(tenant, jobs[0]) == ["lost", "completed"]


async def test_a_worker_killed_at_any_moment_leaves_each_effect_once(workers, tenant):
    jobs = await _queue(tenant, *[Effect(takes_s=0.02)] * 120)
    for done in (5, 40, 80):
        process = workers.start()

        async def so_many(least=done):
            return len(await _effects(tenant)) >= least

        await workers.until(so_many, f"{done} done")
        process.kill()
        process.wait()
    workers.start()

    await workers.until(lambda: _all_done(tenant), "every job done")

    assert await _effects(tenant) == dict.fromkeys(jobs, 1)


async def test_deadlines_that_fall_due_while_the_worker_is_killed_fire_once_each(workers, tenant):
    async with tenant.scope():
        await execute(
            "insert into timer (id, subject, subject_id, milestone, occurrence, clock, steps, next_at, due_at,"
            " provisional, generation, version)"
            " select gen_random_uuid(), 'test', gen_random_uuid(), 'test', 1, '{}', jsonb_build_array("
            "   jsonb_build_object('name', 'warning', 'kind', 'warning', 'at', at, 'roles', '[]'::jsonb),"
            "   jsonb_build_object('name', 'breach', 'kind', 'breach', 'at', at + interval '1 second',"
            "     'roles', '[]'::jsonb)), at, at + interval '1 second', false, 0, 1"
            " from (select now() + n * interval '20 milliseconds' as at from generate_series(1, 150) n) s"
        )

    async def fired(least):
        async with tenant.scope():
            return await fetch_value("select count(*) from timer_step") >= least

    for least in (20, 150):
        process = workers.start()
        await workers.until(lambda least=least: fired(least), f"{least} fired")
        process.kill()
        process.wait()
    workers.start()
    await workers.until(lambda: fired(300), "all fired")

    async with tenant.scope():
        kinds = await fetch("select kind, count(*) as n, count(distinct timer_id) as timers from timer_step group by 1")
        assert sorted(tuple(row) for row in kinds) == [("breach", 150, 150), ("warning", 150, 150)]
        assert await fetch_value("select count(*) from timer where next_at is not null") == 0


async def test_redis_flushed_with_jobs_queued_and_running(workers, tenant, database):
    jobs = await _queue(tenant, *[Effect(takes_s=0.05)] * 60)
    workers.start()
    client = redis.from_url(database.redis)
    for done in (3, 20, 40):

        async def so_many(least=done):
            return len(await _effects(tenant)) >= least

        await workers.until(so_many, f"{done} done")
        await client.flushdb()
    await client.aclose()

    await workers.until(lambda: _all_done(tenant), "every job done")

    assert workers.processes[0].poll() is None
    assert await _effects(tenant) == dict.fromkeys(jobs, 1)


PASSWORDS = {"valkey": "letmein", "presence": "lookin"}


async def test_redis_away_and_back_empty(workers, tenant, tmp_path):
    url, _ = embedded.start_valkey(tmp_path, PASSWORDS)
    try:
        process = workers.start(redis_url=url)
        first = await _queue(tenant, *[Effect(takes_s=0.05)] * 20)

        async def some():
            return len(await _effects(tenant)) >= 3

        await workers.until(some, "some done")
        embedded.stop_valkey(tmp_path)
        second = await _queue(tenant, *[Effect()] * 5)
        await asyncio.sleep(1.0)  # time for arq's worker to notice and end
        for file in (tmp_path / "valkey").glob("appendonlydir/*"):
            file.unlink()
        embedded.start_valkey(tmp_path, PASSWORDS)

        await workers.until(lambda: _all_done(tenant), "every job done")

        assert process.poll() is None
        assert await _effects(tenant) == dict.fromkeys(first + second, 1)
    finally:
        embedded.stop_valkey(tmp_path)


async def test_database_connections_cut(workers, tenant, database):
    jobs = await _queue(tenant, *[Effect(takes_s=0.05)] * 60)
    process = workers.start()
    for done in (3, 25):

        async def so_many(least=done):
            return len(await _effects(tenant)) >= least

        await workers.until(so_many, f"{done} done")
        for url, name in ((database.app, "guibin worker"), (database.relay, "guibin relay")):
            connection = await asyncpg.connect(url)
            cut = await connection.fetch(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1"
                " and datname = current_database()",
                name,
            )
            await connection.close()
            assert cut

    await workers.until(lambda: _all_done(tenant), "every job done")

    assert process.poll() is None
    assert await _effects(tenant) == dict.fromkeys(jobs, 1)


async def test_a_poison_job_ends_as_a_dead_letter_and_the_others_are_done(workers, tenant):
    poison, *others = await _queue(tenant, Poison(), *[Effect()] * 5)
    workers.start()

    await workers.until(lambda: _all_done(tenant), "every job ended", restart=True)

    assert await _effects(tenant) == dict.fromkeys(others, 1)
    assert await _outcomes(tenant, poison) == ["lost", "lost"]
    async with tenant.scope():
        assert await fetch_value("select outcome from job where id = $1", poison) == "dead"


async def test_two_workers_share_the_work_and_repeat_none(workers, tenant):
    jobs = await _queue(tenant, *[Effect(takes_s=0.02)] * 100)
    workers.start()
    workers.start()

    await workers.until(lambda: _all_done(tenant), "every job done")

    assert await _effects(tenant) == dict.fromkeys(jobs, 1)
    async with tenant.scope():
        assert await fetch_value("select count(*) from job_attempt where outcome <> 'completed'") == 0


async def test_sigterm_lets_running_jobs_end_and_gives_the_rest_back(workers, tenant):
    jobs = await _queue(tenant, *[Effect(takes_s=1.0)] * 20)
    process = workers.start(lease_s=10)  # No lease runs out on a busy machine.

    async def running():
        async with tenant.scope():
            return await fetch_value("select count(*) from job where lease_token is not null") > 0

    await workers.until(running, "some running")
    process.terminate()
    assert await asyncio.to_thread(process.wait, 8) == 0

    async with tenant.scope():
        assert await fetch_value("select count(*) from job where ended_at is null and handed_at is not null") == 0
        assert await fetch_value("select count(*) from job_attempt where outcome <> 'completed'") == 0
        done = await effects()
        assert 0 < len(done) < len(jobs)
        assert set(done.values()) == {1}


async def test_a_long_job_is_interrupted_at_the_end_and_done_by_the_next(workers, tenant):
    job_id = (await _queue(tenant, Effect(takes_s=5.0)))[0]
    process = workers.start(lease_s=3)

    async def running():
        async with tenant.scope():
            return await fetch_value("select count(*) from job where lease_token is not null") > 0

    await workers.until(running, "it runs")
    process.terminate()
    assert await asyncio.to_thread(process.wait, 8) == 0
    assert await _outcomes(tenant, job_id) == ["interrupted"]
    workers.start()

    await workers.until(lambda: _all_done(tenant), "done by the next")
    assert await _effects(tenant) == {job_id: 1}


async def test_one_job_does_not_wait_behind_ten_thousand_of_another_company(workers, tenant, other_tenant):
    """T13: B's wait stays under two seconds and under a tenth of A's."""
    async with tenant.scope():
        await execute(
            "insert into job (id, kind, payload, priority, run_at, due_at, enqueued_at, key_until_end, attempt, failures,"
            " traceparent) select gen_random_uuid(), 'effect', '{\"kind\": \"effect\"}', 0, now(), now(), now(), false,"
            " 0, 0, '' from generate_series(1, 10000)"
        )
    workers.start()

    async def begun():
        return len(await _effects(tenant)) >= 20

    await workers.until(begun, "A's have begun")
    began, done = time.monotonic(), len(await _effects(tenant))
    await _queue(other_tenant, Effect())
    b_waited_s = await workers.until(lambda: _all_done(other_tenant), "B's is done")

    a_does_per_s = max(len(await _effects(tenant)) - done, 1) / (time.monotonic() - began)
    assert b_waited_s < 2
    assert b_waited_s < 10_000 / a_does_per_s / 10
    assert len(await _effects(tenant)) < 10_000, "A's were all done before B asked: the test proves nothing"
    await _cancel_all(tenant)  # The next test's worker would go on with them.


async def _cancel_all(company):
    async with company.scope():
        await execute("update job set ended_at = now(), outcome = 'cancelled' where ended_at is null")
