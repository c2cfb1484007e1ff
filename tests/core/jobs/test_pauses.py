"""Jobs that wait because somebody paused their kind, or all of them."""

import asyncio

import pytest
from acting import acting
from working import Effect, Patient, effects

from guibin.dispatch.execution import perform
from guibin.jobs.actions import enqueue
from guibin.jobs.pauses import NewPause, pause, resume
from guibin_tenants.scope import execute, fetch_value

PATH = "/api/v1/job-pauses"


async def _enqueued(tenant, *jobs):
    async with tenant.scope():
        return [await enqueue(job, now=tenant.world.clock()) for job in jobs]


async def _states(client):
    return [job["state"] for job in reversed((await client.get("/api/v1/jobs")).json()["items"])]


async def _claimed(relay, tenant):
    found = await relay.claim(tenant.world.clock(), in_hand_max=1_000, at_once=50)
    return [job.job_id for job in found if job.tenant_id == tenant.id]


async def test_a_paused_kind_waits_and_the_others_run(tenant, client, relay):
    before = await _enqueued(tenant, Effect(), Patient("a"))
    shown = (await client.post(PATH, json={"kind": "effect", "reason": "短信通道故障"})).json()
    after = await _enqueued(tenant, Effect(), Patient("b"))

    assert await _states(client) == ["paused", "ready", "paused", "ready"]
    assert sorted(await _claimed(relay, tenant)) == sorted([before[1], after[1]])
    assert [(one["kind"], one["waiting"], one["reason"]) for one in shown] == [("effect", 1, "短信通道故障")]


async def test_every_kind_waits_until_the_pause_is_taken_away(tenant, client, relay, shop):
    jobs = await _enqueued(tenant, Effect(), Patient("a"))
    pause_id = (await client.post(PATH, json={"reason": "核对数据"})).json()[0]["id"]
    assert await _claimed(relay, tenant) == []
    assert await perform(shop, tenant.id, jobs[0], attempt=0) == "not taken"

    assert (await client.delete(f"{PATH}/{pause_id}")).status_code == 204

    assert await _states(client) == ["ready", "ready"]
    assert sorted(await _claimed(relay, tenant)) == sorted(jobs)
    assert (await client.delete(f"{PATH}/{pause_id}")).status_code == 404


async def test_what_another_pause_holds_stays_when_one_is_taken_away(tenant, client):
    await _enqueued(tenant, Effect(), Patient("a"))
    everything = (await client.post(PATH, json={"reason": "核对数据"})).json()[0]["id"]
    await client.post(PATH, json={"kind": "effect", "reason": "短信通道故障"})

    await client.delete(f"{PATH}/{everything}")

    assert await _states(client) == ["paused", "ready"]


async def test_a_job_handed_over_when_its_kind_is_paused_waits_with_the_others(tenant, client, relay, shop):
    """It was enqueued by somebody who did not see the pause yet, and is on its way to a worker."""
    job = (await _enqueued(tenant, Effect()))[0]
    await client.post(PATH, json={"kind": "effect", "reason": "短信通道故障"})
    async with tenant.scope():
        await execute("update job set held_at = null")
    assert await _claimed(relay, tenant) == [job]

    assert await perform(shop, tenant.id, job, attempt=0) == "not taken"

    assert await _states(client) == ["paused"]
    assert await _claimed(relay, tenant) == []
    async with tenant.scope():
        assert await effects() == {}


async def test_a_job_enqueued_while_the_pause_is_taken_away_is_not_left_behind(tenant, client):
    pause_id = (await client.post(PATH, json={"kind": "effect", "reason": "短信通道故障"})).json()[0]["id"]
    enqueued, go_on = asyncio.Event(), asyncio.Event()

    async def enqueueing():
        async with tenant.scope():
            await enqueue(Effect(), now=tenant.world.clock())
            enqueued.set()
            await go_on.wait()

    async def resuming():
        async with tenant.scope():
            return await resume(pause_id)

    first = asyncio.create_task(enqueueing())
    await enqueued.wait()
    second = asyncio.create_task(resuming())
    await asyncio.sleep(0.1)
    go_on.set()
    await asyncio.gather(first, second)

    assert await _states(client) == ["ready"]


async def test_a_failed_attempt_of_a_paused_kind_does_not_come_back(tenant, client, relay, shop):
    job = (await _enqueued(tenant, Effect(fails_until=1)))[0]

    assert await perform(shop, tenant.id, job, attempt=0) == "failed"
    async with tenant.scope():
        await pause(NewPause(kind="effect", reason="故障"), acting(by=tenant.principal(), now=tenant.world.clock()))
    assert await _claimed(relay, tenant) == []
    assert await _states(client) == ["paused"]
    assert (await client.post(f"/api/v1/jobs/{job}/attempts")).json()["job"]["state"] == "paused"


@pytest.mark.parametrize(
    ("body", "status"), [({"kind": "no_such_kind", "reason": "?"}, 422), ({"reason": " "}, 400), ({}, 400)]
)
async def test_what_cannot_be_paused_is_refused(client, body, status):
    answer = await client.post(PATH, json=body)

    assert answer.status_code in (status, 422), answer.text
    assert (await client.get(PATH)).json() == []


async def test_the_same_kind_is_paused_once_whoever_asks_first(tenant, client):
    body = {"kind": "effect", "reason": "故障"}
    answers = await asyncio.gather(*(client.post(PATH, json=body) for _ in range(3)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_one_companys_pause_holds_nobody_elses_jobs(tenant, other_tenant, client, relay):
    await client.post(PATH, json={"reason": "核对数据"})
    theirs = await _enqueued(other_tenant, Effect())

    async with await other_tenant.client() as other:
        assert (await other.get(PATH)).json() == []
    found = await relay.claim(other_tenant.world.clock(), in_hand_max=1_000, at_once=50)
    assert [job.job_id for job in found if job.tenant_id == other_tenant.id] == theirs


async def test_nothing_is_held_without_a_pause(tenant):
    await _enqueued(tenant, Effect())

    async with tenant.scope():
        assert await fetch_value("select count(*) from job where held_at is not null") == 0
