"""What would be done of a company now: by whoever hands jobs out, sweeps deadlines and ticks the timetable."""

from uuid import UUID

from guibin.dispatch.scheduler import Scheduler
from guibin.jobs.relay import relaying
from guibin.sla.sweep import companies_due
from guibin.timetable import RHYTHMS
from guibin_tenants.scope import execute
from support import Company


async def add_timer(tenant: Company) -> None:
    """A deadline that is due, in the open scope."""
    await execute(
        "insert into timer (id, subject, subject_id, milestone, occurrence, clock, steps, next_at, provisional,"
        " generation, version) values (gen_random_uuid(), 'test', gen_random_uuid(), 'test', 1, '{}',"
        ' \'[{"name": "breach", "kind": "breach", "at": "2026-01-01T00:00:00Z", "roles": []}]\', $1, false, 0, 1)',
        tenant.world.clock(),
    )


async def due_of(tenant: Company, relay_url: str, worker: UUID) -> tuple[int, int, int, int]:
    """Its jobs, sweeps, companies to tick and ticks that relay and timetable would have. Ticks are written; jobs are not taken."""
    now = tenant.world.clock()
    async with relaying(relay_url, worker) as relay:
        claimed = await relay.claim(now, in_hand_max=1_000, at_once=500)
        await relay.take_back()
        due = await companies_due(relay, now)
        serving = [one for one in await relay.unknown_to("other rhythms") if one.tenant_id == tenant.id]
        ticked = await Scheduler(RHYTHMS).look(serving, now)
    return sum(one.tenant_id == tenant.id for one in claimed), due.count(tenant.id), len(serving), ticked
