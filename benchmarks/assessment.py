"""A whole customer base assessed, beside the same answer from SQL written by hand, in one run.

Twelve months of three metrics, one fact in a hundred corrected, on embedded PostgreSQL with its ordinary, durable settings.
The product judges everybody, compares with what they hold, writes a result each and starts memberships, under row security. By hand
the superuser writes the same results and memberships with one statement each.

    python benchmarks/assessment.py [CUSTOMERS [ROUNDS]]      200,000 and 2 by default
"""

import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg
from memory import Watch
from msgspec import Struct, structs
from product import acting

from guibin.operation import embedded, migrations, provisioning
from guibin.packs import Packs
from guibin.policy.criteria import AllOf, AnyOf, AtLeast, Metric
from guibin.policy.packs import Overrides, Policy, merge
from guibin.policy.tiers import Tier, TierScheme
from guibin.regulations.core import CORE
from guibin.tiers.assessment import assess
from guibin_tenants import keyring
from guibin_tenants.database import connected
from guibin_tenants.registry import NewTenant, TenantView
from guibin_tenants.scope import tenant_scope
from guibin_tenants.tables import new_id

CUSTOMERS = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 2
AS_OF = date(2026, 1, 1)
NOW = datetime(2026, 1, 1, 2, tzinfo=UTC)
BOUNDS = {"diamond": (900_000, 60, 4_000_000), "gold": (700_000, 48, 3_000_000), "silver": (500_000, 36, 2_000_000)}
SCHEME = TierScheme(
    "bench",
    customer_kinds=("customer",),
    metrics=(
        Metric("spending_avg_1y", "spending", "avg"),
        Metric("visits_1y", "visit", "sum", unit="times"),
        Metric("deposit_max_1y", "deposit", "max"),
    ),
    tiers=tuple(
        Tier(
            name,
            AnyOf((AllOf((AtLeast("spending_avg_1y", s), AtLeast("visits_1y", v))), AtLeast("deposit_max_1y", d))),
        )
        for name, (s, v, d) in BOUNDS.items()
    ),
)
CUSTOMER = """
insert into customer (tenant_id, id, number, kind, name, pinyin, initials, org_unit_id, sex,
  employer, department, position, preferences, fields, version, created_at, changed_at)
select $1, gen_random_uuid(), 'B' || n, 'customer', '张三', 'zhangsan', 'zs',
  (select id from org_unit where tenant_id = $1 and parent_id is null), '', '', '', '', '{}', '{}', 1,
  now(), now()
from generate_series(1, $2::int) n
"""
# One month and metric of everybody; figures spread evenly, so that every tier has its people.
FACT = """
insert into fact (tenant_id, id, customer_id, metric, occurred_on, value, unit, source, source_ref, label, merchant,
  revision, recorded_at)
select tenant_id, gen_random_uuid(), id, $2, $3, (random() * $4::int)::bigint, 'CNY', 'bench', '', '', '', 1, $5
from customer where tenant_id = $1
"""
CORRECTION = """
insert into fact (tenant_id, id, customer_id, metric, occurred_on, value, unit, source, source_ref, label, merchant,
  revision, corrects, recorded_at)
select tenant_id, gen_random_uuid(), customer_id, metric, occurred_on, value + 1, unit, source, source_ref, label, merchant, 2, id, recorded_at
from fact where tenant_id = $1 and random() < 0.01
"""
# Keys and indexes of facts: how each goes, and how it comes back.
INDEXES = """select case when k.oid is null then format('drop index %s', indexrelid::regclass)
    else format('alter table fact drop constraint %I', k.conname) end as away,
  case when k.oid is null then pg_get_indexdef(indexrelid)
    else format('alter table fact add constraint %I %s', k.conname, pg_get_constraintdef(k.oid)) end as back
from pg_index left join pg_constraint k on k.conindid = indexrelid and k.contype in ('p', 'u')
where indrelid = 'fact'::regclass order by indexrelid"""
BY_HAND = """
with figures as (
  select customer_id, sum(value) filter (where metric = 'spending') / 12 as spending,
    sum(value) filter (where metric = 'visit') as visits, max(value) filter (where metric = 'deposit') as deposit
  from fact f
  where tenant_id = $1 and metric in ('spending', 'visit', 'deposit') and value is not null
    and occurred_on >= date '2025-01-01' and occurred_on < date '2026-01-01'
    and not exists (select from fact later where later.tenant_id = $1 and later.corrects = f.id)
  group by customer_id
), judged as (
  select c.id, floor(spending)::bigint as spending, visits::bigint as visits, deposit, case {cases} end as tier
  from customer c left join figures g on g.customer_id = c.id
  where c.tenant_id = $1 and c.kind = 'customer' and c.closed_at is null
)
insert into assessment_result (tenant_id, id, assessment_id, customer_id, tier, becomes, move, clause, measures)
select $1, gen_random_uuid(), $2, id, tier, tier, case when tier is null then 'none' else 'start' end, '',
  jsonb_build_object('spending_avg_1y', spending, 'visits_1y', visits, 'deposit_max_1y', deposit)
from judged
"""
MEMBERS_BY_HAND = """
insert into membership (tenant_id, id, customer_id, scheme, tier, starts_on, since_on, basis, basis_id, reason, ended_because,
  recorded_at)
select $1, gen_random_uuid(), customer_id, 'bench', becomes, date '2026-01-01', date '2026-01-01', 'assessment', $2, 'start',
  '', now() from assessment_result where tenant_id = $1 and assessment_id = $2 and becomes is not null
"""
ANSWER = """select count(*), md5(string_agg(customer_id || coalesce(becomes, '-') || measures::text, '' order by customer_id))
from assessment_result where assessment_id = $1"""


class Measured(Struct, frozen=True):
    """Seconds, what the statement answered, and how much memory the server's process and ours needed more, in MiB."""

    seconds: float
    answer: tuple[int, str]
    server_mib: float
    python_mib: float


async def fill(superuser: asyncpg.Connection, tenant: object) -> int:
    """Customers and facts; how many facts. References are not checked, keys and indexes come afterwards: in time for what is measured."""
    await superuser.execute(CUSTOMER, tenant, CUSTOMERS, timeout=600)
    indexes = await superuser.fetch(INDEXES)
    await superuser.execute("set session_replication_role = replica")
    for index in indexes:
        await superuser.execute(index["away"])
    for month in range(1, 13):
        for metric, most in (("spending", 1_500_000), ("visit", 9), ("deposit", 4_100_000)):
            await superuser.execute(FACT, tenant, metric, date(2025, month, 15), most, NOW, timeout=600)
    await superuser.execute(CORRECTION, tenant, timeout=600)
    for index in indexes:
        await superuser.execute(index["back"], timeout=1_800)
    await superuser.execute("set session_replication_role = origin")
    await superuser.execute("vacuum analyze fact", timeout=1_800)
    await superuser.execute("vacuum analyze customer", timeout=600)
    return await superuser.fetchval("select count(*) from fact", timeout=600)


async def product(tenant: TenantView, policy: Policy) -> Measured:
    """As the service does it; rolled back."""
    act = structs.replace(await acting(tenant, Packs({}), now=NOW), policy=policy)
    async with tenant_scope(tenant.id) as scope:
        scope.rollback_only = True
        with Watch(scope.connection.get_server_pid(), os.getpid()) as watch:
            begun = time.perf_counter()
            view = await assess("bench", act, as_of=AS_OF)
            took = time.perf_counter() - begun
        answer = await scope.connection.fetchrow(ANSWER, view.id, timeout=600)
    return Measured(took, tuple(answer), *watch.mib())


async def by_hand(superuser: asyncpg.Connection, tenant: object) -> Measured:
    """As somebody who knows this one question would; rolled back."""
    cases = " ".join(
        f"when (spending >= {s} and visits >= {v}) or deposit >= {d} then '{name}'"
        for name, (s, v, d) in BOUNDS.items()
    )
    transaction = superuser.transaction()
    await transaction.start()
    assessment = new_id()
    await superuser.execute(
        "insert into assessment (tenant_id, id, scheme, as_of, known_at, policy_version, policy, customers, assessed_by,"
        " assessed_by_name, recorded_at) values ($1, $2, 'bench', $3, $4, 0, '{}', 0, $2, 'bench', $4)",
        *(tenant, assessment, AS_OF, NOW),
    )
    with Watch(superuser.get_server_pid(), os.getpid()) as watch:
        begun = time.perf_counter()
        await superuser.execute(BY_HAND.format(cases=cases), tenant, assessment, timeout=1_800)
        await superuser.execute(MEMBERS_BY_HAND, tenant, assessment, timeout=1_800)
        took = time.perf_counter() - begun
    answer = await superuser.fetchrow(ANSWER, assessment, timeout=600)
    await transaction.rollback()
    return Measured(took, tuple(answer), *watch.mib())


async def measure(servers: embedded.Servers, home: Path) -> dict[str, object]:
    """Both, in turn; the better of the rounds, for each the same answer."""
    await migrations.migrate(servers.owner_url)
    policy = merge([], CORE, Overrides(schemes=(SCHEME,)), version=1)
    superuser = await asyncpg.connect(embedded.superuser_url(home).replace("/postgres?", "/guibin?"))
    async with connected(servers.app_url, pool_size=2):
        new = NewTenant(slug="bench", name="bench", packs=())
        tenant = await provisioning.provision(
            new, owner_url=servers.owner_url, app_url=servers.app_url, packs=Packs({}), now=NOW
        )
        begun = time.perf_counter()
        facts = await fill(superuser, tenant.id)
        print(f"{CUSTOMERS} customers, {facts} facts in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
        rounds = []
        for _ in range(ROUNDS):
            rounds.append((await by_hand(superuser, tenant.id), await product(tenant, policy)))
            print(*(f"{one.seconds:.1f} s" for one in rounds[-1]), file=sys.stderr)
    await superuser.close()
    hand, own = (min(pair, key=lambda one: one.seconds) for pair in zip(*rounds, strict=True))
    if len({one.answer for pair in rounds for one in pair}) > 1:
        sys.exit("the answers differ")
    return {
        "customers": CUSTOMERS,
        "facts": facts,
        "by_hand_s": round(hand.seconds, 2),
        "product_s": round(own.seconds, 2),
        "ratio": round(own.seconds / hand.seconds, 3),
        "customers_per_second": round(CUSTOMERS / own.seconds),
        "server_mib": {"by_hand": hand.server_mib, "product": own.server_mib},
        "python_mib": own.python_mib,
    }


def main() -> None:
    """Measure and print one JSON document."""
    home = Path(tempfile.mkdtemp(prefix="guibin-bench-"))
    home.chmod(0o755)
    keyring.load_root_key(home)
    try:
        with embedded.running(home) as servers:
            print(json.dumps(asyncio.run(measure(servers, home)), indent=2))
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
