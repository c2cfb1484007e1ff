"""`guibin worker`: relay, timetable, deadlines and executor of one process. A composition root."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
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
from guibin_tenants import cells
from guibin_tenants.database import ENGINE, UNREACHABLE, connected
from guibin_tenants.refusals import Unavailable
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
    Unavailable,
)
_PAUSE_MAX_S = 5.0


class WorkerSettings(Struct, frozen=True, kw_only=True):
    """How a worker works; seconds end in `_s`.

    A job whose worker vanished is done again after `lease_s`, one that Redis forgot after `handed_for_s`.
    `tenant_share` percent of the jobs done at once is the most one company may have, unless it has a share of its own;
    `drain_s` is what running jobs get at the end. `cells` are those it serves.
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
    cells: int = 1

    @property
    def in_hand_max(self) -> int:
        """How many jobs of one cell are handed over at most: one wave runs and one waits; of several cells each may fill the first."""
        return max(IN_HAND * self.jobs_at_once // self.cells, self.jobs_at_once)


class Addresses(Struct, frozen=True):
    """Where a worker works: the database in the application's role and in the relay's, and Redis.

    Of several cells it serves those in `cells`, all without any.
    """

    app: str
    relay: str
    redis: str
    cells: tuple[str, ...] = ()

    def relays(self) -> list[tuple[str, str]]:
        """The name and the relay's address of each cell; without a name where there is but one database. Raises BadCells."""
        served = [cells.named(name) for name in self.cells] or cells.used()
        return [(cell.name, cell.url("relay")) for cell in served] or [("", self.relay)]


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
        contextlib.AsyncExitStack() as opened,
        running_scripts(),
    ):
        relays = [await opened.enter_async_context(relaying(url, worker, cell=cell)) for cell, url in at.relays()]
        settings = msgspec.structs.replace(settings, cells=len(relays))
        loops = _loops(shop, relays, settings)
        for relay in relays:
            loops += _loops_of(shop, relay, executor, Scheduler(rhythms), settings, sooner)
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
            await _leave(executor, relays)


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


def _loops(shop: Workshop, relays: Sequence[Relay], settings: WorkerSettings) -> list[Loop]:
    """What is done for all cells together."""

    async def heartbeat() -> bool:
        await shop.leases.beat(settings.lease_s)
        return False

    async def measure() -> bool:
        await _measure(relays, shop.root.clock())
        return False

    return [
        Loop("heartbeat", heartbeat, settings.lease_s / 3, while_draining=True),
        Loop("measure", measure, settings.measure_every_s),
    ]


def _loops_of(
    shop: Workshop,
    relay: Relay,
    executor: Executor,
    scheduler: Scheduler,
    settings: WorkerSettings,
    sooner: asyncio.Event,
) -> list[Loop]:
    """What is done for one cell: when it is away, the others' goes on."""
    clock = shop.root.clock

    async def hand_over() -> bool:
        return await _hand_over(relay, executor, clock(), settings)

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

    def named(loop: str) -> str:
        return f"{loop} {relay.cell}".strip()

    return [
        Loop(named("hand_over"), hand_over, settings.poll_s, woken=True),
        Loop(named("rescue"), rescue, min(settings.lease_s, settings.handed_for_s) / 3),
        Loop(named("timers"), timers, settings.timers_every_s),
        Loop(named("rhythms"), rhythms, settings.timetable_every_s),
    ]


async def _hand_over(relay: Relay, executor: Executor, now: datetime, settings: WorkerSettings) -> bool:
    """Claim what there is room for and hand it over; whether to look again at once."""
    if not await executor.reachable():
        return False
    claimed = await relay.claim(
        now,
        in_hand_max=settings.in_hand_max,
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


async def _measure(relays: Sequence[Relay], now: datetime) -> None:
    """Over all cells that are there; the worker that serves them all is the one to ask. Raises what kept one from being asked."""
    jobs, oldest = dict.fromkeys(STATES, 0), dict.fromkeys(STATES, 0.0)
    overdue, overdue_s, away = 0, 0.0, None
    for relay in relays:
        try:
            for depth in await relay.depths(now):
                jobs[depth.state] += depth.jobs
                oldest[depth.state] = max(oldest[depth.state], depth.oldest_s)
            count, since_s = await sweep.overdue(relay, now)
        except _PASSING as error:
            away = error
            continue
        overdue, overdue_s = overdue + count, max(overdue_s, since_s)
    for state in STATES:
        metrics.JOBS.labels(state).set(jobs[state])
        metrics.JOBS_OLDEST_SECONDS.labels(state).set(oldest[state])
    metrics.RELAY_LAG_SECONDS.set(oldest["ready"])
    metrics.TIMERS_OVERDUE.set(overdue)
    metrics.TIMERS_OVERDUE_SECONDS.set(overdue_s)
    if away is not None:
        raise away


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


async def _leave(executor: Executor, relays: Sequence[Relay]) -> None:
    for relay in relays:
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
