"""Whatever recurs goes on beside archives that have ended: the living get what is theirs, the others nothing new."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from msgspec.structs import replace
from running import run_job, work_off

from guibin import timetable
from guibin.catalog import TABLES
from guibin.context import real_clock
from guibin.demonstration import companies
from guibin.policies.queries import effective_policy
from guibin.sla.jobs import SweepTimers
from guibin.tiers.assessment import is_assessable
from guibin_tenants import registry
from guibin_tenants.scope import execute, fetch, fetch_value
from guibin_tenants.tables import TenantTable
from support import Company

# What the living of each pack's company get, at least.
GETS = {
    "banking": {"archive_finding", "assessment_result", "grace_period", "register_archive", "staff_notice"},
    "cable_tv": {"archive_finding", "care_task", "reminder", "renewal", "service_request", "staff_notice"},
    "hotel": {"archive_finding", "assessment_result", "staff_notice"},
    "retail": {"archive_finding", "assessment_result", "staff_notice"},
    "telecom": {"archive_finding", "assessment_result", "grace_period", "staff_notice"},
}
CUSTOMERS = 24
OF_CUSTOMERS = [
    table._meta.tablename
    for table in TABLES
    if issubclass(table, TenantTable)
    and any(column._meta.db_column_name == "customer_id" for column in table._meta.columns)
]
# A case that had begun comes to its end, so whoever works on it is told of it as before.
OF_CASES = ("complaint_", "deadline_", "need_", "question_", "reception_", "visit_")
# Days after the archives ended; together they bring every rhythm of days, weeks and months round, and every birthday.
LATER = (1, 4, 8, 32, 70, 110, 150, 190, 230, 270, 310, 350, 380)


async def filled(world, pack):
    """The pack's demonstration company, small, as somebody with every right sees it."""
    company = world.packs.hooks_of((pack,)).demonstration()
    small = replace(company, slug=f"{company.slug}-ended", customers=CUSTOMERS)
    access = await companies.make(small, pack, owner_url=world.owner_url, app_url=world.app_url, packs=world.packs)
    connection = await asyncpg.connect(world.owner_url)
    try:
        view = await registry.by_slug(connection, small.slug)
    finally:
        await connection.close()
    return Company(world, view), world.client(access.key)


async def ended(tenant, client):
    """Erase every second customer and close the archive of every sixth; the ids by state."""
    async with tenant.scope():
        ids = [row["id"] for row in await fetch("select id from customer order by number")]
        closed = ids[3::6]
        await execute("update customer set closed_at = $2 where id = any ($1)", closed, tenant.world.clock())
    for customer_id in ids[::2]:
        assert (await client.delete(f"/api/v1/customers/{customer_id}")).status_code == 204
    return {"erased": ids[::2], "closed": closed, "open": [one for one in ids[1::2] if one not in closed]}


async def rows_about(tenant, customers):
    """How many rows each table has about them."""
    async with tenant.scope():
        return Counter(
            {
                name: await fetch_value(f"select count(*) from {name} where customer_id = any ($1)", customers)
                for name in OF_CUSTOMERS
            }
        )


async def everything_recurs(tenant, at):
    """Every rhythm's job at that moment, and all that follows from it; how it ended."""
    tenant.world.clock.set(at)
    for rhythm in timetable.everything(tenant.world.packs):
        if not rhythm.pack or rhythm.pack in tenant.view.packs:
            await run_job(tenant, rhythm.payload)
    await run_job(tenant, SweepTimers())
    return Counter(await work_off(tenant))


async def assessed(tenant, client, archives):
    """Assess every scheme that has criteria as of the day: who was assessed, and who of the living should be, by scheme."""
    now = tenant.world.clock()
    async with tenant.scope():
        policy = await effective_policy(tenant.world.packs, tenant.context(), at=now)
    found, wanted = {}, {}
    for scheme in filter(is_assessable, policy.schemes):
        body = {"scheme": scheme.name, "as_of": now.date().isoformat()}
        answer = await client.post("/api/v1/assessments", json=body)
        assert answer.status_code == 201, answer.text
        async with tenant.scope():
            found[scheme.name] = {
                row["customer_id"]
                for row in await fetch(
                    "select customer_id from assessment_result where assessment_id = $1", UUID(answer.json()["id"])
                )
            }
            wanted[scheme.name] = {
                row["id"]
                for row in await fetch(
                    "select id from customer where id = any ($1) and kind = any ($2)",
                    archives["open"],
                    list(scheme.customer_kinds),
                )
            }
    return found, wanted


async def told_of(tenant, customers):
    """The kinds of notices about these customers, but for those about a case that had begun."""
    async with tenant.scope():
        rows = await fetch("select distinct kind from staff_notice where customer_id = any ($1)", customers)
        return {row["kind"] for row in rows if not row["kind"].startswith(OF_CASES)}


@pytest.mark.parametrize("pack", GETS)
async def test_what_recurs_serves_the_living_and_leaves_the_others_out(world, pack):
    tenant, client = await filled(world, pack)
    world.clock.set(real_clock())
    archives = await ended(tenant, client)
    began, done = world.clock(), Counter()
    before = {state: await rows_about(tenant, customers) for state, customers in archives.items()}

    for days in LATER:
        done += await everything_recurs(tenant, began + timedelta(days=days))
    found, wanted = await assessed(tenant, client, archives)
    done += Counter(await work_off(tenant))

    after = {state: await rows_about(tenant, customers) for state, customers in archives.items()}
    more = {state: set(after[state] - before[state]) for state in archives}
    assert set(done) == {"completed"}
    assert found == {scheme: living if found[scheme] else set() for scheme, living in wanted.items()}
    assert more["open"] >= GETS[pack]
    assert more["erased"] | more["closed"] <= {"staff_notice"}
    assert await told_of(tenant, archives["open"])
    assert not await told_of(tenant, archives["erased"])
