"""Erasing a company: nothing of it is left, nothing of it runs, nothing of anybody else's is touched."""

import asyncio
import contextlib
from datetime import timedelta

import pytest
from due import add_timer, due_of
from working import Effect, effects

from guibin.context import Root
from guibin.dispatch.execution import Workshop, perform
from guibin.dispatch.executor import Executor
from guibin.dispatch.leases import Leases
from guibin.jobs.actions import enqueue
from guibin.jobs.relay import Claimed
from guibin.operation import erasure
from guibin.operation.erasure import StillServed, StillWorking
from guibin.sla.jobs import SweepTimers
from guibin_tenants import registry
from guibin_tenants.refusals import CompanyErased, Conflict, NotFound
from guibin_tenants.scope import execute, fetch_value
from guibin_tenants.tables import new_id

MINUTE = timedelta(minutes=1)


async def _suspended(owner, company):
    now = company.world.clock()
    await registry.suspend(owner, company.slug, because="合同终止", now=now)
    return now + MINUTE


async def _erased(owner, company):
    return await erasure.erase(owner, company.slug, by="operator 测试", now=await _suspended(owner, company))


async def _counts(owner, company):
    """How many rows each table has of the company, tables as the catalog knows them."""
    tables = await owner.fetch(
        "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')"
    )
    async with owner.transaction():
        await owner.execute(
            "select set_config('guibin.tenant', $1, true), set_config('guibin.units', '*', true)", str(company.id)
        )
        return {
            row["relname"]: await owner.fetchval(
                f"select count(*) from {row['relname']} where tenant_id = $1", company.id
            )
            for row in tables
        }


async def test_nothing_of_an_erased_company_is_left_in_any_table(two, owner):
    a, b, _ = two
    before, others = await _counts(owner, a), await _counts(owner, b)
    assert [table for table, rows in before.items() if not rows] == []

    done = await _erased(owner, a)

    assert await _counts(owner, a) == dict.fromkeys(before, 0)
    assert done.rows == before
    assert await _counts(owner, b) == others
    tombstone = await owner.fetchrow("select * from tenant where id = $1", a.id)
    assert (tombstone["slug"], tombstone["name"], tombstone["erased_by"]) == (a.slug, "", "operator 测试")
    assert tombstone["erased_at"] == done.erased_at


async def test_every_credential_of_an_erased_company_is_refused_and_its_slug_stays_taken(tenant, world, owner):
    key = await tenant.client()
    person = await tenant.staff("boss", "tenant_admin")
    for caller in (key, person):
        assert (await caller.get("/api/v1/jobs")).status_code == 200

    await _erased(owner, tenant)

    world.litestar.state.scope_middleware.remembered.forget_all()  # Remembered for two seconds otherwise.
    for caller in (key, person):
        assert (await caller.get("/api/v1/jobs")).status_code == 410
    signing_in = {"company": tenant.slug, "login": "boss", "password": "wrong password"}
    assert (await world.client().post("/api/v1/sessions", json=signing_in)).status_code == 410
    assert set((await _counts(owner, tenant)).values()) == {0}
    with pytest.raises(Conflict, match="was erased"):
        await world.tenant(tenant.slug)
    for refused in (registry.resume(owner, tenant.slug), registry.by_slug(owner, tenant.slug)):
        with pytest.raises(CompanyErased, match="was erased"):
            await refused
    assert tenant.slug in [one.slug for one in await registry.everyone(owner) if one.erased_at]


async def test_a_company_that_is_served_just_suspended_or_still_working_is_not_erased(tenant, owner, world):
    with pytest.raises(StillServed):
        await erasure.erase(owner, tenant.slug, by="", now=world.clock() + MINUTE)
    later = await _suspended(owner, tenant)
    with pytest.raises(StillServed, match="try again in 10 s"):
        await erasure.erase(owner, tenant.slug, by="", now=later - MINUTE)
    async with tenant.scope():
        job = await enqueue(Effect(), now=world.clock())
        await execute(
            "update job set lease_token = gen_random_uuid(), lease_until = now() + interval '1 minute' where id = $1",
            job,
        )
    with pytest.raises(StillWorking):
        await erasure.erase(owner, tenant.slug, by="", now=later)

    async with tenant.scope():
        await execute("update job set lease_token = null, lease_until = null")
    assert (await erasure.erase(owner, tenant.slug, by="", now=later)).rows["job"] == 1
    with pytest.raises(NotFound):
        await erasure.erase(owner, "no-such-company", by="", now=later)


async def test_jobs_of_a_suspended_or_erased_company_never_run(tenant, owner, world, database):
    shop = Workshop(root=Root(packs=world.packs, clock=world.clock), worker=new_id(), leases=Leases())
    async with tenant.scope():
        job = await enqueue(Effect(), now=world.clock())
        sweep = await enqueue(SweepTimers(), now=world.clock())
        await add_timer(tenant)

    async def ready():
        return await due_of(tenant, database.relay, shop.worker)

    later = await _suspended(owner, tenant)
    assert await ready() == (0, 0, 0, 0)
    assert await perform(shop, tenant.id, job, attempt=0) == "not taken"

    await registry.resume(owner, tenant.slug)
    assert (await ready())[:3] == (2, 1, 1)
    assert [await perform(shop, tenant.id, one, attempt=0) for one in (job, sweep)] == ["completed", "completed"]
    async with tenant.scope():
        assert (await effects(), await fetch_value("select count(*) from timer_step")) == ({job: 1}, 1)
        waiting = await enqueue(Effect(), now=world.clock())

    assert await _suspended(owner, tenant) == later
    delivered = [Claimed(tenant.id, waiting, 0, 7)]
    outcomes = await _delivered_after(
        lambda: erasure.erase(owner, tenant.slug, by="", now=later), shop, database, delivered
    )

    assert outcomes == ["not taken"]
    assert await ready() == (0, 0, 0, 0)
    assert set((await _counts(owner, tenant)).values()) == {0}


async def _delivered_after(erase, shop, database, delivered):
    """What a worker does with a delivery that lay in Redis while the company was erased."""
    outcomes = asyncio.Queue()

    async def one(tenant_id, job_id, attempt):
        outcomes.put_nowait(await perform(shop, tenant_id, job_id, attempt=attempt))

    executor = Executor(database.redis, shop.worker, one, at_once=2)
    assert await executor.hand_over(delivered) == []
    await erase()
    running = asyncio.create_task(executor.run())
    try:
        return [await asyncio.wait_for(outcomes.get(), 10) for _ in delivered]
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await executor.close()
