"""How long an auditor waits for the record of who looked at whom, when it has millions of entries.

`python benchmarks/looks.py --entries 2000000` makes a company with so many entries of two years in a database of its own on
the embedded servers, one of ten at an outlet, one in twenty a list of fifty customers. It asks about one customer before the
lists were gone through, lets them be gone through as the timetable does, then asks everything as an auditor of the head office
and as one of the outlet, and prints p50 and p95 of each question, its first page and the page after it. `--plans` prints how
PostgreSQL answers those that take longest.

With two million entries on two busy cores, the auditor of the head office waits at p50 and p95, in milliseconds: newest first 15, 24 · one
customer 36, 95 · one person 8, 24 · rights 11, 18 · what went wrong of them 8, 24, by an index of its own (without it 320, 608 at 600,000).
Too long are the first page (356, 484) and one customer before any list was gone through (607, 910). With three million, asked 6 times on a
machine busy with other things, what left the company took 575 at p50 without an index of its own and 36 with it (at an outlet 1,752 and 71);
counts by purpose 133 to 160 (at an outlet 355 to 382), the first page still 604 (at an outlet 1,663).
"""

import argparse
import asyncio
import statistics
import sys
import time
from datetime import timedelta
from uuid import UUID

import product
from litestar.types import ASGIApp
from pack_values import all_packs
from product import P95_MAX_MS, PASSWORD, signed_in, timed

from guibin.audit.listed import list_next
from guibin.audit.queries import LISTED, AuditFilter
from guibin.context import Company, real_clock
from guibin.operation import embedded, provisioning
from guibin.policies.queries import act_of
from guibin.profiles.actions import open_archives
from guibin.profiles.requests import NewCustomer
from guibin.web.listing import PageAsked
from guibin_tenants import org_units, staff
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.registry import NewTenant, TenantView
from guibin_tenants.scope import execute, fetch, fetch_column, fetch_value, tenant_scope
from guibin_tenants.staff import NewStaff

PEOPLE, CUSTOMERS, BATCH = 100, 2_000, 500
DAYS = 730
AT_ONCE = 250_000
FEW_TIMES = 5
# Looks of these kinds, by and by: what is read, listed, shown in clear, written to a file, refused, signed in with.
_FILL = """insert into audit_entry (tenant_id, id, happened_at, actor_kind, actor_id, actor_name, org_unit_id, address, action, subject,
    subject_id, customer_ids, shown, fields, purpose, asked, refused)
  select $1, gen_random_uuid(), $2::timestamptz + (n::float8 / $4) * $3::interval, 'staff', ($5::uuid[])[1 + n % 100],
    ($6::text[])[1 + n % 100], ($7::uuid[])[1 + n % 100], '10.0.0.1',
    case when n % 20 = 0 then 'customer.search' when n % 997 = 0 then 'customer.export' when n % 53 = 0 then 'customer.disclose'
      when n % 101 = 0 then 'session.sign_in' when n % 5003 = 0 then 'session.failure' when n % 3 = 0 then 'membership.read'
      else 'customer.read' end, 'customer', case when n % 20 = 0 then null else ($8::uuid[])[1 + (n * 7919) % 2000] end,
    case when n % 20 = 0 then ($8::uuid[])[1 + (n / 20) % 1950 : 50 + (n / 20) % 1950]
      else array[($8::uuid[])[1 + (n * 7919) % 2000]] end, case when n % 20 = 0 then 50 else 1 end, '{mobile}',
    case when n % 53 = 0 then 'purpose ' || n % 200 else '' end, false, case when n % 2003 = 0 then 'forbidden' else '' end
  from generate_series($9::bigint, $10::bigint) n"""


async def fill(servers: embedded.Servers, entries: int) -> tuple[TenantView, UUID]:
    """A company with so many entries, and a customer of the outlet's."""
    packs, now = all_packs(), real_clock()
    new = NewTenant(slug="bench-looks", name="bench", packs=("cable_tv",))
    tenant = await provisioning.provision(
        new, owner_url=servers.owner_url, app_url=servers.app_url, packs=packs, now=now
    )
    company = Company(tenant.id, tenant.slug, tenant.packs, tenant.time_zone, tenant.language, tenant.simulated)
    by = Principal(kind="operator", id=tenant.id, name="benchmark", permissions=PERMISSIONS)
    async with tenant_scope(tenant.id):
        act = await act_of(packs, company, by=by, now=now)
        head = await fetch_value("select id from org_unit where parent_id is null")
        outlet = (await org_units.open_unit(code="outlet", name="outlet", parent="head-office")).id
        for login, unit in (("auditor", None), ("auditor-outlet", outlet)):
            await staff.add(
                NewStaff(login=login, name=login, roles=("auditor",), password=PASSWORD, org_unit_id=unit), now=now
            )
        people = [
            await staff.add(
                NewStaff(login=f"p{n}", name=f"p{n}", roles=("agent",), org_unit_id=outlet if n % 10 == 0 else head),
                now=now,
            )
            for n in range(PEOPLE)
        ]
        for begin in range(0, CUSTOMERS, BATCH):
            await open_archives(
                tuple(
                    NewCustomer(
                        number=f"B{n:05}",
                        name=f"客户{n:05}",
                        kind="leader",
                        org_unit_id=outlet if n % 10 == 0 else head,
                    )
                    for n in range(begin, begin + BATCH)
                ),
                act,
            )
        ids = await fetch_column("select id from customer order by number")
    for begin in range(0, entries, AT_ONCE):
        async with tenant_scope(tenant.id):
            await execute(
                _FILL,
                tenant.id,
                now - timedelta(days=DAYS),
                timedelta(days=DAYS),
                entries,
                [one.id for one in people],
                [one.name for one in people],
                [one.org_unit_id for one in people],
                ids,
                begin,
                min(begin + AT_ONCE, entries) - 1,
            )
    return tenant, ids[10]


async def go_through(tenant: TenantView) -> int:
    """Lists, as the timetable's job does; how many customers stand on them."""
    more = True
    while more:
        async with tenant_scope(tenant.id):
            more = await list_next(real_clock())
    async with tenant_scope(tenant.id):
        return int(await fetch_value("select count(*) from listed_customer"))


async def measure(app: ASGIApp, slug: str, login: str, paths: dict[str, str], times: int) -> bool:
    """Ask each question so often; whether all were answered in time."""
    within = True
    async with signed_in(app, slug, login) as client:
        print(f"{login + ':':34} {'p50 ms':>8} {'p95 ms':>8}")
        for name, path in paths.items():
            took: list[float] = []
            for _ in range(times):
                milliseconds, answer = await timed(client, path)
                took.append(milliseconds)
                if "api/v1" in path and (following := answer.json().get("next")):
                    took.append((await timed(client, f"{path}{'&' if '?' in path else '?'}cursor={following}"))[0])
            late = statistics.quantiles(took, n=20)[18]
            within &= late <= P95_MAX_MS
            print(
                f"{name:34} {statistics.median(took):8.1f} {late:8.1f}{'' if late <= P95_MAX_MS else '   too long'}",
                flush=True,
            )
    return within


async def explain(tenant: TenantView, customer: UUID) -> None:
    """How PostgreSQL answers the question about one customer."""
    sent = []

    async def kept(statement: str, *values: object) -> list[object]:
        sent.append((statement, values))
        return []

    async with tenant_scope(tenant.id):
        packs = all_packs()
        company = Company(tenant.id, tenant.slug, tenant.packs, tenant.time_zone, tenant.language, tenant.simulated)
        by = Principal(kind="operator", id=tenant.id, name="benchmark", permissions=PERMISSIONS)
        act = await act_of(packs, company, by=by, now=real_clock())
        import guibin.web.listing as listing  # only here is its statement wanted

        listing.fetch, whole = kept, listing.fetch  # type: ignore[assignment, attr-defined]
        await LISTED.page(AuditFilter(customer_id=customer), PageAsked(50), act)
        listing.fetch = whole  # type: ignore[attr-defined]
        for statement, values in sent:
            for row in await fetch(f"explain (analyze, buffers) {statement}", *values):
                print("   ", row[0])


async def main(entries: int, times: int, plans: bool) -> bool:
    """Everything, on servers of its own that end with it."""
    async with product.served() as running:
        begun = time.perf_counter()
        tenant, customer = await fill(running.servers, entries)
        print(f"{entries:,} entries, made in {time.perf_counter() - begun:.0f} s", flush=True)
        of_one = {
            "one customer": f"/api/v1/audit-entries?customer_id={customer}",
            "page: one customer, last month": f"/console/looks?customer_id={customer}&span=last_month",
        }
        print("before any list was gone through")
        if plans:
            await explain(tenant, customer)
        within = True
        for login in ("auditor", "auditor-outlet"):
            within &= await measure(running.app, tenant.slug, login, of_one, FEW_TIMES)
        begun = time.perf_counter()
        listed = await go_through(tenant)
        print(f"{listed:,} customers on lists, gone through in {time.perf_counter() - begun:.0f} s", flush=True)
        async with tenant_scope(tenant.id):
            person = await fetch_value("select id from staff where login = 'p10'")
        paths = {
            "newest first": "/api/v1/audit-entries",
            **of_one,
            "one person": f"/api/v1/audit-entries?actor_id={person}",
            "in clear": "/api/v1/audit-entries?clear=true",
            "refused": "/api/v1/audit-entries?refused=true",
            "one kind": "/api/v1/audit-entries?action=customer.export",
            "page: by name": "/console/looks?q=B00010",
            "what left": "/api/v1/departures",
            "what left, as files": "/api/v1/departures?how=file",
            "rights": "/api/v1/rights-changes",
            "rights, what went wrong": "/api/v1/rights-changes?trouble=true",
            "by person, a week": "/api/v1/audit-entries/groups?part=person&span=week",
            "by customer, a week": "/api/v1/audit-entries/groups?part=customer&span=week",
            "first page": "/console/",
        }
        for login in ("auditor", "auditor-outlet"):
            within &= await measure(running.app, tenant.slug, login, paths, times)
        if plans:
            await explain(tenant, customer)
        return within


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--plans", action="store_true", help="print how PostgreSQL answers")
    given = parser.parse_args()
    sys.exit(0 if asyncio.run(main(given.entries, given.times, given.plans)) else 1)
