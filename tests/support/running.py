"""Running a job's handler for a company at its clock, as a worker would."""

from datetime import datetime

from msgspec import Struct

from guibin import timetable
from guibin.context import Company as CompanyContext
from guibin.context import Root
from guibin.dispatch.execution import Done, Workshop, perform
from guibin.dispatch.leases import Leases
from guibin.jobs.kinds import Handler, Run, handler_of, kind_of
from guibin.periods.rhythms import Rhythm
from guibin.policies.queries import effective_policy
from guibin_tenants.authentication import system_principal
from guibin_tenants.scope import fetch_one
from guibin_tenants.tables import new_id
from support import Company


async def run_job(tenant: Company, payload: Struct, *, at: datetime | None = None, kind: str = "") -> None:
    """Run it once inside the tenant's scope; `at` is the tick, by default the clock; `kind` names a reaction."""
    handler = handler_of(kind or kind_of(type(payload)))
    assert handler is not None
    assert kind or not _rhythms(tenant, payload), (
        "come_round brings it, so that a test notices when the timetable does not"
    )
    await _run(tenant, payload, handler, at)


async def _run(tenant: Company, payload: Struct, handler: Handler, at: datetime | None) -> None:
    view, now = tenant.view, tenant.world.clock()
    company = CompanyContext(view.id, view.slug, view.packs, view.time_zone, view.language, view.simulated)
    async with tenant.scope():
        policy = await effective_policy(tenant.world.packs, company, at=now)
        job_id = new_id()
        by = system_principal(name=handler.kind, job_id=job_id)
        run = Run(
            by=by,
            now=now,
            policy=policy,
            company=company,
            language=company.language,
            job_id=job_id,
            attempt=1,
            due_at=at or now,
            hooks=tenant.world.packs.hooks_of(view.packs),
        )
        if handler.errand is None:
            await handler.function(payload, run)
            return
        prepared = await handler.errand.prepare(payload, run)
    if prepared is not None:
        outcome = await handler.errand.go(prepared)
        async with tenant.scope():
            await handler.function(payload, run, outcome)


async def work_off(tenant: Company, *, kind: str = "") -> list[Done]:
    """Do every job of the tenant that is due by its clock, of one kind or all, as a worker would; how each ended."""
    world = tenant.world
    shop = Workshop(root=Root(packs=world.packs, clock=world.clock), worker=new_id(), leases=Leases())
    done: list[Done] = []
    while True:
        async with tenant.scope():
            row = await fetch_one(
                "select id, attempt from job where ended_at is null and lease_token is null and run_at <= $1"
                " and ($2 = '' or kind = $2) order by run_at, priority desc, id limit 1",
                world.clock(),
                kind,
            )
        if row is None:
            return done
        done.append(await perform(shop, tenant.id, row["id"], attempt=row["attempt"]))


async def come_round(tenant: Company, payload: Struct, *, at: datetime | None = None) -> None:
    """The hour of a recurring job comes: it runs as often as the product's timetable has it for the tenant, or never."""
    for rhythm in _rhythms(tenant, payload):
        handler = handler_of(kind_of(type(rhythm.payload)))
        assert handler is not None
        await _run(tenant, rhythm.payload, handler, at)


def _rhythms(tenant: Company, payload: Struct) -> list[Rhythm]:
    return [
        rhythm
        for rhythm in timetable.everything(tenant.world.packs)
        if rhythm.payload == payload and (not rhythm.pack or rhythm.pack in tenant.view.packs)
    ]
