"""arq as the executor: a queue of ids in Redis that may be lost at any time.

Each process has a queue of its own, because arq reads only the head of a queue: a fleet that shared one would do no
more than about a hundred jobs at once.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.worker import Worker, func
from redis.exceptions import RedisError

from guibin.jobs.kinds import all_handlers
from guibin.jobs.relay import IN_HAND, Claimed
from guibin_tenants.tables import new_id

FUNCTION = "perform"
QUEUE_KEPT_FOR_S = 86_400
_EXPIRES_S = 3_600
_REDIS_DOWN = (RedisError, OSError, TimeoutError)
_log = logging.getLogger("guibin.jobs")

Perform = Callable[[UUID, UUID, int], Awaitable[object]]


class Executor:
    """Takes ids, does jobs, and outlives Redis."""

    def __init__(self, redis_url: str, worker: UUID, perform: Perform, *, at_once: int) -> None:
        self.settings = RedisSettings.from_dsn(redis_url)
        self.settings.conn_retries = 0
        self.queue = f"guibin:{worker}"
        self.perform = perform
        self.at_once = at_once
        self.running: set[asyncio.Task[Any]] = set()
        self._worker: Worker | None = None
        self._client: ArqRedis | None = None
        self._draining = False
        self._answers = False
        self._slots = asyncio.Semaphore(at_once)
        self._slots_of: dict[UUID, tuple[int, asyncio.Semaphore]] = {}
        self._here: dict[tuple[UUID, int], Claimed] = {}

    async def reachable(self) -> bool:
        """Whether Redis answers, so far as the last time told; claiming more makes no sense while it does not."""
        if not self._answers:
            try:
                await (await self._connected()).ping()
                self._answers = True
            except _REDIS_DOWN:
                return False
        return True

    async def hand_over(self, claimed: Sequence[Claimed]) -> list[Claimed]:
        """Put them into the queue, all in one delivery; those that did not get there."""
        if not claimed:
            return []
        try:
            client = await self._connected()
            await client.enqueue_job(
                FUNCTION,
                [(str(job.tenant_id), str(job.job_id), job.attempt, job.at_once) for job in claimed],
                _job_id=f"{self.queue}:{new_id()}",
                _queue_name=self.queue,
                _expires=_EXPIRES_S,
            )
            await client.expire(self.queue, QUEUE_KEPT_FOR_S)
        except _REDIS_DOWN:
            self._answers = False
            return list(claimed)
        return []

    async def run(self) -> None:
        """Work until cancelled. arq's worker ends when Redis drops; another is started as soon as it is back."""
        pause_s = 0.1
        while not self._draining:
            self._worker = self._new_worker()
            try:
                await self._worker.async_run()
            except _REDIS_DOWN as error:
                self._answers = False
                _log.warning("Redis: %s; trying again in %.1f s", type(error).__name__, pause_s)
            finally:
                await self._let_go(self._worker)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, 2.0) if not await self.reachable() else 0.1

    async def drain(self, within_s: float) -> None:
        """Begin nothing new, let what runs end; what has not by then is interrupted, and will be done again."""
        self._draining = True
        if self._worker is not None:
            self._worker.allow_pick_jobs = False
        if self.running:
            await asyncio.wait(self.running, timeout=within_s)
        for task in list(self.running):
            task.cancel()
        if self.running:
            await asyncio.wait(self.running, timeout=2.0)

    async def close(self) -> None:
        """Forget the queue and leave Redis."""
        if self._client is not None:
            with contextlib.suppress(*_REDIS_DOWN):
                await self._client.delete(self.queue)
            with contextlib.suppress(*_REDIS_DOWN):
                await self._client.aclose()

    async def _perform(self, _: dict[Any, Any], delivery: Sequence[tuple[str, str, int, int]]) -> None:
        tasks = [
            asyncio.create_task(self._one(Claimed(UUID(tenant_id), UUID(job_id), attempt, at_once)))
            for tenant_id, job_id, attempt, at_once in delivery
        ]
        for task in tasks:
            self.running.add(task)
            task.add_done_callback(self.running.discard)
        # Whatever comes of a job stands in the ledger.
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _one(self, job: Claimed) -> None:
        """The job, when there is room; nothing when the same attempt was delivered before and is still here."""
        key = (job.job_id, job.attempt)
        if key in self._here:
            return
        self._here[key] = job
        try:
            # A company's own limit first: what waits for it takes nobody's room.
            async with self._companys(job), self._slots:
                if not self._draining:
                    await self.perform(job.tenant_id, job.job_id, job.attempt)
        finally:
            del self._here[key]
            if not any(other.tenant_id == job.tenant_id for other in self._here.values()):
                self._slots_of.pop(job.tenant_id, None)

    def _companys(self, job: Claimed) -> asyncio.Semaphore:
        limit, slots = self._slots_of.get(job.tenant_id, (0, None))
        if slots is None or limit != job.at_once:
            slots = asyncio.Semaphore(job.at_once)
            self._slots_of[job.tenant_id] = (job.at_once, slots)
        return slots

    def _new_worker(self) -> Worker:
        longest_s = max((handler.timeout_s for handler in all_handlers()), default=60.0)
        return Worker(
            # The handlers' own limits come first; arq's is only there so that Redis forgets.
            functions=[
                func(
                    self._perform,  # type: ignore[arg-type]  # arq's protocol wants parameters no function has
                    name=FUNCTION,
                    keep_result=0,
                    timeout=IN_HAND * longest_s + 30,
                    max_tries=1_000,
                )
            ],
            queue_name=self.queue,
            redis_settings=self.settings,
            handle_signals=False,
            # A delivery holds a job at least, and its jobs wait for a slot of ours.
            max_jobs=IN_HAND * self.at_once,
            poll_delay=0.02,
            keep_result=0,
            job_serializer=msgspec.msgpack.encode,
            job_deserializer=msgspec.msgpack.decode,
            log_results=False,
            health_check_interval=60,
        )

    async def _connected(self) -> ArqRedis:
        if self._client is None:
            self._client = await create_pool(
                self.settings, job_serializer=msgspec.msgpack.encode, job_deserializer=msgspec.msgpack.decode
            )
        return self._client

    async def _let_go(self, worker: Worker) -> None:
        # Jobs in progress belong to PostgreSQL, not to Redis: they go on. Their tasks of arq's own may fail to tell
        # Redis so, which nobody needs to know.
        for task in worker.tasks.values():
            task.add_done_callback(_forget)
        idle = not worker.tasks
        worker.tasks.clear()
        if idle and worker._pool is not None:
            with contextlib.suppress(*_REDIS_DOWN):
                await worker._pool.aclose(close_connection_pool=True)


def _forget(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()
