"""Jobs and timetable of a company on a simulated clock: done in this process, in order, through the same ledger."""

from collections.abc import Sequence
from datetime import datetime

from guibin.context import Company
from guibin_tenants import settings
from guibin_tenants.scope import fetch_one, fetch_value, tenant_scope

from .execution import Workshop, perform
from .rescue import rescue_all
from .rhythms import Rhythm
from .ticks import next_tick, tick


class Background:
    """What falls due beside timers, as `guibin.sla.simulation.advance` wants it."""

    def __init__(self, shop: Workshop, company: Company, rhythms: Sequence[Rhythm] = ()) -> None:
        self.shop = shop
        self.company = company
        self.rhythms = tuple(rhythms)

    async def next_at(self) -> datetime | None:
        """The moment of the next job or tick, never before the clock. Inside the tenant's scope."""
        stands = await settings.simulated_now()
        if stands is not None:
            await rescue_all(self.shop, now=stands)
        job_at: datetime | None = await fetch_value(
            "select min(run_at) from job where ended_at is null and lease_token is null and held_at is null"
        )
        tick_at = await next_tick(self.rhythms, self.company, since=stands) if stands else None
        found = min((moment for moment in (job_at, tick_at) if moment is not None), default=None)
        return max(found, stands) if found is not None and stands is not None else found

    async def run(self, moment: datetime) -> int:
        """Do everything due by `moment`, at which the clock stands; how many attempts."""
        async with tenant_scope(self.company.id):
            await tick(self.rhythms, self.company, since=moment, now=moment)
        done = 0
        while True:
            async with tenant_scope(self.company.id):
                row = await fetch_one(
                    "select id, attempt from job where ended_at is null and lease_token is null and held_at is null"
                    " and run_at <= $1 order by run_at, priority desc, id limit 1",
                    moment,
                )
            if row is None:
                return done
            outcome = await perform(self.shop, self.company.id, row["id"], attempt=row["attempt"])
            if outcome == "not taken":
                return done
            done += 1


async def run_due(background: Background, until: datetime) -> int:
    """Do jobs and ticks in the order of their moments up to `until`, moving the clock along; how many attempts.

    Timers stand still: `guibin.sla.simulation.advance` moves them too.
    """
    done = 0
    while True:
        async with tenant_scope(background.company.id):
            moment = await background.next_at()
            if moment is None or moment > until:
                await settings.move_clock(until)
                return done
            await settings.move_clock(moment)
        done += await background.run(moment)
