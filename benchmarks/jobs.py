"""What the ledger costs and how late it is: jobs a second beside plain arq, claims, deadlines. `make bench-jobs`.

Embedded PostgreSQL with its ordinary, durable settings; one worker process. Prints one JSON document.
"""

import asyncio
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import psutil
from arq.connections import RedisSettings, create_pool
from arq.worker import Worker, func

from guibin import timetable
from guibin.jobs import ticks
from guibin.jobs.kinds import Job, Run, handles
from guibin.jobs.relay import relaying
from guibin.operation import embedded, migrations, provisioning, worker
from guibin.packs import Packs, installed
from guibin_tenants import keyring
from guibin_tenants.database import connected
from guibin_tenants.registry import NewTenant
from guibin_tenants.scope import execute, fetch, fetch_value, tenant_scope
from guibin_tenants.tables import new_id

JOBS = int(os.environ.get("GUIBIN_BENCH_JOBS", "2000"))
TENANTS, READY = 1_000, 200_000
DUE_PER_S, DUE_FOR_S = 100, 10
AT_ONCE = 10
FEW, MANY = 10, 10_000
IDLE_AFTER_S, IDLE_FOR_S = 8, 30
_INSERT = (
    "insert into job (id, tenant_id, kind, payload, priority, run_at, due_at, enqueued_at, key_until_end, attempt,"
    " failures, traceparent) select gen_random_uuid(), {tenant}, 'nothing', '{{\"kind\": \"nothing\"}}', 0, now(), now(),"
    " now(), false, 0, 0, ''"
)


class Nothing(Job, frozen=True):
    """Does nothing: what is measured is everything around it."""


@handles(Nothing)
async def nothing(job: Nothing, run: Run) -> None:
    """Nothing."""


async def ledger_per_s(servers: embedded.Servers, tenant) -> float:
    """Jobs a second from the ledger's first to its last, by one worker process."""
    async with tenant_scope(tenant):
        await execute(
            _INSERT.format(tenant="nullif(current_setting('guibin.tenant'), '')::uuid")
            + f" from generate_series(1, {JOBS})"
        )
    process = _worker(servers)
    try:
        await _until(tenant, "select count(*) >= 50 from job where ended_at is not null")
        async with tenant_scope(tenant):
            done = await fetch_value("select count(*) from job where ended_at is not null and kind = 'nothing'")
        begun = time.perf_counter()
        await _until(tenant, "select count(*) = 0 from job where ended_at is null and kind = 'nothing'")
        return (JOBS - done) / (time.perf_counter() - begun)
    finally:
        process.terminate()
        process.wait()


async def arq_per_s(servers: embedded.Servers) -> float:
    """The same with arq alone: a queue in Redis, no ledger."""

    async def task(_: dict[object, object]) -> None:
        """Nothing."""

    settings = RedisSettings.from_dsn(servers.redis_url)
    pool = await create_pool(settings)
    for _ in range(JOBS):
        await pool.enqueue_job("task", _queue_name="bench")
    running = Worker(
        functions=[func(task, name="task", keep_result=0)],  # type: ignore[arg-type]
        queue_name="bench",
        redis_settings=settings,
        burst=True,
        max_jobs=AT_ONCE,
        poll_delay=0.02,
        keep_result=0,
        handle_signals=False,
    )
    begun = time.perf_counter()
    await running.async_run()
    took = time.perf_counter() - begun
    await running.close()
    return JOBS / took


async def claim_ms(servers: embedded.Servers) -> dict[str, float]:
    """A claim of 20 jobs with so many companies and so many ready jobs."""
    owner = await asyncpg.connect(servers.owner_url)
    try:
        await owner.execute(
            "insert into tenant (id, slug, name, packs, time_zone, language, simulated, created_at) select"
            f" gen_random_uuid(), 'bench-' || n, '', '{{}}', 'UTC', 'en', false, now() from generate_series(1, {TENANTS}) n"
        )
        await owner.execute("alter table job no force row level security")
        await owner.execute(
            _INSERT.format(tenant="t.id")
            + f" from tenant t cross join generate_series(1, {READY // TENANTS}) where t.slug like 'bench-%'"
        )
        await owner.execute("alter table job force row level security")
        await owner.execute("analyze job")
        times = []
        async with relaying(servers.relay_url, new_id()) as relay:
            for _ in range(30):
                begun = time.perf_counter()
                claimed = await relay.claim(datetime.now(UTC), in_hand_max=20, at_once=10, share=70)
                times.append((time.perf_counter() - begun) * 1_000)
                assert len(claimed) == 20
                await relay.take_back()
        return {"p50": round(statistics.median(times), 1), "max": round(max(times), 1)}
    finally:
        await owner.close()


async def idle_percent(servers: embedded.Servers, companies: int) -> dict[str, float]:
    """Of one core, over so many seconds in which nothing is due: the worker, and PostgreSQL for it."""
    await _registered(servers, companies)
    process = _worker(servers)
    try:
        await asyncio.sleep(IDLE_AFTER_S)
        before = _cpu_s(process.pid), _cpu_s(servers.postgres_pid)
        await asyncio.sleep(IDLE_FOR_S)
        took = [_cpu_s(pid) - was for pid, was in zip((process.pid, servers.postgres_pid), before, strict=True)]
        return {name: round(100 * s / IDLE_FOR_S, 2) for name, s in zip(("worker", "postgresql"), took, strict=True)}
    finally:
        process.terminate()
        process.wait()


def _of(idle: dict[str, dict[str, float]]) -> float:
    """What the many cost, worker and PostgreSQL together, of what the few do."""
    few, many = (sum(idle[f"{companies}_companies"].values()) for companies in (FEW, MANY))
    return round(many / few, 2)


async def _registered(servers: embedded.Servers, companies: int) -> None:
    """So many companies whose timetables were looked at, with nothing to do before tomorrow."""
    owner = await asyncpg.connect(servers.owner_url)
    try:
        await owner.execute(
            "insert into tenant (id, slug, name, packs, time_zone, language, simulated, created_at) select"
            " gen_random_uuid(), 'idle-' || n, '', '{}', 'UTC', 'en', false, now()"
            f" from generate_series((select count(*) from tenant) + 1, {companies}) n"
        )
        await owner.execute("alter table timetable_look no force row level security")
        await owner.execute(
            "insert into timetable_look (id, tenant_id, next_at, known) select id, id, now() + interval '1 day', $1"
            " from tenant on conflict (tenant_id, id) do update set next_at = excluded.next_at, known = excluded.known",
            ticks.known_as(timetable.everything(Packs(installed()))),
        )
        await owner.execute("alter table timetable_look force row level security")
        await owner.execute("analyze tenant, timetable_look, job, timer")
    finally:
        await owner.close()


def _cpu_s(pid: int) -> float:
    """Of a process and all that it started, whether they still run or not."""
    first = psutil.Process(pid)
    used = sum(first.cpu_times()[:4])
    for child in first.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            used += sum(child.cpu_times()[:2])
    return used


async def lateness_ms(servers: embedded.Servers, tenant, subject: str) -> dict[str, float]:
    """From a deadline's moment to its step, with so many due each second. Of a complaint's each also makes a job."""
    process = _worker(servers)
    try:
        await asyncio.sleep(6)
        async with tenant_scope(tenant):
            await execute(
                "insert into timer (id, subject, subject_id, milestone, occurrence, clock, steps, next_at, due_at,"
                " provisional, generation, version) select gen_random_uuid(), $1, gen_random_uuid(), 'bench', 1,"
                " '{}', jsonb_build_array(jsonb_build_object('name', 'breach', 'kind', 'breach', 'at', at, 'roles',"
                " '[]'::jsonb)), at, at, false, 0, 1 from (select now() + interval '2 seconds' + n * interval '1 second'"
                f" / {DUE_PER_S} as at from generate_series(1, {DUE_PER_S * DUE_FOR_S}) n) s",
                subject,
            )
        await _until(tenant, f"select count(*) = 0 from timer where subject = '{subject}' and next_at is not null")
        async with tenant_scope(tenant):
            late = sorted(
                float(row["ms"])
                for row in await fetch(
                    "select extract(epoch from s.fired_at - s.due_at) * 1000 as ms from timer_step s"
                    " join timer t on t.tenant_id = s.tenant_id and t.id = s.timer_id where t.subject = $1",
                    subject,
                )
            )
        return {"p50": round(late[len(late) // 2]), "p99": round(late[int(len(late) * 0.99)]), "max": round(late[-1])}
    finally:
        process.terminate()
        process.wait()


def _worker(servers: embedded.Servers) -> subprocess.Popen[bytes]:
    words = [sys.executable, __file__, "worker", servers.app_url, servers.relay_url, servers.redis_url]
    return subprocess.Popen(words)


async def _until(tenant, condition: str) -> None:
    for _ in range(6_000):
        async with tenant_scope(tenant):
            if await fetch_value(condition):
                return
        await asyncio.sleep(0.05)
    raise TimeoutError(condition)


async def _measured(servers: embedded.Servers) -> dict[str, object]:
    packs = Packs(installed())
    new = NewTenant(slug="bench", name="bench", packs=("cable_tv",))
    idle = {f"{companies}_companies": await idle_percent(servers, companies) for companies in (FEW, MANY)}
    if sys.argv[1:2] == ["idle"]:
        return {"idle_percent_of_a_core": idle, "idle_many_of_few": _of(idle)}
    async with connected(servers.app_url, pool_size=4):
        tenant = await provisioning.provision(
            new, owner_url=servers.owner_url, app_url=servers.app_url, packs=packs, now=datetime.now(UTC)
        )
        by_ledger, by_arq = await ledger_per_s(servers, tenant.id), await arq_per_s(servers)
        late = {subject: await lateness_ms(servers, tenant.id, subject) for subject in ("bench", "complaint")}
        return {
            "idle_percent_of_a_core": idle,
            "jobs_per_second": {"ledger": round(by_ledger), "arq_alone": round(by_arq)},
            "ledger_of_arq": round(by_ledger / by_arq, 3),
            f"claim_ms_{TENANTS}_tenants_{READY}_ready": await claim_ms(servers),
            f"deadline_lateness_ms_at_{DUE_PER_S}_per_s": late,
        }


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == ["worker"]:
        keyring.use_root_key(b"\x07" * 32)
        app, relay, redis = sys.argv[2:5]
        asyncio.run(
            worker.run(worker.Addresses(app, relay, redis), settings=worker.WorkerSettings(jobs_at_once=AT_ONCE))
        )
        return
    home = Path(tempfile.mkdtemp(prefix="guibin-bench-"))
    home.chmod(0o755)
    keyring.use_root_key(b"\x07" * 32)
    try:
        with embedded.running(home) as servers:
            asyncio.run(migrations.migrate(servers.owner_url, Packs(installed()).schemas()))
            print(json.dumps(asyncio.run(_measured(servers)), indent=2))
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
