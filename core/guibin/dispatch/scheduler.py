"""Looking at every tenant's timetable; however many schedulers do so, a tick becomes one job."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from guibin.jobs.relay import Serving
from guibin.jobs.ticks import tick
from guibin.periods.rhythms import Rhythm, following
from guibin.watch import failpoints
from guibin_tenants.scope import tenant_scope

from .execution import company_of

# So late at most does a tenant's own change to its timetable take effect.
LOOK_AGAIN_AFTER = timedelta(minutes=1)


class Scheduler:
    """Remembers when it last looked, so that a tenant for which nothing can have come costs no query."""

    def __init__(self, rhythms: Sequence[Rhythm]) -> None:
        self.rhythms = tuple(rhythms)
        self.looked: dict[UUID, datetime] = {}

    async def look(self, tenants: Sequence[Serving], now: datetime) -> int:
        """Write what has come for each of these; how many jobs."""
        written = 0
        for serving in tenants:
            if not self._may_be_due(serving, now):
                continue
            async with tenant_scope(serving.tenant_id):
                company = await company_of(serving.tenant_id)
                if company is None:
                    continue
                # A rhythm that is new to the product begins with the day, one of a new company with the company.
                since = max(serving.created_at, now - timedelta(days=1))
                found = await tick(self.rhythms, company, since=since, now=now)
                if found:
                    failpoints.reach("scheduler.ticked")
            if found:
                failpoints.reach("scheduler.committed")
            written += found
            self.looked[serving.tenant_id] = now
        return written

    def _may_be_due(self, serving: Serving, now: datetime) -> bool:
        looked = self.looked.get(serving.tenant_id)
        if looked is None or now < looked or now - looked >= LOOK_AGAIN_AFTER:
            return True
        return any(following(rhythm.every, looked, serving.time_zone) <= now for rhythm in self.rhythms)
