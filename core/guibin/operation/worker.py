"""`guibin worker`: relay, timetable, deadlines and executor of one process. A composition root."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct
from redis.exceptions import RedisError

from guibin import timetable
from guibin.context import Clock, Root, real_clock
from guibin.dispatch.execution import Workshop, perform
from guibin.dispatch.executor import Executor
from guibin.dispatch.leases import Leases
from guibin.dispatch.rescue import rescue_lost
from guibin.dispatch.scheduler import Scheduler
from guibin.jobs.actions import enqueue
from guibin.jobs.relay import IN_HAND, Relay, relaying
from guibin.packs import Packs, installed
from guibin.scripts.runner import running_scripts
from guibin.sla import sweep
from guibin.sla.jobs import SweepTimers
from guibin.watch import failpoints, metrics
from guibin_tenants.database import ENGINE, UNREACHABLE, connected
from guibin_tenants.scope import NotCommitted, tenant_scope
from guibin_tenants.tables import new_id

_log = logging.getLogger("guibin.worker")
# PostgreSQL or Redis is away, or answered with an error: wait and go on.
_PASSING = (
    *UNREACHABLE,
    asyncpg.PostgresError,
    RedisError,
    TimeoutError,
    NotCommitted,
)
_PAUSE_MAX_S = 5.0


class WorkerSettings(Struct, frozen=True, kw_only=True):
    """How a worker works; seconds end in `_s`.

    A job whose worker vanished is done again after `lease_s`, one that Redis forgot after `handed_for_s`.
    `tenant_share` percent of the jobs done at once is the most one company may have, unless it has a share of its own;
    `drain_s` is what running jobs get at the end.
    """

    jobs_at_once: int = 10
    tenant_share: int = 70
    lease_s: float = 30.0
    handed_for_s: float = 15.0
    backoff_first_s: float = 5.0
    poll_s: float = 0.2
    timers_every_s: float = 0.5
    timetable_every_s: float = 5.0
    measure_every_s: float = 15.0
    drain_s: float = 5.0


class Addresses(Struct, frozen=True):
    """Where a worker works: the database in the application's role and in the relay's, and Redis."""

    app: str
    relay: str
    redis: str


async def run(
    at: Addresses,
    *,
    settings: WorkerSettings | None = None,
    packs: Packs | None = None,
    clock: Clock = real_clock,
    stop: asyncio.Event | None = None,
) -> None:
    """Work until SIGTERM, SIGINT or `stop`, then let running jobs end. Redis and PostgreSQL may come and go."""
    settings = settings or WorkerSettings()
    stopping = stop if stop is not None else _stop_on_signal()
    chosen = packs if packs is not None else Packs(installed())
    rhythms = timetable.everything(chosen)
    worker = new_id()
    shop = Workshop(
        root=Root(packs=chosen, clock=clock),
        worker=worker,
        leases=Leases(),
        lease_s=settings.lease_s,
        backoff_first_s=settings.backoff_first_s,
    )
    # There is room again when a job ends, and a sweep to hand over when a deadline is due: not at the next look.
    sooner = asyncio.Event()
    executor = Executor(at.redis, worker, _performer(shop, sooner), at_once=settings.jobs_at_once)
    async with (
        _database(at.app, settings.jobs_at_once + 4),
        relaying(at.relay, worker) as relay,
        running_scripts(),
    ):
        scheduler = Scheduler(rhythms)
        loops = _loops(shop, relay, executor, scheduler, settings, sooner)
        tasks = {loop.name: asyncio.create_task(_forever(loop, sooner), name=loop.name) for loop in loops}
        first = [tasks[loop.name] for loop in loops if not loop.while_draining]
        last = [tasks[loop.name] for loop in loops if loop.while_draining]
        last.append(asyncio.create_task(executor.run(), name="executor"))
        _log.info("worker %s ready", worker)
        try:
            await _until(stopping, [*first, *last])
        finally:
            await _cancelled(first)
            await executor.drain(settings.drain_s)
            await _cancelled(last)
            await _leave(executor, relay)


class Loop(Struct, frozen=True):
    """What a worker does every `every_s` seconds; `step` says whether there is more to do at once.

    `woken`: its pause ends early when a job has ended or a deadline is due. `while_draining`: it goes on until running
    jobs have ended.
    """

    name: str
    step: Callable[[], Awaitable[bool]]
    every_s: float
    woken: bool = False
    while_draining: bool = False


def _loops(
    shop: Workshop,
    relay: Relay,
    executor: Executor,
    scheduler: Scheduler,
    settings: WorkerSettings,
    sooner: asyncio.Event,
) -> list[Loop]:
    clock = shop.root.clock

    async def hand_over() -> bool:
        return await _hand_over(relay, executor, clock(), settings)

    async def heartbeat() -> bool:
        await shop.leases.beat(settings.lease_s)
        return False

    async def rescue() -> bool:
        await relay.forget_stale(settings.handed_for_s)
        for tenant_id, job_ids in (await relay.expired()).items():
            await rescue_lost(shop, tenant_id, job_ids)
        return False

    async def timers() -> bool:
        now = clock()
        for tenant_id in await sweep.companies_due(relay, now):
            async with tenant_scope(tenant_id):
                await enqueue(SweepTimers(), now=now, unique_key="sweep-timers", while_pending=True, priority=100)
            sooner.set()
        return False

    async def rhythms() -> bool:
        await scheduler.look_at_due(relay, clock())
        return False

    async def measure() -> bool:
        await _measure(relay, clock())
        return False

    return [
        Loop("hand_over", hand_over, settings.poll_s, woken=True),
        Loop("heartbeat", heartbeat, settings.lease_s / 3, while_draining=True),
        Loop("rescue", rescue, min(settings.lease_s, settings.handed_for_s) / 3),
        Loop("timers", timers, settings.timers_every_s),
        Loop("rhythms", rhythms, settings.timetable_every_s),
        Loop("measure", measure, settings.measure_every_s),
    ]


async def _hand_over(relay: Relay, executor: Executor, now: datetime, settings: WorkerSettings) -> bool:
    """Claim what there is room for and hand it over; whether to look again at once."""
    if not await executor.reachable():
        return False
    claimed = await relay.claim(
        now,
        in_hand_max=IN_HAND * settings.jobs_at_once,
        at_once=settings.jobs_at_once,
        share=settings.tenant_share,
    )
    metrics.CLAIMED.inc(len(claimed))
    if claimed:
        failpoints.reach("relay.claimed")
    left = await executor.hand_over(claimed)
    if claimed:
        failpoints.reach("relay.handed")
    if left:
        await relay.take_back(left)
    return bool(claimed) and not left


STATES = ("scheduled", "ready", "paused", "suspended", "handed", "running", "dead")


async def _measure(relay: Relay, now: datetime) -> None:
    found = {depth.state: depth for depth in await relay.depths(now)}
    for state in STATES:
        depth = found.get(state)
        metrics.JOBS.labels(state).set(depth.jobs if depth else 0)
        metrics.JOBS_OLDEST_SECONDS.labels(state).set(depth.oldest_s if depth else 0.0)
    ready = found.get("ready")
    metrics.RELAY_LAG_SECONDS.set(ready.oldest_s if ready else 0.0)
    overdue, oldest_s = await sweep.overdue(relay, now)
    metrics.TIMERS_OVERDUE.set(overdue)
    metrics.TIMERS_OVERDUE_SECONDS.set(oldest_s)


def _performer(shop: Workshop, sooner: asyncio.Event) -> Callable[[UUID, UUID, int], Awaitable[object]]:
    async def one(tenant_id: UUID, job_id: UUID, attempt: int) -> None:
        try:
            await perform(shop, tenant_id, job_id, attempt=attempt)
        except _PASSING as error:
            # PostgreSQL went away around the attempt: the lease expires and the job is rescued.
            _log.warning("job %s: %s", job_id, type(error).__name__)
        finally:
            sooner.set()

    return one


async def _forever(loop: Loop, sooner: asyncio.Event) -> None:
    """Run its step again and again, at once when it says there is more; what passes does not end it."""
    pause_s = loop.every_s
    while True:
        try:
            more = await loop.step()
            pause_s = loop.every_s
        except _PASSING as error:
            more, pause_s = False, min(max(pause_s, 0.1) * 2, _PAUSE_MAX_S)
            metrics.LOOP_ERRORS.labels(loop.name).inc()
            _log.warning("%s: %s; again in %.1f s", loop.name, type(error).__name__, pause_s)
        if loop.woken and not more and pause_s == loop.every_s:
            await _pause(pause_s, sooner)
        else:
            await asyncio.sleep(0.01 if more else pause_s)


async def _pause(pause_s: float, sooner: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(pause_s):
            await sooner.wait()
    sooner.clear()
    # What ends at about the same time is looked for together; as much waits in this process meanwhile.
    await asyncio.sleep(0.02)


async def _until(stopping: asyncio.Event, loops: list[asyncio.Task[None]]) -> None:
    stopped = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({stopped, *loops}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
    for loop in loops:
        if loop.done():
            # A fault of the program: better ended and started again than half alive.
            loop.result()


async def _leave(executor: Executor, relay: Relay) -> None:
    with contextlib.suppress(*_PASSING):
        await relay.take_back()
    await executor.close()


async def _cancelled(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def _database(url: str, size: int) -> AsyncIterator[None]:
    if ENGINE.pool is not None:
        yield
        return
    async with connected(url, name="guibin worker", pool_size=size):
        yield


def _stop_on_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return stop
