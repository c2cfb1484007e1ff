"""A company's record of so many entries, made by SQL: 2,000 people at 40 outlets and the head office, 200,000 customers, two years.

Nine of ten looks are at single files, one of twenty-five is a list of 5 to 45 customers; four of five of an outlet's people's are at its
own customers. What confidential left says why and sometimes to whom, a few are refused, people sign in and rights change.
"""

from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg
from msgspec import Struct
from pack_values import all_packs
from product import PASSWORD

from guibin.context import Company, real_clock
from guibin.operation import embedded, provisioning
from guibin.policies.queries import act_of
from guibin.profiles.actions import open_archives
from guibin.profiles.requests import NewCustomer
from guibin_tenants import org_units, staff
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.refusals import NotFound
from guibin_tenants.registry import NewTenant, TenantView, by_slug
from guibin_tenants.scope import execute, fetch, fetch_value, tenant_scope
from guibin_tenants.staff import NewStaff

OUTLETS, PEOPLE, CUSTOMERS, DAYS = 40, 2_000, 200_000, 730
ARCHIVES_AT_ONCE, ENTRIES_AT_ONCE = 1_000, 500_000
SLUG = "bench-looks"
# Every fourth of 50 people and of 44 customers belongs nowhere but to the head office.
OF_PEOPLE, OF_CUSTOMERS = 50, 44


class Filled(Struct, frozen=True):
    """The company, and how much there is of it."""

    tenant: TenantView
    entries: int
    customers: int


_PEOPLE = """insert into staff (tenant_id, id, login, name, roles, org_unit_id, part_time, created_at)
  select $1, uuidv7(), 'p' || n, 'p' || n, '{agent}',
    (select id from org_unit where code = case when n % 50 < 40 then 'outlet-' || n % 50 else 'head-office' end), false, now()
  from generate_series(0, $2::int - 1) n"""
# `r` numbers draw everything, so that a record of one size is the same every time.
_ENTRIES = """insert into audit_entry (tenant_id, id, happened_at, actor_kind, actor_id, actor_name, org_unit_id, address, action, subject,
    subject_id, customer_ids, shown, fields, purpose, asked, refused)
  select $1, uuidv7(d.at - now()), d.at, 'staff', p.id, p.name, p.unit, '10.0.0.' || d.who % 250, d.action, split_part(d.action, '.', 1),
    case when d.several > 1 or d.alone then null else c.id end,
    case when d.alone then '{}' when d.several > 1 then (select array_agg(m.id) from bench_customer m
      where m.n = any (array(select (d.whose + s * $6::int) % $5::int from generate_series(0, d.several - 1) s)))
      else array[c.id] end,
    case when d.alone then 0 else d.several end, case when d.several > 1 or d.alone then '{}' else '{mobile}'::text[] end,
    case when d.action not like '%.disclose' and d.action not like '%.export' and d.action <> 'customer.copy' then ''
      when d.r3 % 20 = 0 then '核对资料 ' || d.n else '用途 ' || d.r3 % 60 end
      || case when d.action like '%.disclose' and d.r3 % 7 = 0 then ' → 监管机构 (依法)' else '' end,
    false, case when d.r4 % 2000 = 0 then 'forbidden' else '' end
  from (
    select e.*, case when e.who % 50 < 40 and e.r2 % 5 < 4
        then (e.r5 % ($5::int / $6::int)) * $6::int + e.who % 50 else e.r5 % $5::int end as whose,
      case when e.action like '%.search' then 5 + e.r4 % 41 when e.action like '%.export' then 20 else 1 end as several,
      e.action like 'session.%' or e.action like 'staff.%' or e.action like 'policy.%' or e.action like 'key.%' as alone
    from (
      select n, $2::timestamptz + (n::float8 / $3) * ($4::timestamptz - $2::timestamptz) as at,
        (abs(hashint8extended(n, 1)) % $7::int)::int as who, abs(hashint8extended(n, 2)) as r2, abs(hashint8extended(n, 3)) as r3,
        abs(hashint8extended(n, 4)) as r4, (abs(hashint8extended(n, 5)) % 1000000007)::int as r5,
        case when r < 35 then 'customer.search' when r < 40 then 'complaint.search' when r < 65 then 'customer.disclose'
          when r < 70 then 'interaction.disclose' when r < 75 then 'customer.export' when r < 76 then 'customer.copy'
          when r < 90 then 'session.sign_in' when r < 92 then 'session.failure' when r < 93 then 'staff.change'
          when r < 94 and n % 40 = 0 then 'policy.write' when r < 94 and n % 20 = 0 then 'key.create'
          when r < 250 then 'membership.read' when r < 400 then 'interaction.read' when r < 500 then 'complaint.read'
          when r < 560 then 'customer.change' when r < 600 then 'visit.add' else 'customer.read' end as action
      from (select n, abs(hashint8extended(n, 0)) % 1000 as r from generate_series($8::bigint, $9::bigint) n) drawn
    ) e
  ) d join bench_person p on p.n = d.who join bench_customer c on c.n = d.whose"""


async def fill(servers: embedded.Servers, home: Path, entries: int) -> Filled:
    """The company, made unless it is there; PostgreSQL is told what it holds."""
    packs, now = all_packs(), real_clock()
    if there := await _there(servers):
        return there
    # No more people and customers than so few entries can be about.
    people, customers = min(PEOPLE, max(100, entries // 1_000)), min(CUSTOMERS, max(4_400, entries // 50))
    new = NewTenant(slug=SLUG, name="bench", packs=("cable_tv",))
    tenant = await provisioning.provision(
        new, owner_url=servers.owner_url, app_url=servers.app_url, packs=packs, now=now
    )
    await _people(tenant, people, now)
    await _customers(tenant, customers, now)
    await _record(home, tenant, entries, people, customers, now)
    return Filled(tenant, entries, customers)


async def _there(servers: embedded.Servers) -> Filled | None:
    connection = await asyncpg.connect(servers.owner_url)
    try:
        tenant = await by_slug(connection, SLUG)
    except NotFound:
        return None
    finally:
        await connection.close()
    async with tenant_scope(tenant.id):
        counted = [await fetch_value(f"select count(*) from {table}") for table in ("audit_entry", "customer")]
    return Filled(tenant, *counted)


async def _people(tenant: TenantView, people: int, now: datetime) -> None:
    async with tenant_scope(tenant.id):
        outlets = [
            (await org_units.open_unit(code=f"outlet-{n}", name=f"网点{n}", parent="head-office")).id
            for n in range(OUTLETS)
        ]
        for login, unit in (("auditor", None), ("auditor-outlet", outlets[0])):
            await staff.add(
                NewStaff(login=login, name=login, roles=("auditor",), password=PASSWORD, org_unit_id=unit), now=now
            )
        await execute(_PEOPLE, tenant.id, people)


async def _customers(tenant: TenantView, customers: int, now: datetime) -> None:
    company = Company(tenant.id, tenant.slug, tenant.packs, tenant.time_zone, tenant.language, tenant.simulated)
    by = Principal(kind="operator", id=tenant.id, name="benchmark", permissions=PERMISSIONS)
    for begin in range(0, customers, ARCHIVES_AT_ONCE):
        async with tenant_scope(tenant.id):
            act = await act_of(all_packs(), company, by=by, now=now)
            units = {row["code"]: row["id"] for row in await fetch("select code, id from org_unit")}
            await open_archives(
                tuple(
                    NewCustomer(
                        number=f"B{n:06}", name=f"客户{n:06}", kind="leader", org_unit_id=_unit(units, n % OF_CUSTOMERS)
                    )
                    for n in range(begin, min(begin + ARCHIVES_AT_ONCE, customers))
                ),
                act,
            )


def _unit(units: dict[str, UUID], place: int) -> UUID:
    return units[f"outlet-{place}" if place < OUTLETS else "head-office"]


async def _record(home: Path, tenant: TenantView, entries: int, people: int, customers: int, now: datetime) -> None:
    """By who owns the tables: the indexes are made after the rows, which takes a fraction of the time."""
    connection = await asyncpg.connect(embedded.superuser_url(home).replace("/postgres?", f"/{embedded.DATABASE}?"))
    try:
        await connection.execute(
            "set synchronous_commit = off; set maintenance_work_mem = '512MB'; set work_mem = '256MB'"
        )
        await connection.execute(
            f"create temp table bench_person as select substr(login, 2)::int as n, id, name, org_unit_id as unit from staff where tenant_id = '{tenant.id}' and login ~ '^p[0-9]+$'"
        )
        await connection.execute(
            f"create temp table bench_customer as select substr(number, 2)::int as n, id from customer where tenant_id = '{tenant.id}'"
        )
        await connection.execute("create index on bench_customer (n); analyze bench_customer; analyze bench_person")
        made = await _without_indexes(connection, "audit_entry")
        begun = now.replace(year=now.year - DAYS // 365)
        for begin in range(0, entries, ENTRIES_AT_ONCE):
            until = min(begin + ENTRIES_AT_ONCE, entries) - 1
            await connection.execute(
                _ENTRIES, tenant.id, begun, entries, now, customers, OF_CUSTOMERS, people, begin, until
            )
        for statement in made:
            await connection.execute(statement)
        made = await _without_indexes(connection, "listed_customer")
        await connection.execute(_LISTED, tenant.id)
        for statement in made:
            await connection.execute(statement)
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()


_LISTED = """insert into listed_customer (tenant_id, id, entry_id, customer_id, happened_at)
  select e.tenant_id, uuidv7(), e.id, s.id, e.happened_at from audit_entry e, unnest(e.customer_ids[2:]) as s (id)
  where e.tenant_id = $1 and cardinality(e.customer_ids) > 1 and e.happened_at < now() - interval '1 hour'
  order by s.id"""


async def _without_indexes(connection: asyncpg.Connection, table: str) -> list[str]:
    """Those that are no key's are gone; how they are made again."""
    rows = await connection.fetch(
        "select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as made from pg_index i"
        " where i.indrelid = $1::regclass and not exists (select from pg_constraint c where c.conindid = i.indexrelid)",
        table,
    )
    for row in rows:
        await connection.execute(f"drop index {row['name']}")
    return [row["made"] for row in rows]
