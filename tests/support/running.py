"""Running a job's handler for a company at its clock, as a worker would."""

from datetime import datetime

from msgspec import Struct

from guibin.context import Company as CompanyContext
from guibin.jobs.kinds import Run, handler_of, kind_of
from guibin.policies.queries import effective_policy
from guibin_tenants.authentication import system_principal
from guibin_tenants.tables import new_id
from support import Company


async def run_job(tenant: Company, payload: Struct, *, at: datetime | None = None, kind: str = "") -> None:
    """Run it once inside the tenant's scope; `at` is the tick, by default the clock; `kind` names a reaction."""
    view, now = tenant.view, tenant.world.clock()
    company = CompanyContext(view.id, view.slug, view.packs, view.time_zone, view.language, view.simulated)
    handler = handler_of(kind or kind_of(type(payload)))
    assert handler is not None
    async with tenant.scope():
        policy = await effective_policy(tenant.world.packs, company, at=now)
        job_id = new_id()
        by = system_principal(name=handler.kind, job_id=job_id)
        await handler.function(payload, Run(by, now, policy, company, job_id, 1, at or now))
