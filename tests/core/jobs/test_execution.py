"""One job: its lease, its effect, its end, its failures."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from msgspec import structs
from working import Effect, Endless, effects, note

from guibin.context import Root
from guibin.dispatch.execution import perform
from guibin.dispatch.rescue import rescue_lost
from guibin.events import ApprovalDecided, record, subscribe
from guibin.jobs import actions, kinds, ledger, queries
from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import ATTEMPTS_MAX
from guibin.jobs.refusals import AlreadyEnded, NotWaiting
from guibin.packs import Packs
from guibin.policy.problems import PackProblem
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import execute, fetch, fetch_column, fetch_value
from guibin_tenants.tables import new_id


async def _enqueued(tenant, job, **options):
    async with tenant.scope():
        return await enqueue(job, now=tenant.world.clock(), **options)


async def _begun(shop):
    while not shop.leases.held:  # noqa: ASYNC110  # the handler has no event to set
        await asyncio.sleep(0.01)


async def _job(tenant, job_id):
    async with tenant.scope():
        return await queries.by_id(job_id, now=tenant.world.clock())


async def test_effect_and_end_commit_together(tenant, shop):
    job_id = await _enqueued(tenant, Effect())

    assert await perform(shop, tenant.id, job_id, attempt=0) == "completed"

    found = await _job(tenant, job_id)
    assert (found.job.state, found.job.attempt, found.job.failures) == ("completed", 1, 0)
    assert [(a.attempt, a.outcome) for a in found.attempts] == [(1, "completed")]
    async with tenant.scope():
        assert await effects() == {job_id: 1}


async def test_a_job_leaves_with_its_transaction(tenant):
    async with tenant.scope() as scope:
        await enqueue(Effect(), now=tenant.world.clock())
        scope.rollback_only = True

    async with tenant.scope():
        assert await fetch_value("select count(*) from job") == 0


async def test_a_failure_undoes_the_effect_and_tells_no_value(tenant, shop):
    job_id = await _enqueued(tenant, Effect(fails_until=1))

    assert await perform(shop, tenant.id, job_id, attempt=0) == "failed"

    found = await _job(tenant, job_id)
    assert (found.job.state, found.job.failures) == ("retrying", 1)
    assert [(a.outcome, a.error, a.error_at.split(":")[0]) for a in found.attempts] == [
        ("failed", "LookupError", "support/working.py")
    ]
    async with tenant.scope():
        assert await effects() == {}
        rows = await fetch("select row_to_json(a)::text as text from job_attempt a")
    assert "13800138000" not in "".join(row["text"] for row in rows)


async def test_a_second_attempt_does_it_once(tenant, shop):
    job_id = await _enqueued(tenant, Effect(fails_until=1))
    await perform(shop, tenant.id, job_id, attempt=0)

    assert await perform(shop, tenant.id, job_id, attempt=1) == "completed"

    async with tenant.scope():
        assert await effects() == {job_id: 1}
    found = await _job(tenant, job_id)
    assert [a.outcome for a in found.attempts] == ["failed", "completed"]
    assert found.job.due_at < found.job.run_at


async def test_after_the_last_failure_it_is_a_dead_letter_that_can_be_tried_again(tenant, shop):
    job_id = await _enqueued(tenant, Effect(fails_until=3))
    for attempt in range(2):
        assert await perform(shop, tenant.id, job_id, attempt=attempt) == "failed"

    assert await perform(shop, tenant.id, job_id, attempt=2) == "dead"
    assert (await _job(tenant, job_id)).job.state == "dead"

    async with tenant.scope():
        await actions.retry(job_id, now=tenant.world.clock())
    assert await perform(shop, tenant.id, job_id, attempt=3) == "completed"
    assert [a.outcome for a in (await _job(tenant, job_id)).attempts] == ["failed", "failed", "failed", "completed"]


async def test_one_job_delivered_twice_is_done_once(tenant, shop):
    job_id = await _enqueued(tenant, Effect(takes_s=0.05))

    outcomes = await asyncio.gather(*(perform(shop, tenant.id, job_id, attempt=0) for _ in range(4)))

    assert sorted(outcomes) == ["completed", "not taken", "not taken", "not taken"]
    async with tenant.scope():
        assert await effects() == {job_id: 1}


async def test_a_job_that_never_ends_is_ended(tenant, shop):
    job_id = await _enqueued(tenant, Endless())

    assert await perform(shop, tenant.id, job_id, attempt=0) == "dead"

    assert [a.error for a in (await _job(tenant, job_id)).attempts] == ["TimeoutError"]
    async with tenant.scope():
        assert await effects() == {}


async def test_an_unknown_kind_fails_and_waits_for_a_release_that_knows_it(tenant, shop):
    async with tenant.scope():
        (job_id,) = await actions.write(
            [actions.NewJob(kind="from_the_future", payload=b"{}")], now=tenant.world.clock()
        )

    assert await perform(shop, tenant.id, job_id, attempt=0) == "failed"
    assert [a.error for a in (await _job(tenant, job_id)).attempts] == ["UnknownKind"]


async def test_who_lost_the_lease_commits_nothing(tenant, shop):
    """A worker that was taken for dead comes back: its effect and its end are undone together."""
    job_id = await _enqueued(tenant, Effect())
    now = tenant.world.clock()
    async with tenant.scope():
        taken = await ledger.take(job_id, attempt=0, worker=shop.worker, lease_s=-1, now=now)
    assert await rescue_lost(shop, tenant.id, [job_id]) == 1
    assert await perform(shop, tenant.id, job_id, attempt=1) == "completed"

    with pytest.raises(ledger.LeaseLost):  # noqa: PT012  # it is the transaction that must not commit
        async with tenant.scope():
            await execute("update job set priority = 9 where id = $1", job_id)
            await ledger.complete(taken, now=now)

    found = await _job(tenant, job_id)
    assert (found.job.priority, [a.outcome for a in found.attempts]) == (0, ["lost", "completed"])
    async with tenant.scope():
        assert await effects() == {job_id: 1}


async def test_a_live_lease_is_not_rescued_and_the_heartbeat_keeps_it(tenant, shop):
    job_id = await _enqueued(tenant, Effect())
    async with tenant.scope():
        taken = await ledger.take(job_id, attempt=0, worker=shop.worker, lease_s=-1, now=tenant.world.clock())
        assert await ledger.extend(job_id, taken.token, lease_s=30)

    assert await rescue_lost(shop, tenant.id, [job_id]) == 0


async def test_cancelling_a_running_job_stops_it_and_undoes_its_effect(tenant, shop):
    job_id = await _enqueued(tenant, Effect(takes_s=30))
    running = asyncio.create_task(perform(shop, tenant.id, job_id, attempt=0))
    await _begun(shop)

    async with tenant.scope():
        await actions.cancel(job_id, now=tenant.world.clock())
    await shop.leases.beat(30)

    assert await asyncio.wait_for(running, 5) == "lease lost"
    assert (await _job(tenant, job_id)).job.state == "cancelled"
    async with tenant.scope():
        assert await effects() == {}
        with pytest.raises(AlreadyEnded):
            await actions.cancel(job_id, now=tenant.world.clock())


async def test_an_interrupted_attempt_is_no_failure(tenant, shop):
    job_id = await _enqueued(tenant, Effect(takes_s=30))
    running = asyncio.create_task(perform(shop, tenant.id, job_id, attempt=0))
    await _begun(shop)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    found = await _job(tenant, job_id)
    assert (found.job.state, found.job.failures, [a.outcome for a in found.attempts]) == ("ready", 0, ["interrupted"])


async def test_a_suspended_companys_job_is_not_taken(tenant, shop, database):
    job_id = await _enqueued(tenant, Effect())
    connection = await asyncpg.connect(database.owner)
    try:
        await connection.execute("update tenant set suspended_at = now() where id = $1", tenant.id)
    finally:
        await connection.close()

    assert await perform(shop, tenant.id, job_id, attempt=0) == "not taken"


async def test_another_companys_job_is_not_found(tenant, other_tenant, shop):
    job_id = await _enqueued(tenant, Effect())

    assert await perform(shop, other_tenant.id, job_id, attempt=0) == "not taken"
    async with other_tenant.scope():
        with pytest.raises(NotFound):
            await actions.cancel(job_id, now=tenant.world.clock())


async def test_a_unique_key_is_taken_once(tenant):
    first = await _enqueued(tenant, Effect(), unique_key="once")

    assert first is not None
    assert await _enqueued(tenant, Effect(), unique_key="once") is None


async def test_a_key_while_pending_is_free_after_the_end(tenant, shop):
    first = await _enqueued(tenant, Effect(), unique_key="one at a time", while_pending=True)
    assert await _enqueued(tenant, Effect(), unique_key="one at a time", while_pending=True) is None

    await perform(shop, tenant.id, first, attempt=0)

    assert await _enqueued(tenant, Effect(), unique_key="one at a time", while_pending=True) is not None


async def test_a_completed_job_is_not_tried_again(tenant, shop):
    job_id = await _enqueued(tenant, Effect())
    await perform(shop, tenant.id, job_id, attempt=0)

    async with tenant.scope():
        with pytest.raises(NotWaiting):
            await actions.retry(job_id, now=tenant.world.clock())


async def test_an_event_is_one_job_for_each_reaction(tenant, shop):
    async def tell_somebody(event, run):
        await note(run, event.subject)

    subscribe(ApprovalDecided, tell_somebody)
    event = ApprovalDecided(approval_id=new_id(), subject="test", subject_id=new_id(), approved=True)
    async with tenant.scope():
        written = await record(event, now=tenant.world.clock())
        kinds = {row["id"]: row["kind"] for row in await fetch("select id, kind from job")}

    assert sorted(kinds[job_id] for job_id in written) == sorted(set(kinds.values()))
    mine = next(job_id for job_id, kind in kinds.items() if kind.endswith("tell_somebody"))
    assert await perform(shop, tenant.id, mine, attempt=0) == "completed"
    async with tenant.scope():
        assert await effects() == {mine: 1}


async def test_a_packs_reaction_is_no_job_of_a_company_without_the_pack(world):
    async def only_for_pack(event, run):
        await note(run, "pack")

    subscribe(ApprovalDecided, only_for_pack, pack="a_pack")
    company = await world.tenant()
    event = ApprovalDecided(approval_id=new_id(), subject="test", subject_id=new_id(), approved=True)
    async with company.scope():
        await record(event, now=world.clock())
        kinds = await fetch_column("select kind from job where tenant_id = $1", company.id)

    assert "a_pack.only_for_pack" not in kinds
    assert kinds != []


async def test_a_job_planned_for_later_is_shown_as_scheduled(tenant):
    job_id = await _enqueued(tenant, Effect(), run_at=tenant.world.clock() + timedelta(days=1))

    assert (await _job(tenant, job_id)).job.state == "scheduled"


async def test_a_job_of_a_pack_that_is_put_aside_waits_and_is_done_when_the_pack_is_back(tenant, shop, clock, world):
    problem = PackProblem(pack="cable_tv", place="its import", rule="raises ImportError")
    aside = Packs({}, aside={"cable_tv": (problem,)})
    away = structs.replace(shop, root=Root(packs=aside, clock=world.clock))
    job_id = await _enqueued(tenant, Effect())
    handler = kinds._handlers.pop(kinds.kind_of(Effect))
    try:
        waited = [await perform(away, tenant.id, job_id, attempt=attempt) for attempt in range(ATTEMPTS_MAX + 2)]
        found = await _job(tenant, job_id)
    finally:
        kinds.add(handler)
    done = await perform(shop, tenant.id, job_id, attempt=ATTEMPTS_MAX + 2)

    assert set(waited) == {"failed"}
    assert (found.job.failures, found.job.ended_at) == (0, None)
    assert {(each.outcome, each.error, each.error_at) for each in found.attempts} == {
        ("interrupted", "PackPutAside", "cable_tv")
    }
    assert found.job.run_at > clock() + timedelta(minutes=20)
    assert done == "completed"
    async with tenant.scope():
        assert await effects() == {job_id: 1}
