"""How long somebody waits for who moves from where to where, with a large customer base.

`python benchmarks/migration.py [CUSTOMERS [TIMES]]` (100,000 and 15 by default) makes a shop with so many customers, a year of
their spending, and an assessment of all of them in a database of its own on the embedded servers, then asks for its pages as its
manager does, and prints p50 and p95. What is simulated is counted anew from every fact each time: it has no bar.
"""

import asyncio
import statistics
import sys
import time
from datetime import date
from pathlib import Path

import asyncpg
import product
from litestar.types import ASGIApp
from pack_values import all_packs
from product import P95_MAX_MS, PASSWORD, signed_in, timed

from guibin.context import Company, real_clock
from guibin.operation import embedded, provisioning
from guibin.policies.queries import act_of
from guibin.tiers.assessment import assess, is_assessable
from guibin_tenants import staff
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.registry import NewTenant
from guibin_tenants.scope import tenant_scope
from guibin_tenants.staff import NewStaff

CUSTOMERS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
TIMES = int(sys.argv[2]) if len(sys.argv) > 2 else 15
PACK = "retail"
_CUSTOMER = """insert into customer (tenant_id, id, number, kind, name, pinyin, initials, org_unit_id, sex,
    employer, department, position, preferences, fields, version, created_at, changed_at)
  select $1, gen_random_uuid(), 'B' || n, $3, '张三', 'zhangsan', 'zs',
    (select id from org_unit where tenant_id = $1 and parent_id is null), '', '', '', '', '{}', '{}', 1, now(), now()
  from generate_series(1, $2::int) n"""
# Few have much: figures grow with the fourth power of a chance.
_FACT = """insert into fact (tenant_id, id, customer_id, metric, occurred_on, value, unit, source, source_ref, label, merchant,
    revision, recorded_at)
  select tenant_id, gen_random_uuid(), id, $2, $3, (power(random(), 4) * 40000000)::bigint, 'CNY', 'bench', '', '', '', 1, now()
  from customer where tenant_id = $1"""

# Of every tier there is somebody who goes to every other one.
_SPREAD = """update assessment_result set held = s.held, becomes = s.becomes, move = case when s.held is not distinct from s.becomes
    then 'keep' when s.held is null then 'start' when s.becomes is null then 'end' when s.rises then 'upgrade' else 'downgrade' end
  from (select id as row_id, ($2::text[])[1 + a] as held, ($2::text[])[1 + b] as becomes, b < a as rises from (select id,
      floor(random() * cardinality($2::text[]))::int as a, floor(random() * cardinality($2::text[]))::int as b
    from assessment_result where tenant_id = $1) drawn) s where tenant_id = $1 and id = s.row_id"""


async def fill(servers: embedded.Servers, home: Path) -> tuple[str, str, str]:
    """The company's slug, its assessment and the scheme it is of."""
    packs, now = all_packs(), real_clock()
    new = NewTenant(slug="bench-shop", name="bench", packs=(PACK,))
    tenant = await provisioning.provision(
        new, owner_url=servers.owner_url, app_url=servers.app_url, packs=packs, now=now
    )
    scheme = next(each for each in packs.value(PACK).schemes if is_assessable(each))
    superuser = await asyncpg.connect(embedded.superuser_url(home).replace("/postgres?", "/guibin?"), timeout=60)
    await superuser.execute("set session_replication_role = replica")
    await superuser.execute(_CUSTOMER, tenant.id, CUSTOMERS, scheme.customer_kinds[0], timeout=600)
    for fact in dict.fromkeys(metric.fact for metric in scheme.metrics):
        for month in range(1, 13, 3):
            await superuser.execute(_FACT, tenant.id, fact, date(now.year - 1, month, 15), timeout=600)
    await superuser.execute("vacuum analyze", timeout=600)
    company = Company(tenant.id, tenant.slug, tenant.packs, tenant.time_zone, tenant.language, tenant.simulated)
    by = Principal(kind="operator", id=tenant.id, name="benchmark", permissions=PERMISSIONS)
    async with tenant_scope(tenant.id):
        await staff.add(NewStaff(login="lead", name="白强", roles=("manager",), password=PASSWORD), now=now)
        act = await act_of(packs, company, by=by, now=now)
        begun = time.perf_counter()
        made = await assess(scheme.name, act, as_of=date(now.year, 1, 1))
        print(f"assessed in {time.perf_counter() - begun:.1f} s: {made.customers:,} customers")
    await superuser.execute(_SPREAD, tenant.id, [None, *(tier.name for tier in scheme.tiers)], timeout=600)
    await superuser.execute("vacuum analyze assessment_result", timeout=600)
    await superuser.close()
    return tenant.slug, str(made.id), scheme.name


async def measure(app: ASGIApp, slug: str, paths: dict[str, str]) -> bool:
    """Ask for each page so often and print what it took; whether those with a bar are within it."""
    within = True
    async with signed_in(app, slug, "lead") as client:
        for name, path in paths.items():
            # The first one of a process reads its templates.
            took, _ = [], await client.get(path)
            for _ in range(TIMES if name != "simulated" else 3):
                took.append((await timed(client, path))[0])
            late = statistics.quantiles(took, n=20)[18]
            within &= name == "simulated" or late <= P95_MAX_MS
            print(f"{name:28} {statistics.median(took):8.1f} {late:8.1f}", flush=True)
    return within


async def main() -> bool:
    """Everything, on servers of its own that end with it."""
    async with product.served() as running:
        slug, assessment, scheme = await fill(running.servers, running.home)
        shown = f"/console/assessments/{assessment}"
        paths = {
            "migration": shown,
            "of them who begin": f"{shown}?move=start",
            "assessments": "/console/assessments",
        }
        paths["as data"] = f"/api/v1/assessments/{assessment}/results"
        paths["simulated"] = f"/console/assessments/simulation?scheme={scheme}"
        return await measure(running.app, slug, paths)


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(main()) else 1)
