"""What has ended is kept for some days and then taken away, a batch at a time."""

from datetime import UTC, datetime, timedelta

import pytest
from running import come_round
from working import Effect

from guibin.dispatch.execution import company_of, perform
from guibin.jobs import ticks
from guibin.jobs.actions import enqueue
from guibin.jobs.retention import JobRetention, PruneLedger, prune
from guibin.periods.rhythms import Rhythm
from guibin.repeats.jobs import ForgetAnswers
from guibin_tenants.scope import execute, fetch, fetch_value

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
KEPT = JobRetention()


async def ended(*, days, outcome="completed", unique_key=None):
    """A job that ended so many days ago, with an attempt."""
    job_id = await enqueue(Effect(), now=NOW, unique_key=unique_key)
    await execute(
        "update job set ended_at = $2, outcome = $3 where id = $1", job_id, NOW - timedelta(days=days), outcome
    )
    await execute(
        "insert into job_attempt (id, job_id, attempt, ended_at, outcome, error, error_at)"
        " values (gen_random_uuid(), $1, 1, $2, 'completed', '', '')",
        job_id,
        NOW - timedelta(days=days),
    )
    return job_id


async def left():
    return {row["id"] for row in await fetch("select id from job")}


async def test_each_is_kept_as_long_as_its_kind_of_end_says(tenant):
    async with tenant.scope():
        await ended(days=31)
        await ended(days=31, outcome="cancelled")
        await ended(days=181, outcome="dead")
        await ended(days=401, unique_key="old")
        stay = {
            await ended(days=29),
            await ended(days=179, outcome="dead"),
            await ended(days=399, unique_key="young"),
            await enqueue(Effect(), now=NOW - timedelta(days=999)),
        }

        assert await prune(KEPT, now=NOW) == 4
        assert await left() == stay
        assert await fetch_value("select count(*) from job_attempt") == 3


async def test_a_batch_is_bounded_and_the_rest_follows(tenant):
    async with tenant.scope():
        for _ in range(5):
            await ended(days=40)

        assert [await prune(KEPT, now=NOW, batch=2) for _ in range(4)] == [2, 2, 1, 0]


async def test_the_newest_tick_of_a_rhythm_stays_so_that_no_tick_comes_twice(tenant, shop):
    daily = Rhythm("daily", Effect(), every="daily 08:00", catch_up="every")
    start = NOW - timedelta(days=50)
    async with tenant.scope():
        company = await company_of(tenant.id)
        await ticks.tick([daily], company, since=start, now=start)
        await ticks.tick([daily], company, since=start, now=start + timedelta(days=3))
        await execute("update job set ended_at = due_at, outcome = 'completed'")

        assert await prune(JobRetention(keyed_days=30), now=NOW) == 2
        assert len(await left()) == 1
        written = await ticks.tick([daily], company, since=start, now=start + timedelta(days=3))
    assert written == 0


async def test_a_company_keeps_its_own_figures(tenant, client):
    shown = (await client.get("/api/v1/job-retention")).json()
    answer = await client.put("/api/v1/job-retention", json={"completed_days": 5, "dead_days": 5, "keyed_days": 30})
    async with tenant.scope():
        await ended(days=6)

    await come_round(tenant, PruneLedger())

    assert shown == {"completed_days": 30, "dead_days": 180, "keyed_days": 400}
    assert answer.status_code == 200
    async with tenant.scope():
        assert await left() == set()


@pytest.mark.parametrize(
    ("body", "field"), [({"completed_days": 0}, "completed_days"), ({"keyed_days": 20}, "keyed_days")]
)
async def test_figures_that_contradict_each_other_are_refused(client, body, field):
    answer = await client.put("/api/v1/job-retention", json=body)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_one_companys_ledger_is_pruned_alone(tenant, other_tenant):
    async with other_tenant.scope():
        theirs = await ended(days=99)
    async with tenant.scope():
        await ended(days=99)
        assert await prune(KEPT, now=NOW) == 1
    async with other_tenant.scope():
        assert await left() == {theirs}


async def test_answers_kept_for_repeats_are_forgotten_after_a_week(tenant, client, clock):
    key = {"Idempotency-Key": "one"}
    body = {"text": "没有信号", "channel": "phone"}
    first = (await client.post("/api/v1/complaints", json=body, headers=key)).json()
    clock.set(clock() + timedelta(days=6))
    await come_round(tenant, ForgetAnswers())
    assert (await client.post("/api/v1/complaints", json=body, headers=key)).json()["id"] == first["id"]
    clock.set(clock() + timedelta(days=2))

    await come_round(tenant, ForgetAnswers())

    assert (await client.post("/api/v1/complaints", json=body, headers=key)).json()["id"] != first["id"]


async def test_a_pruned_job_is_gone_over_http(tenant, client, shop):
    async with tenant.scope():
        job_id = await enqueue(Effect(), now=NOW)
    await perform(shop, tenant.id, job_id, attempt=0)
    async with tenant.scope():
        assert await prune(KEPT, now=NOW + timedelta(days=31)) == 1

    assert (await client.get(f"/api/v1/jobs/{job_id}")).status_code == 404
