"""Sharing out: what the relay's role may see, who gets how much, and what comes back."""

import asyncio
from collections import Counter
from datetime import timedelta

import asyncpg
import pytest
from working import Effect

from guibin.jobs import ledger
from guibin.jobs.actions import enqueue
from guibin.jobs.relay import Claimed, relaying
from guibin.sla.sweep import companies_due
from guibin_tenants import registry
from guibin_tenants.database import UnsafeDatabase
from guibin_tenants.refusals import Invalid
from guibin_tenants.scope import execute


async def _queue(tenant, count, **options):
    async with tenant.scope():
        return [await enqueue(Effect(), now=tenant.world.clock(), **options) for _ in range(count)]


async def _claim(relay, tenants, *, in_hand_max=100, at_once=50, share=100):
    """What these tenants got; the database holds other tests' companies too."""
    ids = {tenant.id for tenant in tenants}
    claimed = await relay.claim(tenants[0].world.clock(), in_hand_max=in_hand_max, at_once=at_once, share=share)
    return [job for job in claimed if job.tenant_id in ids]


@pytest.fixture(autouse=True)
async def _empty(database, world):
    connection = await asyncpg.connect(database.owner)
    try:
        await connection.execute("alter table job no force row level security")
        await connection.execute(
            "update job set ended_at = now(), outcome = 'cancelled', lease_token = null,"
            " lease_until = null where ended_at is null"
        )
        await connection.execute("alter table job force row level security")
    finally:
        await connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "select payload from job",
        "select kind from job",
        "select * from job",
        "select 1 from job_attempt",
        "select subject_id from timer",
        "select 1 from customer",
        "select 1 from staff",
        "update job set run_at = now()",
        "update job set lease_token = null",
        "insert into job (id) values (gen_random_uuid())",
        "delete from job",
        "update timer set next_at = null",
        "update tenant set suspended_at = null",
        "set role guibin_app",
    ],
)
async def test_the_relays_role_sees_no_payload_and_writes_no_job(relay, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await relay.pool.execute(statement)


async def test_the_relay_sees_jobs_of_every_company(relay, tenant, other_tenant):
    await _queue(tenant, 1)
    await _queue(other_tenant, 1)

    assert {job.tenant_id for job in await _claim(relay, [tenant, other_tenant])} == {tenant.id, other_tenant.id}


async def test_the_application_role_cannot_become_the_relay(database):
    connection = await asyncpg.connect(database.app)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("set role guibin_relay")
    finally:
        await connection.close()


async def test_a_relay_that_bypasses_row_security_does_not_start(servers, shop):
    with pytest.raises(UnsafeDatabase):
        async with relaying(servers["superuser"], shop.worker):
            pass


async def test_a_relay_with_the_applications_role_does_not_start(database, shop):
    with pytest.raises(UnsafeDatabase):
        async with relaying(database.app, shop.worker):
            pass


async def test_each_company_gets_as_much_as_the_others(relay, tenant, other_tenant):
    await _queue(tenant, 50)
    await _queue(other_tenant, 3)

    claimed = await _claim(relay, [tenant, other_tenant], in_hand_max=6)

    assert sorted(job.tenant_id for job in claimed) == sorted([tenant.id] * 3 + [other_tenant.id] * 3)


async def test_a_long_queue_never_fills_the_workers(relay, tenant):
    await _queue(tenant, 50)

    first = await _claim(relay, [tenant], in_hand_max=20, at_once=10, share=70)
    second = await _claim(relay, [tenant], in_hand_max=20, at_once=10, share=70)

    assert (len(first), second, await relay.take_back()) == (14, [], 14)


async def test_a_company_runs_as_many_at_once_as_its_own_share_says(relay, tenant, other_tenant, database):
    await _queue(tenant, 50)
    await _queue(other_tenant, 50)
    owner = await asyncpg.connect(database.owner)
    try:
        await registry.share(owner, tenant.slug, 20)
        with pytest.raises(Invalid):
            await registry.share(owner, tenant.slug, 0)

        claimed = await _claim(relay, [tenant, other_tenant], in_hand_max=100, at_once=10, share=70)
        await relay.take_back()
        await registry.share(owner, tenant.slug, None)
        usual = await _claim(relay, [tenant], in_hand_max=100, at_once=10, share=70)
    finally:
        await owner.close()

    # One wave runs, one waits.
    assert Counter((job.tenant_id, job.at_once) for job in claimed) == {(tenant.id, 2): 4, (other_tenant.id, 7): 14}
    assert Counter(job.at_once for job in usual) == {7: 14}


async def test_higher_priority_first_then_the_longest_waiting(relay, tenant):
    now = tenant.world.clock()
    late = (await _queue(tenant, 1, run_at=now))[0]
    early = (await _queue(tenant, 1, run_at=now - timedelta(hours=1)))[0]
    urgent = (await _queue(tenant, 1, run_at=now, priority=5))[0]

    order = [(await _claim(relay, [tenant], in_hand_max=more))[0].job_id for more in (1, 2, 3)]

    assert order == [urgent, early, late]


async def test_what_is_not_due_is_left(relay, tenant):
    await _queue(tenant, 1, run_at=tenant.world.clock() + timedelta(seconds=1))

    assert await _claim(relay, [tenant]) == []


async def test_a_suspended_companys_jobs_wait(relay, tenant, database):
    jobs = await _queue(tenant, 1)
    connection = await asyncpg.connect(database.owner)
    try:
        await connection.execute("update tenant set suspended_at = now() where id = $1", tenant.id)
        assert await _claim(relay, [tenant]) == []

        await connection.execute("update tenant set suspended_at = null where id = $1", tenant.id)
    finally:
        await connection.close()
    assert await _claim(relay, [tenant]) == [Claimed(tenant.id, jobs[0], 0, 50)]


async def test_a_simulated_companys_jobs_do_not_run_by_real_time(relay, world):
    company = await world.tenant(simulated_from=world.clock() - timedelta(days=4000))
    await _queue(company, 1)

    assert await _claim(relay, [company]) == []


async def test_a_job_is_claimed_once_by_however_many_relays(relay, tenant, database, shop):
    await _queue(tenant, 20)
    async with relaying(database.relay, shop.worker) as second:
        both = await asyncio.gather(_claim(relay, [tenant], in_hand_max=15), _claim(second, [tenant], in_hand_max=15))

    ids = [job.job_id for claimed in both for job in claimed]
    assert len(ids) == len(set(ids))


async def test_what_was_handed_over_and_never_began_comes_back(relay, tenant):
    claimed = await _queue(tenant, 2) and await _claim(relay, [tenant])
    assert await relay.forget_stale(60) == 0

    assert await relay.forget_stale(-1) == 2
    assert sorted(j.job_id for j in await _claim(relay, [tenant])) == sorted(j.job_id for j in claimed)


async def test_a_job_in_progress_does_not_come_back(relay, tenant, shop):
    job_id = (await _queue(tenant, 1))[0]
    await _claim(relay, [tenant])
    async with tenant.scope():
        await ledger.take(job_id, attempt=0, worker=shop.worker, lease_s=30, now=tenant.world.clock())

    assert (await relay.forget_stale(-1), await relay.take_back(), await relay.expired()) == (0, 0, {})


async def test_expired_leases_are_found(relay, tenant, shop):
    job_id = (await _queue(tenant, 1))[0]
    await _claim(relay, [tenant])
    async with tenant.scope():
        await ledger.take(job_id, attempt=0, worker=shop.worker, lease_s=-1, now=tenant.world.clock())

    assert await relay.expired() == {tenant.id: [job_id]}


async def test_due_deadlines_are_found_by_company(relay, tenant, other_tenant):
    now = tenant.world.clock()
    for company, due in ((tenant, now), (other_tenant, now + timedelta(seconds=1))):
        async with company.scope():
            await execute(
                "insert into timer (id, subject, subject_id, milestone, occurrence, clock, steps, next_at, provisional,"
                " generation, version)"
                " values (gen_random_uuid(), 'test', gen_random_uuid(), 'test', 1, '{}', '[]', $1, false, 0, 1)",
                due,
            )

    found = await companies_due(relay, now)

    assert [company for company in found if company in (tenant.id, other_tenant.id)] == [tenant.id]
