"""Finding customers by what staff type, among many: how long a page takes, how many rows and bytes the search terms need.

python benchmarks/customer_search.py [CUSTOMERS]
"""

import asyncio
import json
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID

import asyncpg

from guibin.context import real_clock
from guibin.notation.names import search_keys
from guibin.operation import embedded, migrations, provisioning
from guibin.packs import Packs
from guibin.profiles import searching
from guibin.profiles.queries import NEWEST, CustomerFilter, matching
from guibin.sealing.values import CONTACT_FIELDS
from guibin.web.listing import PageAsked
from guibin_tenants import keyring, org_units
from guibin_tenants.database import connected
from guibin_tenants.registry import NewTenant
from guibin_tenants.scope import execute, fetch, fetch_value, tenant_scope
from guibin_tenants.tables import new_id

BATCH = 2_000
# So many are named one by one; people share names, so the others are as many again of the same.
NAMED = 4_000
OUTLETS = 50
EACH = 20
# As common as they are: a fourteenth of all people is called 王.
SURNAMES = (
    dict.fromkeys("王李张刘陈", 70)
    | dict.fromkeys("杨黄赵吴周徐孙马朱胡郭何高林罗", 15)
    | dict.fromkeys("单曾解仇查区朴任盖乐覃翟缪尉牟柏谌宓逄隗", 1)
)
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂晓东建国红玉兰文华志新海林雪梅春龙飞鹏宇浩欣怡子涵梓轩"
PLACES = ("重庆", "成都", "北京", "上海", "广州", "武汉", "西安", "长沙", "南京", "杭州")
WORDS = ("长安", "东方", "华夏", "天府", "金牛", "锦江", "恒信", "远大", "瑞丰", "中联", "宏达", "博雅")
KINDS = ("公司", "有限责任公司", "股份有限公司", "医院", "学校", "贸易行")
TYPED = (
    "王",
    "李晓",
    "晓东",
    "长安公司",
    "zhangwei",
    "zw",
    "wei",
    "shanwei",
    "danwei",
    "重庆长安",
    "B1999",
    "公司",
    "w",
)
INSERT = """insert into customer (id, number, kind, name, pinyin, initials, org_unit_id, sex, employer, department, position,
    preferences, fields, version, created_at, changed_at)
    select i, n, 'customer', nm, py, ini, u, '', '', '', '', '{}', '{}', 1, t, t from unnest($1::uuid[], $2::text[],
    $3::text[], $4::text[], $5::text[], $6::uuid[], $7::timestamptz[]) as r (i, n, nm, py, ini, u, t)"""


# Copies with names, walls and terms of their own.
COPY = """with copied as (
    insert into customer (id, number, kind, name, pinyin, initials, org_unit_id, sex, employer, department, position,
        preferences, fields, version, created_at, changed_at)
    select gen_random_uuid(), c.number || '-' || $1::text, c.kind, c.name, c.pinyin, c.initials, c.org_unit_id, '', '', '',
        '', '{}', '{}', 1, now(), now() from customer c where position('-' in c.number) = 0
    returning id, org_unit_id, name),
terms as (select distinct c.name, t.term from customer c join search_term t on t.customer_id = c.id
    where position('-' in c.number) = 0)
insert into search_term (id, customer_id, org_unit_id, term) select gen_random_uuid(), c.id, c.org_unit_id, t.term from copied c join terms t
    on t.name = c.name"""


async def fill(tenant: UUID, count: int) -> UUID:
    """Make the customers, nine of ten persons; the id of an outlet that has a fiftieth of them."""
    chance = random.Random(7)
    async with tenant_scope(tenant):
        outlets = [
            (await org_units.open_unit(code=f"o{n}", name=f"o{n}", parent="head-office")).id for n in range(OUTLETS)
        ]
    named = min(count, NAMED)
    for start in range(0, named, BATCH):
        several = range(start, min(start + BATCH, named))
        names = {new_id(): _name(chance) for _ in several}
        keys = [search_keys(name) for name in names.values()]
        now = real_clock()
        async with tenant_scope(tenant):
            await execute(
                INSERT,
                list(names),
                [f"B{number}" for number in several],
                list(names.values()),
                [pinyin for pinyin, _ in keys],
                [initials for _, initials in keys],
                [outlets[number % OUTLETS] for number in several],
                [now] * len(names),
            )
            await searching.name(names, fresh=True)
    for copy in range(1, count // named):
        async with tenant_scope(tenant):
            await execute(COPY, str(copy))
    return outlets[7]


def _name(chance: random.Random) -> str:
    if chance.random() < 0.1:
        return chance.choice(PLACES) + chance.choice(WORDS) + chance.choice(KINDS)
    (surname,) = chance.choices(tuple(SURNAMES), tuple(SURNAMES.values()))
    return surname + "".join(chance.choices(GIVEN, k=chance.choice((1, 2, 2))))


async def measure(tenant: UUID, units: tuple[UUID, ...] | str) -> dict[str, object]:
    """Milliseconds of a page of 50, for each of the words typed."""
    found: dict[str, object] = {}
    for typed in TYPED:
        took = []
        for _ in range(EACH):
            async with tenant_scope(tenant, units=units):
                begun = time.perf_counter()
                page = await matching(CustomerFilter(typed), NEWEST, CONTACT_FIELDS, PageAsked(50))
                took.append((time.perf_counter() - begun) * 1_000)
        took.sort()
        found[typed] = {
            "shown": len(page),
            "p50_ms": round(took[EACH // 2], 1),
            "p95_ms": round(took[int(EACH * 0.95)], 1),
        }
    return found


async def run(servers: embedded.Servers, count: int) -> dict[str, object]:
    """Fill, count, measure."""
    await migrations.migrate(servers.owner_url)
    new = NewTenant(slug="bench", name="bench", packs=(), time_zone="Asia/Shanghai", language="zh-CN", simulated=False)
    view = await provisioning.provision(
        new, owner_url=servers.owner_url, app_url=servers.app_url, packs=Packs({}), now=real_clock()
    )
    begun = time.perf_counter()
    async with connected(servers.app_url, pool_size=4):
        outlet = await fill(view.id, count)
        filled = time.perf_counter() - begun
        await _analyse(servers.owner_url)
        async with tenant_scope(view.id):
            terms = await fetch_value("select count(*) from search_term")
            sizes = await fetch(
                "select pg_table_size('search_term') as heap, pg_indexes_size('search_term') as indexes"
            )
        return {
            "customers": count,
            "filled_s": round(filled, 1),
            "terms": terms,
            "terms_per_customer": round(terms / count, 1),
            "heap_mb": sizes[0]["heap"] // 2**20,
            "indexes_mb": sizes[0]["indexes"] // 2**20,
            "head_office": await measure(view.id, "*"),
            "outlet": await measure(view.id, (outlet,)),
        }


async def _analyse(owner_url: str) -> None:
    connection = await asyncpg.connect(owner_url)
    try:
        for table in ("customer", "search_term", "sealed_value"):
            await connection.execute(f"vacuum analyze {table}")
    finally:
        await connection.close()


def main() -> None:
    """Measure and print one JSON document."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    home = Path(tempfile.mkdtemp(prefix="guibin-bench-"))
    home.chmod(0o755)
    keyring.load_root_key(home)
    try:
        with embedded.running(home) as servers:
            print(json.dumps(asyncio.run(run(servers, count)), indent=1, ensure_ascii=False))
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
