"""The demonstration company `sunrise-cable`: made once by `guibin up`, the same on every machine."""

import json
import os
import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin import provisioning
from guibin.complaints.intake import receive
from guibin.complaints.requests import NewComplaint
from guibin.context import Company, real_clock
from guibin.money import Money
from guibin.packs import Packs
from guibin.policies.queries import effective_policy
from guibin.policy.packs import Policy
from guibin.profiles.actions import open_archive
from guibin.profiles.orders import order
from guibin.profiles.requests import NewCustomer, NewOrder
from guibin_tenants import keys, org_units, registry, staff
from guibin_tenants.database import connected
from guibin_tenants.keys import NewKey
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.refusals import NotFound
from guibin_tenants.registry import NewTenant, TenantView
from guibin_tenants.scope import tenant_scope
from guibin_tenants.staff import NewStaff

SLUG = "sunrise-cable"
PASSWORD = "sunrise-2026"
CUSTOMERS = 240
Say = Callable[[str], None]

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰建华文辉红玉晓东志国海燕鹏飞雪梅婷浩宇欣怡子轩"
_UNITS = (("jinniu", "金牛分公司"), ("wuhou", "武侯分公司"), ("qingyang", "青羊分公司"))
_EMPLOYERS = ("成都市教育局", "蓉城第一医院", "天府软件园", "锦江宾馆", "西南勘察设计院", "川味食品集团", "金沙物业")
_POSITIONS = ("处长", "主任", "总经理", "办公室主任", "工程师", "采购经理", "院长")
_PRODUCTS = (("高清互动基础包", 36_000), ("4K 影视包", 48_000), ("体育赛事包", 29_800), ("集团专线电视", 360_000))
_COMPLAINTS = (
    ("phone", "客厅机顶盒从昨晚开始没有信号,重启也没有用"),
    ("hall", "上个月多收了一次点播费,请核实退还"),
    ("web", "小区大面积停机,已经影响几十户人家"),
    ("phone", "安装师傅没有按预约时间上门"),
    ("email", "合同里写的带宽和实际不符,一直被限速"),
    ("phone", "体育包中断两天,比赛没看成"),
)


class Access(Struct, frozen=True):
    """How to try it: kept beside the data, so that a second start shows it again."""

    key: str
    login: str
    password: str


async def fill(owner_url: str, app_url: str, packs: Packs, *, home: Path, say: Say) -> None:
    """Make the company unless it is there."""
    connection = await asyncpg.connect(owner_url)
    try:
        await registry.by_slug(connection, SLUG)
        return
    except NotFound:
        say("Filling the demonstration company sunrise-cable …")
    finally:
        await connection.close()
    async with connected(app_url, pool_size=2):
        new = NewTenant(slug=SLUG, name="朝阳有线", packs=("cable_tv",))
        tenant = await provisioning.provision(new, owner_url=owner_url, app_url=app_url, packs=packs, now=real_clock())
        access = await _people(tenant, packs)
    file = home / "demonstration.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps({"key": access.key, "login": access.login, "password": access.password}))


def welcome(api: str, home: Path) -> str:
    """What a newcomer reads: the address, a sign-in, a key, and three lines that work."""
    file = home / "demonstration.json"
    if not file.exists():
        return f"Guibin is ready: {api}"
    access = Access(**json.loads(file.read_text()))
    header = f'-H "Authorization: Bearer {access.key}"'
    return "\n".join(
        (
            f"Guibin is ready: {api}",
            f"  sign in   company {SLUG}, login {access.login}, password {access.password}   (API: {api}/api/docs)",
            f"  API key   {access.key}",
            "",
            f'  curl {header} "{api}/api/v1/customers?q=wang&limit=3"',
            f'  curl {header} "{api}/api/v1/complaints?limit=3"',
            f'  curl {header} -d \'{{"text": "没有信号", "channel": "phone"}}\' {api}/api/v1/complaints',
        )
    )


async def _people(tenant: TenantView, packs: Packs) -> Access:
    """Staff in an org tree, their customers, orders about to end, and open complaints; all in one transaction."""
    chance = random.Random(20_260_101)
    now = real_clock()
    company = Company(tenant.id, tenant.slug, tenant.packs, tenant.time_zone, tenant.language, tenant.simulated)
    by = Principal(
        kind="operator", id=tenant.id, name="demonstration", permissions=PERMISSIONS, address=os.uname().sysname
    )
    async with tenant_scope(tenant.id):
        policy = await effective_policy(packs, company, at=now)
        managers = await _staff(now)
        for number in range(1, CUSTOMERS + 1):
            unit, manager = chance.choice(managers)
            customer = _customer(number, chance, unit, manager, now.date())
            view = await open_archive(customer, policy=policy, by=by, now=now)
            await order(view.id, _order(number, chance, now.date()), by=by, now=now)
            if number % 12 == 0:
                await _complain(view.id, number // 12, chance, policy, packs, company, by, now)
        token, _ = await keys.create(NewKey(name="demonstration", scopes=("*",)), now=now)
    return Access(token, "admin", PASSWORD)


async def _staff(now: datetime) -> list[tuple[UUID, UUID]]:
    await staff.add(NewStaff(login="admin", name="周敏", roles=("tenant_admin",), password=PASSWORD), now=now)
    await staff.add(NewStaff(login="auditor", name="何静", roles=("auditor",), password=PASSWORD), now=now)
    await staff.add(NewStaff(login="desk", name="唐磊", roles=("agent",), password=PASSWORD), now=now)
    managers = []
    for number, (code, name) in enumerate(_UNITS, 1):
        unit = await org_units.open_unit(code=code, name=name, parent="head-office")
        lead = NewStaff(
            login=f"lead{number}",
            name=f"{_SURNAMES[number]}强",
            roles=("manager",),
            org_unit_id=unit.id,
            password=PASSWORD,
        )
        await staff.add(lead, now=now)
        for place in (1, 2):
            one = NewStaff(
                login=f"manager{number}{place}",
                name=f"{_SURNAMES[number * 3 + place]}娜",
                roles=("account_manager",),
                org_unit_id=unit.id,
                password=PASSWORD,
            )
            managers.append((unit.id, (await staff.add(one, now=now)).id))
    return managers


def _customer(number: int, chance: random.Random, unit: UUID, manager: UUID, today: date) -> NewCustomer:
    kind = chance.choices(("leader", "partner", "group"), (3, 5, 2))[0]
    name = chance.choice(_SURNAMES) + "".join(chance.sample(_GIVEN, chance.choice((1, 2))))
    if kind == "group":
        name = f"{chance.choice(_EMPLOYERS)}({number})"
    birthday = date(1955, 1, 1) + timedelta(days=chance.randrange(14_000))
    if number % 40 == 0:
        birthday = (today + timedelta(days=chance.randrange(1, 8))).replace(year=1968)
    return NewCustomer(
        number=f"DK{number:05d}",
        name=name,
        kind=kind,
        org_unit_id=unit,
        account_manager_id=manager,
        sex="" if kind == "group" else chance.choice(("male", "female")),
        birthday=None if kind == "group" else birthday,
        employer=chance.choice(_EMPLOYERS),
        position=chance.choice(_POSITIONS),
        fields={"network": chance.choice(("two_way", "one_way", "off_network"))},
        confidential={
            "mobile": f"13{chance.randrange(10**9):09d}",
            "smart_card_number": f"{8000_0000_0000_0000 + chance.randrange(10**12)}",
            "address": f"成都市{chance.choice(_UNITS)[1][:2]}区人民路{chance.randrange(1, 400)}号",
        },
    )


def _order(number: int, chance: random.Random, today: date) -> NewOrder:
    product, price = chance.choice(_PRODUCTS)
    ends_on = today + timedelta(days=chance.choice((5, 6, 15, 15, 40, 90, 200, 300)))
    return NewOrder(
        number=f"DD{number:05d}",
        product=product,
        price=Money(f"{price / 100:.2f}"),
        started_on=ends_on - timedelta(days=365),
        ends_on=ends_on,
    )


async def _complain(
    customer_id: UUID,
    number: int,
    chance: random.Random,
    policy: Policy,
    packs: Packs,
    company: Company,
    by: Principal,
    now: datetime,
) -> None:
    channel, text = _COMPLAINTS[number % len(_COMPLAINTS)]
    received = now - timedelta(minutes=chance.randrange(5, 280))
    new = NewComplaint(text=text, channel=channel, customer_id=customer_id, received_at=received)
    await receive(new, policy=policy, hooks=packs.hooks_of(company.packs), company=company, by=by, now=now)
