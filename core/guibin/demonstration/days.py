"""A believable week for a demonstration company: visits, contacts, a desk, complaints near their deadline, the morning's work."""

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from guibin.administration.actions import note_absence
from guibin.administration.requests import NewAbsence
from guibin.archive_checks.jobs import LookOverArchives
from guibin.care.jobs import FilterRenewals, PrepareCare
from guibin.complaints import actions as cases
from guibin.complaints.intake import receive
from guibin.complaints.requests import NewComplaint, NewMessage, NewResolution
from guibin.context import Act
from guibin.department_requests import contacts
from guibin.department_requests.requests import NewContact
from guibin.desks.actions import open_desk, seat
from guibin.desks.requests import NewDesk, NewSeat
from guibin.duties import rosters
from guibin.duties.requests import NewRoster, NewRotation
from guibin.hotline import actions as hotline
from guibin.hotline.requests import NewCall, NewEnding
from guibin.jobs.actions import enqueue
from guibin.mailbox import channels as mailboxes
from guibin.mailbox.checking import read
from guibin.mailbox.intake import take_in
from guibin.mailbox.requests import NewMailbox
from guibin.periods.days import local_day
from guibin.policy.deadlines import Hours
from guibin.profiles import actions as archive
from guibin.profiles.requests import CustomerChange
from guibin.qualifications import actions as qualifications
from guibin.qualifications.requests import NewQualification
from guibin.records.actions import record_interaction
from guibin.records.requests import NewInteraction
from guibin.signals import outages
from guibin.signals.jobs import FindSignals
from guibin.signals.requests import NewOutage
from guibin.visits import actions as visits
from guibin.visits.requests import NewVisit, NewVisitRecord
from guibin_tenants.scope import fetch, fetch_value

# Every so many customers one was visited, is visited, was telephoned with.
VISITED_EVERY, VISIT_DUE_EVERY, CALLED_EVERY = 16, 14, 5
# So far into its time is a complaint that is about to be late.
NEARLY_DUE = 0.93
_PURPOSES = ("季度走访", "了解续约意向", "新业务推介", "处理上次反映的问题")
_CALLS = (
    ("phone", "回访满意度，客户表示满意", ""),
    ("phone", "咨询套餐变更", "希望了解优惠方案"),
    ("sms", "发送到期提醒", ""),
    ("hall", "到厅办理业务，已完成", ""),
    ("phone", "反映近期服务不稳定", "请安排人员上门检查"),
)
_SAID = (
    "到期未续导致停用，请尽快恢复",
    "上个月多收了一次费用，请核实",
    "约好的时间没有人上门",
    "回访时反映设备又失灵",
    "答应的优惠没有兑现",
)
_WROTE = "请问处理到哪一步了，今晚还要用"
_URGENT = ("已经催过两次，请今天务必解决", "会议室需要今晚使用，请尽快恢复")


class Scene(Struct, frozen=True):
    """Whose week, as of when."""

    act: Act
    chance: random.Random

    @property
    def today(self) -> date:
        """The company's day."""
        return local_day(self.act.now, self.act.company.time_zone)

    def at(self, day: date, hour: int) -> datetime:
        """An hour of a day, on the company's clock."""
        return datetime.combine(day, time(hour), ZoneInfo(self.act.company.time_zone))


class _Kept(Struct, frozen=True):
    customer_id: UUID
    manager_id: UUID


async def enliven(scene: Scene) -> None:
    """Inside the company's scope, when its customers are there. What the morning's jobs prepare, the worker prepares at once."""
    rows = await fetch(
        "select id, account_manager_id from customer where account_manager_id is not null and closed_at is null order by number"
    )
    kept = [_Kept(row["id"], row["account_manager_id"]) for row in rows]
    await _visits(scene, kept)
    await _calls(scene, kept)
    await _urgent(scene, kept)
    await _counter(scene, kept)
    await _hotline(scene, kept)
    await _mails(scene, kept)
    await _desk(scene)
    await _team(scene)
    await _absences(scene)
    await _flaws(scene, kept)
    await _troubles(scene, kept)
    for job in (LookOverArchives(), PrepareCare(), FilterRenewals(), FindSignals()):
        await enqueue(job, now=scene.act.now)


async def _visits(scene: Scene, kept: Sequence[_Kept]) -> None:
    """Some carried out last week, some planned for these days."""
    for place, one in enumerate(kept[::VISITED_EVERY]):
        at = scene.at(scene.today - timedelta(days=2 + place % 6), 9 + place % 8)
        visit = await _plan(scene, one, at, now=at - timedelta(days=3))
        done = NewVisitRecord(content="按计划走访，客户对服务总体满意", happened_at=at, duration_minutes=40)
        await visits.carry_out(visit, done, scene.act.at(at + timedelta(hours=1)))
    for place, one in enumerate(kept[3::VISIT_DUE_EVERY]):
        await _plan(scene, one, scene.at(scene.today + timedelta(days=1 + place % 5), 9 + place % 8), now=scene.act.now)


async def _plan(scene: Scene, one: _Kept, at: datetime, *, now: datetime) -> UUID:
    new = NewVisit(
        customer_id=one.customer_id,
        planned_at=at,
        purpose=scene.chance.choice(_PURPOSES),
        staff_id=one.manager_id,
    )
    return (await visits.plan(new, scene.act.at(now))).id


async def _calls(scene: Scene, kept: Sequence[_Kept]) -> None:
    """Contacts of the last weeks; a few needs are open."""
    for one in kept[::CALLED_EVERY]:
        channel, content, need = scene.chance.choice(_CALLS)
        at = scene.act.now - timedelta(days=scene.chance.randrange(1, 25), minutes=scene.chance.randrange(600))
        new = NewInteraction(
            customer_id=one.customer_id,
            channel=channel,
            direction="in" if need else "out",
            content=content,
            need=need,
            wants="product" if "优惠" in need else "help" if need else "",
            happened_at=at,
            staff_id=one.manager_id,
        )
        await record_interaction(new, scene.act.at(at))


async def _urgent(scene: Scene, kept: Sequence[_Kept]) -> None:
    """Complaints that are about to be late: the next minutes bring a warning, then a breach."""
    complaints = scene.act.policy.complaints
    level = next((level for level in complaints.levels if level.name == complaints.default_level), None)
    if level is None or not isinstance(level.resolve_within, Hours) or "phone" not in complaints.channels:
        return
    received = scene.act.now - timedelta(hours=level.resolve_within.count) * NEARLY_DUE
    for one, text in zip(kept[7::60], _URGENT, strict=False):
        new = NewComplaint(
            customer_id=one.customer_id,
            text=text,
            channel="phone",
            level=level.name,
            received_at=received,
            owner_id=one.manager_id,
        )
        await receive(new, scene.act)


async def _counter(scene: Scene, kept: Sequence[_Kept]) -> None:
    """What the agent has in hand: complaints of the morning, to one of which the customer wrote again, and one to call back about."""
    complaints = scene.act.policy.complaints
    agent = await fetch_value("select id from staff where 'agent' = any (roles) order by login limit 1")
    if agent is None or "phone" not in complaints.channels:
        return
    taken = []
    for place, (one, text) in enumerate(zip(kept[5::40], _SAID, strict=False)):
        at = scene.act.now - timedelta(minutes=50 * (place + 1))
        new = NewComplaint(customer_id=one.customer_id, text=text, channel="phone", received_at=at, owner_id=agent)
        taken.append((await receive(new, scene.act)).id)
    if taken and complaints.causes:
        await cases.write(taken[0], NewMessage(text=_WROTE, direction="in"), scene.act)
        cause = complaints.causes[0]
        await cases.resolve(taken[-1], NewResolution(remedy="已更换并现场测试正常", cause=cause), scene.act)


async def _hotline(scene: Scene, kept: Sequence[_Kept]) -> None:
    """Calls of the morning: one of a customer's is done with, a stranger's is to be matched, and one that nobody took to be returned."""
    agent = await fetch_value("select id from staff where 'agent' = any (roles) order by login limit 1")
    if agent is None:
        return
    for place, (customer_id, phone, ended) in enumerate(_hotline_calls(kept[11 % len(kept)].customer_id)):
        at = scene.act.now - timedelta(minutes=35 * (place + 1))
        call = NewCall(
            customer_id=customer_id, phone=phone, missed=ended is None, staff_id=agent, reference=f"call-{place + 1}"
        )
        opened = await hotline.open_call(call, scene.act.at(at))
        if ended is not None:
            await hotline.end(opened.id, ended, scene.act.at(at + timedelta(minutes=6)))


def _hotline_calls(customer_id: UUID) -> tuple[tuple[UUID | None, str | None, NewEnding | None], ...]:
    return (
        (
            customer_id,
            None,
            NewEnding(outcome="served", content="询问本月活动，已说明", handling="已说明", handled=True),
        ),
        (None, "13700000021", NewEnding(outcome="served", content="自称老客户，想了解入会条件，未报卡号")),
        (None, "13700000022", None),
    )


async def _mails(scene: Scene, kept: Sequence[_Kept]) -> None:
    """Mails of the morning, as a mail server hands them over: a customer's, a stranger's, and a machine's."""
    address = "li.customer@example.com"
    change = CustomerChange(confidential={"email": [address]})
    await archive.change(kept[12 % len(kept)].customer_id, change, scene.act)
    made = await mailboxes.add(NewMailbox(name="服务邮箱", address="vip@company.example"), scene.act)
    mails = (
        (address, "咨询续约", "请问我的合同什么时候到期，续约有什么优惠？", ""),
        ("zhang@example.net", "想了解贵宾服务", "朋友推荐的，请告知入会条件和需要的材料。", ""),
        ("no-reply@example.org", "自动回复：外出", "我正在休假。", "Auto-Submitted: auto-replied\r\n"),
    )
    for place, (sender, subject, text, more) in enumerate(mails):
        head = f"From: {sender}\r\nSubject: {subject}\r\nMessage-ID: <{place}@{sender.partition('@')[2]}>\r\n{more}"
        raw = f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}".encode()
        at = scene.act.at(scene.act.now - timedelta(minutes=25 * (place + 1)))
        await take_in(await mailboxes.locked(made.mailbox.id), read(raw), at)


async def _flaws(scene: Scene, kept: Sequence[_Kept]) -> None:
    """A few archives are not right, so that the daily look finds something: no number, and one number twice."""
    numbers: tuple[list[str], ...] = ([], [], ["13900000001"], ["13900000001"])
    for one, mobile in zip(kept[9::40], numbers, strict=False):
        change = CustomerChange(confidential={"mobile": mobile})
        await archive.change(one.customer_id, change, scene.act)


async def _troubles(scene: Scene, kept: Sequence[_Kept]) -> None:
    """What warns of a complaint: somebody asked for help again and again, and something is out for a few (S07-32)."""
    for one in kept[13:15]:
        for days in (9, 4, 1):
            at = scene.act.now - timedelta(days=days)
            new = NewInteraction(
                customer_id=one.customer_id,
                channel="phone",
                direction="in",
                content="又出了同样的问题，请派人来看",
                need="上门检查",
                wants="help",
                happened_at=at,
                staff_id=one.manager_id,
            )
            await record_interaction(new, scene.act.at(at))
    rare = await fetch_value("select product from product_order group by product order by count(*), product limit 1")
    if rare is not None:
        outage = NewOutage(
            text="设备检修，部分服务中断", product=rare, expected_until=scene.act.now + timedelta(hours=3)
        )
        await outages.report(outage, scene.act)


async def _absences(scene: Scene) -> None:
    """One account manager is away, with a colleague who stands in; another will be, with nobody so far."""
    people = await fetch(
        "select s.id, d.id as deputy_id from staff s join lateral (select d.id from staff d where d.tenant_id = s.tenant_id"
        " and d.left_at is null and d.org_unit_id = s.org_unit_id and d.id <> s.id and d.roles = s.roles order by d.login"
        " limit 1) d on true where s.left_at is null and s.roles = '{account_manager}' order by s.login desc limit 2"
    )
    for place, row in enumerate(people):
        from_at = scene.at(scene.today + timedelta(days=7 * place), 9)
        away = NewAbsence(
            from_at=from_at, until_at=from_at + timedelta(days=4), deputy_id=None if place else row["deputy_id"]
        )
        await note_absence(row["id"], away, scene.act)


async def _team(scene: Scene) -> None:
    """Rosters for every duty, contacts of the first departments, and certificates of which some end soon."""
    people = await fetch(
        "select s.id, s.org_unit_id, s.roles, s.part_time from staff s join org_unit u on u.tenant_id = s.tenant_id and u.id = s.org_unit_id"
        " where s.left_at is null and u.parent_id is not null order by u.code, s.login"
    )
    units = list(dict.fromkeys(row["org_unit_id"] for row in people))
    head = await fetch_value("select id from org_unit where parent_id is null and dissolved_at is null")
    central = [
        row["id"]
        for row in await fetch(
            "select id from staff where org_unit_id is null and left_at is null"
            " and not roles && '{auditor}'::text[] order by login"
        )
    ]
    for duty in scene.act.policy.duties:
        unit, who = (
            (head, central)
            if duty.serves == "receptions"
            else (units[0], [p["id"] for p in people if p["org_unit_id"] == units[0]])
        )
        if not who:
            continue
        roster = await rosters.open_roster(NewRoster(org_unit_id=unit, duty=duty.name), scene.act)
        starts, ends = (time(8), "18:00:00") if duty.covers == "hours" else (time(17), "09:00:00")
        turns = NewRotation(
            staff_ids=tuple(who[:4]),
            first_on=scene.today,
            last_on=scene.today + timedelta(days=20),
            starts=starts,
            ends=ends,
        )
        await rosters.rotate(roster.id, turns, scene.act)
    if scene.act.policy.department_contacts is not None:
        for unit in units[:-1]:
            first, *others = [row["id"] for row in people if row["org_unit_id"] == unit]
            deputy = others[0] if others else None
            await contacts.name(NewContact(org_unit_id=unit, staff_id=first, deputy_id=deputy), scene.act)
    for wanted in scene.act.policy.qualifications:
        needing = [row for row in people if set(row["roles"]) & set(wanted.posts)]
        for place, row in enumerate(needing[1:]):
            obtained_on = scene.today - timedelta(days=(90, 345, 400)[place % 3])
            certificate = f"PX-{scene.today.year}-{place + 1:03}"
            new = NewQualification(
                staff_id=row["id"], qualification=wanted.name, obtained_on=obtained_on, certificate=certificate
            )
            await qualifications.record(new, scene.act)


async def _venues(scene: Scene) -> None:
    """The first branch has a VIP room, the next a counter (S03-7)."""
    named = {"vip_room": "贵宾室", "vip_counter": "贵宾专柜", "vip_club": "贵宾俱乐部"}
    wanted = {kind for item in scene.act.policy.service_items for kind in item.venues}
    units = await fetch("select id from org_unit where parent_id is not null and dissolved_at is null order by code")
    for row, kind in zip(units, sorted(wanted), strict=False):
        await open_desk(NewDesk(org_unit_id=row["id"], kind=kind, name=named[kind]), scene.act)


async def _desk(scene: Scene) -> None:
    """Where policy gives a desk, the first branch has one, and somebody sits there (S07-3); the venues it names are there, too."""
    await _venues(scene)
    if not any(item.at_desks for item in scene.act.policy.service_items):
        return
    unit = await fetch_value("select id from org_unit where parent_id is not null order by code limit 1")
    clerk = await fetch_value("select id from staff where org_unit_id = $1 order by login limit 1", unit)
    if unit is None or clerk is None:
        return
    desk = await open_desk(NewDesk(org_unit_id=unit, name="大客户专席", hours="9:00-17:30"), scene.act)
    await seat(desk.id, NewSeat(staff_id=clerk), scene.act)
