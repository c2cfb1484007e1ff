"""Jobs and timetable of a company on a simulated clock: done in this process, in order, through the same ledger."""

from collections.abc import Sequence
from datetime import datetime

from guibin.context import Company
from guibin.jobs.ticks import next_tick, tick
from guibin.periods.rhythms import Rhythm
from guibin_tenants import settings
from guibin_tenants.scope import fetch_one, tenant_scope

from .execution import Workshop, perform
from .rescue import rescue_all

# What nobody took stands in one index, what a worker took or gave back in another: of all the jobs of a year few are read.
_NEXT_JOB = """select min(run_at) as run_at, bool_or(lost) as lost from (
    select min(run_at) as run_at, false as lost from job
    where ended_at is null and lease_token is null and held_at is null and handed_at is null
    union all select min(run_at) filter (where lease_token is null and held_at is null),
        coalesce(bool_or(lease_until < clock_timestamp()), false)
    from job where ended_at is null and handed_at is not null) found"""
_WAITING = """select id, attempt, run_at, priority from job
    where ended_at is null and lease_token is null and held_at is null and run_at <= $1 and handed_at is"""
_DUE = f"""select id, attempt from (
    ({_WAITING} null order by run_at, priority desc, id limit 1) union all
    ({_WAITING} not null order by run_at, priority desc, id limit 1)) due
    order by run_at, priority desc, id limit 1"""


class Background:
    """What falls due beside timers, as `guibin.sla.simulation.advance` wants it."""

    def __init__(self, shop: Workshop, company: Company, rhythms: Sequence[Rhythm] = ()) -> None:
        self.shop = shop
        self.company = company
        self.rhythms = tuple(rhythms)
        self._tick_at: datetime | None = None

    async def next_at(self) -> datetime | None:
        """The moment of the next job or tick, never before the clock. Inside the tenant's scope."""
        stands = await settings.simulated_now()
        row = await fetch_one(_NEXT_JOB)
        if row is not None and row["lost"] and stands is not None:
            await rescue_all(self.shop, now=stands)
            row = await fetch_one(_NEXT_JOB)
        job_at = row["run_at"] if row is not None else None
        self._tick_at = await next_tick(self.rhythms, self.company, since=stands) if stands else None
        found = min((moment for moment in (job_at, self._tick_at) if moment is not None), default=None)
        return max(found, stands) if found is not None and stands is not None else found

    async def run(self, moment: datetime) -> int:
        """Do everything due by `moment`, at which the clock stands, as `next_at` found; how many attempts."""
        async with tenant_scope(self.company.id):
            if self._tick_at is not None and self._tick_at <= moment:
                await tick(self.rhythms, self.company, since=moment, now=moment)
            row = await fetch_one(_DUE, moment)
        done = 0
        while row is not None:
            outcome = await perform(self.shop, self.company.id, row["id"], attempt=row["attempt"])
            if outcome == "not taken":
                return done
            done += 1
            async with tenant_scope(self.company.id):
                row = await fetch_one(_DUE, moment)
        return done


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
