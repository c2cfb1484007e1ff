"""The packs' demonstration companies: made once by `guibin up`, the same on every machine."""

import os
import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from guibin import timetable  # noqa: F401  # makes known who reacts
from guibin.complaints.intake import receive
from guibin.complaints.requests import NewComplaint
from guibin.context import Act, Company, real_clock
from guibin.notation.dates import Day, LunarDay
from guibin.operation import provisioning
from guibin.packs import Packs
from guibin.policies.queries import act_of
from guibin.policy.demonstrations import PASSWORD, DemoKind, Demonstration
from guibin.policy.money import Money
from guibin.policy.occasions import kept_on
from guibin.policy.posts import roles_of
from guibin.profiles import wishes
from guibin.profiles.actions import open_archives
from guibin.profiles.consents import consent
from guibin.profiles.orders import order
from guibin.profiles.queries import OPEN
from guibin.profiles.requests import NewConsent, NewCustomer, NewOrder
from guibin.receptions import intake as receptions
from guibin.receptions.requests import NewReception
from guibin.tiers import memberships
from guibin.tiers.assessment import assess
from guibin.tiers.facts import BATCH_MAX, NewFact, record_facts, units_of
from guibin.tiers.memberships import NewMembership
from guibin_tenants import directory, keys, org_units, staff
from guibin_tenants.database import connected
from guibin_tenants.keys import NewKey
from guibin_tenants.principals import PERMISSIONS, Principal
from guibin_tenants.registry import NewTenant, TenantView
from guibin_tenants.scope import fetch, tenant_scope
from guibin_tenants.staff import NewStaff
from guibin_tenants.tables import new_id

from .activities import invite_and_recommend
from .cards import hand_out_cards
from .days import Scene, enliven
from .emergencies import look_in_an_emergency
from .history import keep_files, recall
from .looks import look_around
from .oversight import watch_over
from .plans import draw_plans, people_of
from .receptions import receive_guests
from .requests import ask_for_services
from .vips import name_vips, register

Say = Callable[[str], None]

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰建华文辉红玉晓东志国海燕鹏飞雪梅婷浩宇欣怡子轩"
# One customer in so many complained.
_DECLINES_EVERY = 9
_COMPLAINS_EVERY = 12
# So many have held a tier for so many days without a contact.
_OUT_OF_TOUCH, _MONTHS_AGO = 4, 110
_TOGETHER = 500
# When archives were opened: before anybody complained, but for the last.
_OPENED_DAYS_AGO = (1_060, 880, 730, 610, 500, 410, 330, 250, 180, 120, 70, 40, 6)
# Whose a fact is before its customer has an archive.
_NOBODY = UUID(int=0)


class _Person(Struct, frozen=True):
    """A customer to be, and what is known of them."""

    archive: NewCustomer
    answers: list[NewConsent]
    facts: list[NewFact]
    order: NewOrder | None
    complaint: NewComplaint | None


class Access(Struct, frozen=True):
    """How to try it. `key` is empty for a company that an earlier start made: its key was shown then."""

    slug: str
    name: str
    key: str
    complaints: bool


class Filling(Struct, frozen=True):
    """What making one company needs everywhere."""

    demonstration: Demonstration
    act: Act
    chance: random.Random


async def fill(owner_url: str, app_url: str, packs: Packs, *, say: Say) -> list[Access]:
    """Make every pack's company unless it is there; how to try each."""
    found = []
    for pack in packs.names:
        demonstration = packs.hooks_of((pack,)).demonstration()
        if demonstration is None:
            continue
        there = await _registered(owner_url, demonstration.slug)
        if there is None:
            say(f"Filling the demonstration company {demonstration.slug} …")
            async with connected(app_url, pool_size=2):
                found.append(await make(demonstration, pack, owner_url=owner_url, app_url=app_url, packs=packs))
        elif there.erased_at is None:
            found.append(Access(demonstration.slug, demonstration.name, "", bool(demonstration.complaints)))
    return found


def welcome(api: str, found: Sequence[Access]) -> str:
    """What a newcomer reads: the address, the companies, and with a new key three lines that work."""
    if not found:
        return f"Guibin is ready: {api}"
    return "\n".join(
        (
            f"Guibin is ready: {api}   (API: {api}/api/docs)",
            *(f"  {one.slug:<14} {one.name}   {_key(one)}" for one in found),
            f"  sign in   one of these companies, login admin, password {PASSWORD}",
            *_lines(api, [one for one in found if one.key]),
        )
    )


def _key(access: Access) -> str:
    if access.key:
        return f"API key, shown this once: {access.key}"
    return f"another API key: guibin key create {access.slug} --scope '*'"


def _lines(api: str, keyed: Sequence[Access]) -> Sequence[str]:
    if not keyed:
        return ()
    best = max(keyed, key=lambda access: access.complaints)
    header = f'-H "Authorization: Bearer {best.key}"'
    return (
        "",
        f'  curl {header} "{api}/api/v1/customers?q=wang&limit=3"',
        f'  curl {header} "{api}/api/v1/complaints?limit=3"',
        f'  curl {header} -H "Content-Type: application/json" -d \'{{"text": "请尽快处理", "channel": "phone"}}\' {api}/api/v1/complaints',
    )


async def make(demonstration: Demonstration, pack: str, *, owner_url: str, app_url: str, packs: Packs) -> Access:
    """Register the company and fill it in one transaction: staff, customers, facts, orders, complaints, tiers."""
    now = real_clock()
    new = NewTenant(slug=demonstration.slug, name=demonstration.name, packs=(pack,))
    tenant = await provisioning.provision(new, owner_url=owner_url, app_url=app_url, packs=packs, now=now)
    company = _company(tenant)
    by = Principal(kind="operator", id=tenant.id, name="演示数据", permissions=PERMISSIONS, address=os.uname().sysname)
    async with tenant_scope(tenant.id):
        act = await act_of(packs, company, by=by, now=now)
        filling = Filling(demonstration, act, random.Random(20_260_101))
        managers = await _staff(filling)
        numbers = range(1, demonstration.customers + 1)
        for start in range(0, len(numbers), _TOGETHER):
            await _customers(numbers[start : start + _TOGETHER], filling, managers)
        for scheme in demonstration.assess:
            await assess(scheme, act, as_of=now.date())
        await _visits(filling)
        scene = Scene(act, filling.chance)
        await enliven(scene)
        await draw_plans(scene)
        await _more(scene)
        await recall(scene, await people_of("agent", "account_manager"), demonstration.complaints)
        await watch_over(scene, await people_of("agent", "account_manager"))
        token, _ = await keys.create(NewKey(name="演示", scopes=("*",)), now=now)
    async with tenant_scope(tenant.id):
        await keep_files(scene)
    await look_in_an_emergency(scene)
    return Access(demonstration.slug, demonstration.name, token, bool(demonstration.complaints))


async def _more(scene: Scene) -> None:
    """Services asked for, cards, guests, and a few who were not kept in touch with."""
    people = await people_of("agent", "account_manager", "manager")
    await ask_for_services(scene, people)
    await hand_out_cards(scene, people)
    await receive_guests(scene, people)
    await invite_and_recommend(scene, await people_of("tenant_admin"))
    await _out_of_touch(scene)
    await name_vips(scene)
    await look_around(scene, people, await people_of("tenant_admin"))
    await register(scene)


async def _out_of_touch(scene: Scene) -> None:
    """Customers who have held a tier for months, and whom nobody has been in touch with as often as the policy asks."""
    cadence = next(iter(scene.act.policy.cadences), None)
    scheme = scene.act.policy.scheme(cadence.scheme) if cadence else None
    if cadence is None or scheme is None:
        return
    tier = cadence.tier or scheme.tiers[0].name
    rows = await fetch(
        f"select c.id from {OPEN} and not exists (select from membership m where m.customer_id = c.id and m.scheme = $1)"
        " order by c.number limit $2",
        scheme.name,
        _OUT_OF_TOUCH,
    )
    for row in rows:
        new = NewMembership(
            customer_id=row["id"],
            scheme=scheme.name,
            tier=tier,
            starts_on=scene.today - timedelta(days=_MONTHS_AGO),
            basis="exception",
            basis_id=new_id(),
            reason="演示：早前评定",
        )
        await memberships.start(new, now=scene.act.now)


async def _registered(owner_url: str, slug: str) -> TenantView | None:
    """Also one that was erased: it does not come back by itself."""
    return next((tenant for _, tenant in (await directory.everyone(owner_url)).found if tenant.slug == slug), None)


def _company(tenant: TenantView) -> Company:
    return Company(tenant.id, tenant.slug, tenant.packs, tenant.time_zone, tenant.language, tenant.simulated)


async def _staff(filling: Filling) -> list[tuple[UUID, UUID]]:
    """Everybody who works there; the account managers with their units."""

    async def add(login: str, name: str, *roles: str, unit: UUID | None = None) -> UUID:
        one = NewStaff(login=login, name=name, roles=roles, org_unit_id=unit, password=PASSWORD)
        return (await staff.add(one, posts=posts, now=filling.act.now)).id

    posts = roles_of(filling.act.policy.posts)
    await add("admin", "周敏", "tenant_admin")
    await add("auditor", "何静", "auditor")
    await add("desk", "唐磊", "agent")
    for person in filling.demonstration.people:
        await add(person.login, person.name, *person.roles)
    managers = []
    for number, unit in enumerate(filling.demonstration.units, 1):
        opened = await org_units.open_unit(code=unit.code, name=unit.name, parent="head-office")
        await add(f"lead{number}", f"{_SURNAMES[number]}强", unit.role, unit=opened.id)
        for place in (1, 2):
            name = f"{_SURNAMES[number * 3 + place]}娜"
            managers.append((opened.id, await add(f"manager{number}{place}", name, "account_manager", unit=opened.id)))
    return managers


async def _customers(numbers: Sequence[int], filling: Filling, managers: Sequence[tuple[UUID, UUID]]) -> None:
    """Customers with what is known of each, opened together."""
    act = filling.act
    people = [_person(number, filling, *filling.chance.choice(managers)) for number in numbers]
    ids = await _opened(people, act)
    for customer_id, person in zip(ids, people, strict=True):
        for answer in person.answers:
            await consent(customer_id, answer, act)
        if person.order is not None:
            await order(customer_id, person.order, act)
        if person.complaint is not None:
            await receive(replace(person.complaint, customer_id=customer_id), act)
    facts = [
        replace(fact, customer_id=customer_id)
        for customer_id, person in zip(ids, people, strict=True)
        for fact in person.facts
    ]
    for start in range(0, len(facts), BATCH_MAX):
        batch = facts[start : start + BATCH_MAX]
        await record_facts(batch, act, units=units_of(act.policy), today=act.now.date())


async def _opened(people: Sequence[_Person], act: Act) -> list[UUID]:
    """Their archives, each opened on one of the days on which the company opened some: most of them long ago."""
    found: dict[int, UUID] = {}
    for place, days_ago in enumerate(_OPENED_DAYS_AGO):
        places = range(place, len(people), len(_OPENED_DAYS_AGO))
        several = [people[each].archive for each in places]
        ids = await open_archives(several, act.at(act.now - timedelta(days=days_ago))) if several else []
        found |= dict(zip(places, ids, strict=True))
    return [found[place] for place in range(len(people))]


def _person(number: int, filling: Filling, unit: UUID, manager: UUID) -> _Person:
    demonstration, chance = filling.demonstration, filling.chance
    kind = chance.choices(demonstration.kinds, [kind.weight for kind in demonstration.kinds])[0]
    complains = bool(demonstration.complaints) and number % _COMPLAINS_EVERY == 0
    return _Person(
        _archive(number, kind, filling, unit, manager),
        [
            NewConsent(purpose=purpose, answer="granted" if chance.random() < 0.8 else "refused")
            for purpose in kind.consents
        ]
        + _declined(number, filling),
        _facts(kind, chance, filling.act.now.date()),
        _order(number, filling) if demonstration.products else None,
        _complaint(number // _COMPLAINS_EVERY, manager, filling) if complains else None,
    )


def _declined(number: int, filling: Filling) -> list[NewConsent]:
    """Every so many customers do not want to hear about something."""
    topics = filling.act.policy.topics
    if not topics or number % _DECLINES_EVERY:
        return []
    topic = topics[number // _DECLINES_EVERY % len(topics)]
    return [NewConsent(purpose=wishes.wish(wishes.TOPIC, topic), answer="refused")]


def _archive(number: int, kind: DemoKind, filling: Filling, unit: UUID, manager: UUID) -> NewCustomer:
    demonstration, chance, today = filling.demonstration, filling.chance, filling.act.now.date()
    name = chance.choice(_SURNAMES) + "".join(chance.sample(_GIVEN, chance.choice((1, 2))))
    birthday: Day = date(1955, 1, 1) + timedelta(days=chance.randrange(14_000))
    if number % 40 == 0:
        birthday = (today + timedelta(days=chance.randrange(1, 8))).replace(year=1968)
    if number % 40 == 20:
        # Of many a customer only the lunar day is known, without its year.
        kept = next(one for one in kept_on(today + timedelta(days=chance.randrange(1, 8))) if one.calendar == "lunar")
        birthday = LunarDay(kept.month, kept.day)
    confidential: dict[str, str | list[str]] = {"mobile": _digits("13#########", chance)}
    confidential |= {name: _digits(pattern, chance) for name, pattern in demonstration.confidential.items()}
    return NewCustomer(
        number=f"DK{number:05d}",
        name=name if kind.person else f"{chance.choice(demonstration.employers)}({number})",
        kind=kind.name,
        org_unit_id=unit,
        account_manager_id=manager,
        sex=chance.choice(("male", "female")) if kind.person else "",
        birthday=birthday if kind.person else None,
        employer=chance.choice(demonstration.employers),
        position=chance.choice(demonstration.positions),
        fields={name: chance.choice(choices) for name, choices in demonstration.fields.items()},
        confidential=confidential,
    )


def _digits(pattern: str, chance: random.Random) -> str:
    return "".join(str(chance.randrange(10)) if sign == "#" else sign for sign in pattern)


async def _visits(filling: Filling) -> None:
    guests = await fetch("select id from customer order by number limit $1", len(filling.demonstration.visits))
    for guest, visit in zip(guests, filling.demonstration.visits, strict=True):
        new = NewReception(
            customer_id=guest["id"],
            source=visit.source,
            text=visit.text,
            arrives_at=filling.act.now + timedelta(days=visit.days),
            protocol=visit.protocol,
        )
        await receptions.receive(new, filling.act)


def _facts(kind: DemoKind, chance: random.Random, today: date) -> list[NewFact]:
    return [
        NewFact(
            customer_id=_NOBODY,
            metric=fact.metric,
            occurred_on=today - timedelta(days=30 * month + 1),
            value=chance.randint(fact.low, fact.high),
            source="业务系统",
            label=chance.choice(fact.labels) if fact.labels else "",
        )
        for fact in kind.facts
        for month in range(fact.months)
    ]


def _order(number: int, filling: Filling) -> NewOrder:
    product = filling.chance.choice(filling.demonstration.products)
    ends_on = filling.act.now.date() + timedelta(days=filling.chance.choice((5, 6, 15, 15, 40, 90, 200, 300)))
    return NewOrder(
        number=f"DD{number:05d}",
        product=product.name,
        price=Money(f"{product.price / 100:.2f}"),
        started_on=ends_on - timedelta(days=365),
        ends_on=ends_on,
    )


def _complaint(number: int, manager: UUID, filling: Filling) -> NewComplaint:
    """Whoever looks after the customer took it."""
    said = filling.demonstration.complaints[number % len(filling.demonstration.complaints)]
    received = filling.act.now - timedelta(minutes=filling.chance.randrange(5, 280))
    return NewComplaint(text=said.text, channel=said.channel, owner_id=manager, received_at=received)
