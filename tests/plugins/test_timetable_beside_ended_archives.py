"""Whatever recurs goes on beside archives that have ended: the living get what is theirs, the others nothing new."""

from collections import Counter, defaultdict
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from msgspec.structs import replace
from plain_figures import PlainFact, plain_measures, plain_tier
from running import come_round, run_job, work_off

from guibin import timetable
from guibin.catalog import TABLES
from guibin.context import real_clock
from guibin.demonstration import companies
from guibin.policies.queries import effective_policy
from guibin.sla.jobs import SweepTimers
from guibin.tiers.assessment import is_assessable
from guibin_tenants import registry
from guibin_tenants.scope import fetch, fetch_value
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
CLOSED = 4
OF_CUSTOMERS = [
    table._meta.tablename
    for table in TABLES
    if issubclass(table, TenantTable)
    and any(column._meta.db_column_name == "customer_id" for column in table._meta.columns)
]
# A case that had begun comes to its end, so whoever works on it is told of it as before.
OF_CASES = ("card_", "complaint_", "deadline_", "need_", "question_", "reception_", "service_request_", "visit_")
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
    """Erase every second customer and close the archives of a few who wait for nothing; the ids by state."""
    async with tenant.scope():
        ids = [row["id"] for row in await fetch("select id from customer order by number")]
    closed = []
    for customer_id in ids[1::2]:
        answer = await client.post(f"/api/v1/customers/{customer_id}/closings", json={"reason": "left"})
        assert answer.status_code in (201, 409), answer.text
        closed += [customer_id] if answer.status_code == 201 else []
        if len(closed) == CLOSED:
            break
    assert len(closed) == CLOSED
    assert set(await work_off(tenant)) <= {"completed"}
    tenant.world.clock.set(tenant.world.clock() + timedelta(minutes=1))
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
            await come_round(tenant, rhythm.payload)
    await run_job(tenant, SweepTimers())
    return Counter(await work_off(tenant))


async def assessed(tenant, client, archives):
    """Assess every scheme that has criteria as of the day: who was assessed, and who of the living should be, by scheme."""
    now = tenant.world.clock()
    async with tenant.scope():
        policy = await effective_policy(tenant.world.packs, tenant.context(), at=now)
    found, wanted = {}, {}
    for scheme in filter(is_assessable, policy.schemes):
        async with tenant.scope():
            wanted[scheme.name] = await to_be_assessed(policy.scheme(scheme.name), archives["open"], now.date())
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
    return found, wanted


async def to_be_assessed(scheme, living, as_of):
    """Those of the living of its kinds who are in the scheme or of whom anything is known, by the plain figures."""
    known, there = (
        defaultdict(list),
        await fetch(
            "select c.id, c.kind, exists (select from membership m where m.tenant_id = c.tenant_id and m.customer_id = c.id"
            " and m.scheme = $3 and m.ends_on is null) as member from customer c where c.id = any ($1) and c.kind = any ($2)",
            living,
            list(scheme.customer_kinds),
            scheme.name,
        ),
    )
    for row in await fetch(
        "select * from fact f where value is not null and customer_id = any ($1) and not exists (select from fact n"
        " where n.tenant_id = f.tenant_id and n.corrects = f.id)",
        living,
    ):
        order = f"{row['recorded_at']:%Y%m%d%H%M%S%f} {row['source_ref']}"
        known[row["customer_id"]].append(
            PlainFact(row["metric"], row["occurred_on"], row["value"], row["label"], order)
        )
    measured = {row["id"]: plain_measures(scheme, known[row["id"]], as_of) for row in there}
    return {
        row["id"]
        for row in there
        if row["member"]
        or any(value is not None for value in measured[row["id"]].values())
        or plain_tier(scheme, measured[row["id"]], row["kind"]) is not None
    }


async def begun(tenant, customers):
    """The ids of whatever there is of these customers."""
    async with tenant.scope():
        return {
            row["id"]
            for name in OF_CUSTOMERS
            for row in await fetch(f"select id from {name} where customer_id = any ($1)", customers)
        }


async def told_of(tenant, customers, moment, before=frozenset()):
    """The kinds of notices about these customers since, but for those about a case that was there before."""
    async with tenant.scope():
        rows = await fetch(
            "select kind, subject_id from staff_notice where customer_id = any ($1) and told_at >= $2",
            customers,
            moment,
        )
        return {row["kind"] for row in rows if not (row["kind"].startswith(OF_CASES) and row["subject_id"] in before)}


async def owed_about(client, customers):
    """The kinds of work that anybody owes these customers, but for filing what took place."""
    known, cursor = set(), None
    while True:
        params = {"whose": "unit", "limit": "200"} | ({"cursor": cursor} if cursor else {})
        answer = await client.get("/api/v1/work", params=params)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        known |= {one["kind"] for one in page["items"] if one["customer_id"] in {str(each) for each in customers}}
        cursor = page["next"]
        if cursor is None:
            return known - {"visit_filing"}


async def ended_by(tenant, customers, moment):
    """What happened to their cards since, and the days on which their spans began that were archived since."""
    async with tenant.scope():
        cards = await fetch(
            "select distinct kind, because from card_event where customer_id = any ($1) and happened_at >= $2",
            customers,
            moment,
        )
        spans = await fetch(
            "select distinct first_on from register_archive where customer_id = any ($1) and archived_at >= $2",
            customers,
            moment,
        )
        return {(row["kind"], row["because"]) for row in cards}, {row["first_on"] for row in spans}


async def listed(tenant, customers, moment):
    """What was done since with several customers at once, these among them."""
    async with tenant.scope():
        rows = await fetch(
            "select distinct action from audit_entry where customer_ids && $1 and cardinality(customer_ids) > 1"
            " and happened_at > $2",
            customers,
            moment,
        )
        return [row["action"] for row in rows]


@pytest.mark.parametrize("pack", GETS)
async def test_what_recurs_serves_the_living_and_leaves_the_others_out(world, pack):
    tenant, client = await filled(world, pack)
    world.clock.set(real_clock())
    archives = await ended(tenant, client)
    began, done = world.clock(), Counter()
    there, closed_there = await begun(tenant, archives["erased"]), await begun(tenant, archives["closed"])
    before = {state: await rows_about(tenant, customers) for state, customers in archives.items()}

    for days in LATER:
        done += await everything_recurs(tenant, began + timedelta(days=days))
    found, wanted = await assessed(tenant, client, archives)
    done += Counter(await work_off(tenant))

    after = {state: await rows_about(tenant, customers) for state, customers in archives.items()}
    more = {state: set(after[state] - before[state]) for state in archives}
    assert set(done) == {"completed"}
    assert found == wanted
    assert more["open"] >= GETS[pack]
    # A card ends with the membership it is of; the register's file of the year in which an archive was closed is still kept;
    # what was looked at before is written down behind the record.
    assert more["erased"] <= {"staff_notice", "card_event", "listed_customer"}
    assert more["closed"] <= {"staff_notice", "card_event", "listed_customer", "register_archive"}
    assert await listed(tenant, archives["erased"] + archives["closed"], began) == []
    cards, spans = await ended_by(tenant, archives["erased"] + archives["closed"], began)
    assert {kind for kind, _ in cards} <= {"ended"}
    assert all(first_on <= began.date() for first_on in spans)
    assert await told_of(tenant, archives["open"], began)
    assert await told_of(tenant, archives["erased"], began, there) == set()
    assert await told_of(tenant, archives["closed"], began, closed_there) <= {"archive_closed"}
    assert await owed_about(client, archives["closed"]) == set()
    assert await owed_about(client, archives["open"])
