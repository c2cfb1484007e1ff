"""Looking at the timetables whose next tick has come; however many schedulers do so, a tick becomes one job."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from guibin.jobs import ticks
from guibin.jobs.relay import Relay, Serving
from guibin.periods.rhythms import Rhythm
from guibin.watch import failpoints
from guibin_tenants.scope import tenant_scope

from .execution import company_of


class Scheduler:
    """Asks which companies have a tick due, and opens the scope of those alone. At its start also of those that no scheduler
    has looked at with the same rhythms: a release may have brought some.
    """

    def __init__(self, rhythms: Sequence[Rhythm]) -> None:
        self.rhythms = tuple(rhythms)
        self.known = ticks.known_as(self.rhythms)
        self.begun = False

    async def look_at_due(self, relay: Relay, now: datetime) -> int:
        """Write what has come, of whatever company; how many jobs."""
        written = 0
        if not self.begun:
            written += await self.look(await relay.unknown_to(self.known), now)
            self.begun = True
        return written + await self.look(await relay.looks_due(now), now)

    async def look(self, tenants: Sequence[Serving], now: datetime) -> int:
        """Write what has come for each of these; how many jobs."""
        written = 0
        for serving in tenants:
            async with tenant_scope(serving.tenant_id):
                company = await company_of(serving.tenant_id)
                if company is None:
                    continue
                # A rhythm that is new to the product begins with the day, one of a new company with the company.
                since = max(serving.created_at, now - timedelta(days=1))
                found = await ticks.look(self.rhythms, company, since=since, now=now)
                if found:
                    failpoints.reach("scheduler.ticked")
            if found:
                failpoints.reach("scheduler.committed")
            written += found
        return written
