"""The leases this process holds, and the heartbeat that keeps them."""

import asyncio
import contextlib
from collections.abc import Iterator
from uuid import UUID

from msgspec import Struct

from guibin.jobs import ledger
from guibin_tenants.scope import tenant_scope


class Held(Struct, frozen=True):
    """A lease and the task that works under it."""

    tenant_id: UUID
    job_id: UUID
    task: asyncio.Task[object]


class Leases:
    """Held leases by token. `lost` are those whose task was stopped because the lease went to somebody else."""

    def __init__(self) -> None:
        self.held: dict[UUID, Held] = {}
        self.lost: set[UUID] = set()

    @contextlib.contextmanager
    def kept(self, tenant_id: UUID, job_id: UUID, token: UUID) -> Iterator[None]:
        """The current task holds the lease; the heartbeat keeps it for as long as this lasts."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a lease is held by a task")
        self.held[token] = Held(tenant_id, job_id, task)
        try:
            yield
        finally:
            del self.held[token]

    async def beat(self, lease_s: float) -> None:
        """Extend every lease once; stop the work of those that are lost. What kept one from being extended is raised at the end, and
        keeps no other from it.
        """
        failed: list[Exception] = []
        for token, held in list(self.held.items()):
            try:
                async with tenant_scope(held.tenant_id):
                    mine = await ledger.extend(held.job_id, token, lease_s=lease_s)
            except Exception as error:
                failed.append(error)
                continue
            if not mine and token in self.held:
                self.lost.add(token)
                held.task.cancel()
        if failed:
            raise failed[0]
