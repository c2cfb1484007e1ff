"""T8, T10, T14: processes killed at each step between two statements; each effect exactly once, nothing stuck."""

import signal
from datetime import timedelta

import asyncpg
import pytest
from working import Patient, effects, unfinished

from guibin.jobs.actions import enqueue
from guibin.watch.failpoints import UnknownFailPoint, armed_by
from guibin_tenants.scope import execute, fetch, fetch_value

STEPS = ("relay.claimed", "relay.handed", "job.taken", "job.handled", "job.completing", "job.committed")


async def _ended(workers, process):
    async def ended():
        return process.poll() is not None

    await workers.until(ended, "the process died at its step")
    return process.returncode


async def test_a_worker_killed_at_any_step_of_a_job_leaves_each_effect_once(workers, tenant):
    async with tenant.scope():
        jobs = [await enqueue(Patient(f"{n}"), now=tenant.world.clock()) for n in range(120)]
    assert await _ended(workers, workers.start(fail_at=",".join(f"{step}:kill" for step in STEPS))) == 0
    async with tenant.scope():
        assert await unfinished() > 0, "all was done before anybody died: the test proves nothing"
    workers.start()

    async def done():
        async with tenant.scope():
            return await unfinished() == 0

    took_s = await workers.until(done, "every job done")

    async with tenant.scope():
        assert await effects() == dict.fromkeys(jobs, 1)
        lost = await fetch_value("select count(*) from job_attempt where outcome = 'lost'")
        assert await fetch_value("select count(*) from job where outcome <> 'completed'") == 0
    assert lost >= 3  # taken, handled, completing: what was committed was not lost
    assert took_s < 30


@pytest.fixture
async def yesterdays(tenant, database):
    """A company as old as two days, so that the first look at its timetable finds ticks to catch up."""
    connection = await asyncpg.connect(database.owner)
    await connection.execute("update tenant set created_at = now() - interval '2 days' where id = $1", tenant.id)
    await connection.close()
    return tenant


async def _ticks(tenant):
    async with tenant.scope():
        rows = await fetch("select name, tick_at from rhythm_tick where job_id is not null order by name, tick_at")
        jobs = await fetch_value("select count(*) from job where unique_key like 'rhythm/%'")
    return [tuple(row) for row in rows], jobs


async def test_a_scheduler_killed_inside_and_after_a_tick_leaves_one_job_for_each(workers, yesterdays):
    assert await _ended(workers, workers.start(fail_at="scheduler.ticked:kill")) == -signal.SIGKILL
    inside = await _ticks(yesterdays)
    assert await _ended(workers, workers.start(fail_at="scheduler.committed:kill")) == -signal.SIGKILL
    after, jobs = await _ticks(yesterdays)
    workers.start()
    workers.start()

    async def done():
        async with yesterdays.scope():
            return (
                await fetch_value("select count(*) from job where unique_key like 'rhythm/%' and ended_at is null") == 0
            )

    await workers.until(done, "what the ticks wanted is done")

    assert inside == ([], 0)
    assert len(after) == jobs >= 10
    assert len({name for name, _ in after}) == len(after), "each daily rhythm came once since yesterday"
    assert await _ticks(yesterdays) == (after, jobs)


async def test_a_sweep_killed_before_its_commit_fires_each_step_once(workers, tenant):
    async with tenant.scope():
        await execute(
            "insert into timer (id, subject, subject_id, milestone, occurrence, clock, steps, next_at, due_at, provisional,"
            " generation, version) select gen_random_uuid(), 'test', gen_random_uuid(), 'test', 1, '{}',"
            " jsonb_build_array(jsonb_build_object('name', 'breach', 'kind', 'breach', 'at', now(), 'roles', '[]'::jsonb)),"
            " now(), now(), false, 0, 1 from generate_series(1, 50)"
        )
    assert await _ended(workers, workers.start(fail_at="timers.fired:kill")) == -signal.SIGKILL
    async with tenant.scope():
        assert await fetch_value("select count(*) from timer_step") == 0
    workers.start()

    async def fired():
        async with tenant.scope():
            return await fetch_value("select count(*) from timer_step") >= 50

    await workers.until(fired, "every step fired")
    async with tenant.scope():
        assert await fetch_value("select count(distinct timer_id) from timer_step") == 50
        assert await fetch_value("select count(*) from timer_step") == 50


async def test_a_clock_that_jumps_neither_repeats_nor_loses_a_job(workers, tenant, tmp_path):
    clock = tmp_path / "clock"
    _put(clock, 0)
    async with tenant.scope():
        now = tenant.world.clock()
        jobs = [await enqueue(Patient(f"{n}"), now=now) for n in range(40)]
        jobs.append(await enqueue(Patient("in an hour"), now=now, run_at=now + timedelta(hours=1)))
    workers.start(clock=clock)

    async def ticked():
        async with tenant.scope():
            return await fetch_value("select count(*) from rhythm_tick") > 0

    for seconds in (86_400, -86_400, 7_200):

        async def more(least=len(jobs) // 8):
            async with tenant.scope():
                return len(await effects()) >= least

        await workers.until(more, "some done")
        _put(clock, seconds)
        await workers.until(ticked, "the timetable's tick of a day that has not come")

    async def done():
        async with tenant.scope():
            return await unfinished("patient") == 0

    await workers.until(done, "every job done")
    async with tenant.scope():
        assert await effects() == dict.fromkeys(jobs, 1)
        assert await fetch_value("select count(*) from job_attempt where outcome <> 'completed'") == 0
        ticks = await fetch("select name, tick_at, count(*) as n from rhythm_tick group by 1, 2")
        assert {row["n"] for row in ticks} == {1}


@pytest.mark.parametrize("text", ["job.taken", "job.taken:explode", "job.taken:kill:often"])
def test_a_fail_point_that_says_nothing_stops_the_start(text):
    with pytest.raises(UnknownFailPoint):
        armed_by(text)


def _put(clock, seconds):
    """In one step: the worker reads the file at any moment."""
    beside = clock.with_name("beside")
    beside.write_text(str(seconds))
    beside.replace(clock)
