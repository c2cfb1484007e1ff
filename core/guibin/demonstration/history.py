"""What was before the week: complaints that were settled, rights that were used, how customers want to be treated, a survey, files."""

import contextlib
import io
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace
from PIL import Image

from guibin.complaints import actions as cases
from guibin.complaints import api as _cases_with_files  # noqa: F401  # makes known that complaints have files
from guibin.complaints import rectification
from guibin.complaints.intake import receive
from guibin.complaints.requests import (
    NewCallback,
    NewComplaint,
    NewMessage,
    NewNote,
    NewRectification,
    NewResolution,
)
from guibin.entitlements.actions import NewRedemption, offers, redeem
from guibin.files import actions as files
from guibin.files import api as _customers_with_files  # noqa: F401  # makes known that customers have files
from guibin.files.requests import NewFile
from guibin.files.subjects import holder_of
from guibin.policy.demonstrations import DemoComplaint
from guibin.profiles import actions as archive
from guibin.profiles import particulars
from guibin.profiles.particulars import NewLink, NewRelative
from guibin.profiles.queries import OPEN
from guibin.profiles.requests import CustomerChange
from guibin.surveys import actions as surveys
from guibin.surveys.answering import Asked, answer
from guibin.surveys.requests import NewRound
from guibin.tiers.queries import holding
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import Refusal
from guibin_tenants.scope import fetch, savepoint

from .days import Scene

# So many complaints were settled before, the first so many days ago.
SETTLED, SETTLED_SINCE_DAYS = 10, 24
# Every so many members used something, every so many customers want something, so many have a part in a company; no more of
# each than people look at, however large the company is.
USED_EVERY, WISHED_EVERY, PARTS, EACH_MAX = 4, 9, 4, 60
_REPLIES = ("已收到，正在核实，今天给您答复", "已联系有关部门，约两小时内回复您")
_REMEDIES = ("已核实并退还多收费用，向客户致歉", "已上门处理并现场测试正常", "已补办并按时送达，客户认可")
_TOLD = ("客户表示满意", "客户认可处理结果，希望不再发生", "客户满意，感谢及时处理")
_PLAN = "当班增加一次复核，月底检查执行情况"
_WISHES = (
    {"contact": "phone", "time": "上午开会，下午三点以后再联系"},
    {"contact": "social", "taboo": "不喝酒，饮食清淡", "drink": "绿茶"},
    {"contact": "phone", "taboo": "听力不好，请慢一点说"},
    {"time": "先与其助理约时间", "gift": "书籍"},
)
_USED = ("本人到场", "电话预约后使用", "与同事一起使用")
_SCORES = (100, 90, 80, 95, 60, 100, 40, 85)
_COMMENTS = ("服务很周到", "", "希望少等一会儿", "")
_RELATIVES = (("spouse", "丽华"), ("assistant", "小周"))


async def recall(scene: Scene, people: Sequence[Principal], said: Sequence[DemoComplaint]) -> None:
    """Inside the company's scope, when its customers hold their tiers; `said` is what they complain of."""
    await _settled(scene, people, said)
    await _rights(scene, people)
    await _wishes(scene)
    await _survey(scene)


async def _settled(scene: Scene, people: Sequence[Principal], said: Sequence[DemoComplaint]) -> None:
    """Answered, settled and called back about, most of them in time."""
    policy = scene.act.policy.complaints
    rows = await fetch(f"select c.id from {OPEN} order by c.number offset 2 limit $1", SETTLED * 5)
    for place, row in enumerate(rows[:: max(len(rows) // SETTLED, 1)][:SETTLED] if said and people else ()):
        complaint, by = said[place % len(said)], people[place % len(people)]
        begun = scene.act.now - timedelta(days=SETTLED_SINCE_DAYS - 2 * place, minutes=13 * place)
        then = replace(scene.act, by=by)
        new = NewComplaint(
            customer_id=row["id"], text=complaint.text, channel=complaint.channel, received_at=begun, owner_id=by.id
        )
        taken = (await receive(new, then.at(begun + timedelta(minutes=4)))).id
        reply = NewMessage(text=_REPLIES[place % len(_REPLIES)], direction="out")
        await cases.write(taken, reply, then.at(begun + timedelta(minutes=18)))
        await cases.note(
            taken, NewNote(text="已与客户通电话，确认情况", kind="contact"), then.at(begun + timedelta(hours=1))
        )
        cause = policy.causes[place % len(policy.causes)] if policy.causes else "unspecified"
        done = NewResolution(remedy=_REMEDIES[place % len(_REMEDIES)], cause=cause)
        await cases.resolve(taken, done, then.at(begun + timedelta(hours=2 + place % 3)))
        told = NewCallback(outcome="satisfied", comment=_TOLD[place % len(_TOLD)])
        await cases.call_back(taken, told, then.at(begun + timedelta(hours=6)))
        with contextlib.suppress(Refusal):
            async with savepoint():
                plan = NewRectification(plan=_PLAN, reported_to="周敏")
                await rectification.rectify(taken, plan, then.at(begun + timedelta(days=1)))


async def _rights(scene: Scene, people: Sequence[Principal]) -> None:
    """Members used what their tier gives them, within its quota."""
    rows = await fetch(
        f"select c.id from {OPEN} and exists (select from membership m where m.customer_id = c.id and {holding('m', '$1::date')})"
        " order by c.number",
        scene.today,
    )
    for place, row in enumerate(rows[::USED_EVERY][:EACH_MAX] if people else ()):
        act = replace(scene.act, by=people[place % len(people)])
        given = await offers(row["id"], act.policy, day=scene.today, now=act.now)
        # What is had without being asked for, such as a desk of one's own, is not counted.
        counted = [each for each in given if each.entitlement.quota] or list(given)
        if counted:
            offer = counted[place % len(counted)]
            new = NewRedemption(
                customer_id=row["id"],
                item=offer.entitlement.item,
                scheme=offer.membership.scheme,
                note=_USED[place % 3],
            )
            with contextlib.suppress(Refusal):
                async with savepoint():
                    await redeem(new, act)


async def _wishes(scene: Scene) -> None:
    """How some want to be treated, whom they are close to, and who of them has a part in a company."""
    rows = await fetch(f"select c.id, c.kind, c.sex from {OPEN} order by c.number")
    for place, row in enumerate(rows[::WISHED_EVERY][:EACH_MAX]):
        wishes = CustomerChange(preferences=_WISHES[place % len(_WISHES)])
        await archive.change(row["id"], wishes, scene.act)
    people = [row["id"] for row in rows if row["sex"]]
    for place, one in enumerate(people[4::WISHED_EVERY][:8]):
        relation, name = _RELATIVES[place % len(_RELATIVES)]
        with contextlib.suppress(Refusal):
            async with savepoint():
                await particulars.add_relative(one, NewRelative(relation=relation, name=name), scene.act)
    companies = [row["id"] for row in rows if row["kind"] in scene.act.policy.organisations]
    for person, company in zip(people[6::WISHED_EVERY][:PARTS], companies, strict=False):
        await particulars.link(person, NewLink(of_customer_id=company, role="executive"), scene.act)


async def _survey(scene: Scene) -> None:
    """One is held, and half of those asked have answered."""
    policy = next(iter(scene.act.policy.surveys), None)
    if policy is None:
        return
    held = await surveys.hold(policy.name, NewRound(sample_percent=15, seed="demonstration"), scene.act)
    rows = await fetch(
        "select id, customer_id from survey_invitation where round_id = $1 order by customer_id", held.id
    )
    for place, row in enumerate(rows[::2][:EACH_MAX]):
        score = _SCORES[place % len(_SCORES)]
        scores = {question: max(score - 5 * number, 0) for number, question in enumerate(policy.questions)}
        await answer(Asked(row["id"], held.id, row["customer_id"], policy), scores, _COMMENTS[place % 4], scene.act)


async def keep_files(scene: Scene) -> None:
    """A photograph with a complaint and a paper with a customer; in a scope of its own, for files are taken in between two."""
    rows = await fetch("select id, customer_id from complaint where customer_id is not null order by id limit 3")
    known: list[tuple[str, UUID, NewFile]] = [
        ("complaint", row["id"], NewFile(name=f"现场照片{place}.png", content=_picture(place)))
        for place, row in enumerate(rows, 1)
    ]
    known += [
        (
            "customer",
            row["customer_id"],
            NewFile(name="会谈纪要.txt", content="会谈纪要：客户关心到期续约与服务响应。\n".encode()),
        )
        for row in rows[:2]
    ]
    for subject, subject_id, new in known:
        await files.add(holder_of(subject), subject_id, new, scene.act)


def _picture(place: int) -> bytes:
    """Something to look at, smaller than a photograph."""
    kept = io.BytesIO()
    Image.linear_gradient("L").rotate(90 * place).resize((320, 240)).save(kept, "PNG")
    return kept.getvalue()
