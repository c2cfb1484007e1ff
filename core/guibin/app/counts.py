"""Counts what companies ask for, in this process: written down now and then, so that a request costs no statement."""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

from guibin_tenants import counts
from guibin_tenants.counts import Counted
from guibin_tenants.database import UNREACHABLE
from guibin_tenants.refusals import Unavailable
from guibin_tenants.scope import NotCommitted, tenant_scope

_log = logging.getLogger("guibin.counts")
_Companies = dict[UUID, dict[tuple[date, UUID], Counted]]


class RequestCounts:
    """What was asked for since it was last written down, by company, day and key."""

    def __init__(self) -> None:
        self._since: _Companies = defaultdict(lambda: defaultdict(Counted))

    def of(self, company: UUID, day: date, key_id: UUID) -> Counted:
        """Where a request is counted."""
        return self._since[company][day, key_id]

    async def write(self) -> None:
        """Write all of it down, each company's in its own scope; what cannot be written now, for whatever reason, waits for the
        next time and keeps nobody else's from being written."""
        for company in list(self._since):
            counted = self._since.pop(company)
            try:
                async with tenant_scope(company):
                    await counts.add(company, counted)
            except (*UNREACHABLE, NotCommitted, Unavailable) as error:
                _log.warning("requests could not be written down: %s", type(error).__name__)
                self._take_back(company, counted)
            except Exception as error:
                _log.error("requests of company %s could not be written down", company, exc_info=error)
                self._take_back(company, counted)
            except asyncio.CancelledError:
                self._take_back(company, counted)
                raise

    def _take_back(self, company: UUID, counted: dict[tuple[date, UUID], Counted]) -> None:
        for (day, key_id), one in counted.items():
            now = self.of(company, day, key_id)
            now.requests += one.requests
            now.refused += one.refused


@contextlib.asynccontextmanager
async def written_every(seconds: float, counted: RequestCounts) -> AsyncIterator[None]:
    """For as long as this lasts, write them down so often, and once more at its end."""

    async def go_on() -> None:
        while True:
            await asyncio.sleep(seconds)
            await counted.write()

    task = asyncio.create_task(go_on())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await counted.write()
