"""Receptions of a demonstration company: one that was, one today, one that departments prepare."""

import contextlib
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace

from guibin.cases.requests import NewWord
from guibin.context import Act
from guibin.policy.forms import Form
from guibin.policy.money import Money
from guibin.policy.receptions import Protocol, ReceptionPolicy
from guibin.profiles.queries import OPEN
from guibin.receptions import actions, applications, intake, orders
from guibin.receptions.queries import ReceptionForm, form
from guibin.receptions.requests import (
    ItineraryLine,
    NewArrival,
    NewAssignment,
    NewEnquiry,
    NewEtiquetteCheck,
    NewFeedbackAnswer,
    NewReception,
    NewReceptionApplication,
    NewReceptionConfirmation,
    NewReceptionFeedback,
    NewReceptionFiling,
    NewStage,
    Particulars,
    PlanContent,
    TaskReport,
)
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import Refusal
from guibin_tenants.scope import fetch, savepoint

from .approvals import approve, of_system
from .days import Scene

# Behind the customers who complain and are visited.
_FIRST = 9
_GUESTS = ("考察团一行，参观并座谈", "合作单位负责人来访", "老客户带家人来访")


async def receive_guests(scene: Scene, people: Sequence[Principal]) -> None:
    """Inside the company's scope, when its customers are there; `people` sit at the centre and host."""
    policy = scene.act.policy.reception
    if policy is None:
        return
    rows = await fetch(f"select c.id, c.org_unit_id from {OPEN} order by c.number offset $1 limit 3", _FIRST)
    hours = (-70, 3, 30)
    for place, row in enumerate(rows):
        with contextlib.suppress(Refusal):
            async with savepoint():
                seeing = [person for person in people if person.covers(row["org_unit_id"])] or people
                begun = replace(scene.act, now=scene.act.now - timedelta(days=6 if hours[place] < 0 else 2))
                guest = await _prepared(
                    begun, policy, row["id"], (seeing[place % len(seeing)], hours[place], scene, place)
                )
                await _report(guest, of_system(begun), most=2 if place == 2 else None)
                if hours[place] < 0:
                    await _held(guest, replace(begun, now=guest.arrives_at))


async def _prepared(
    act: Act, policy: ReceptionPolicy, customer_id: UUID, how: tuple[Principal, int, Scene, int]
) -> ReceptionForm:
    """Confirmed, approved, planned, and the departments told."""
    host, hours, scene, place = how
    protocol, arrives_at = policy.protocols[-1 if place else 0], scene.act.now + timedelta(hours=hours)
    taken = await intake.receive(
        NewReception(
            customer_id=customer_id,
            source="办公室",
            text=_GUESTS[place],
            arrives_at=arrives_at,
            leaves_at=arrives_at + timedelta(hours=5),
            party_size=3 + place,
            protocol=protocol.name,
        ),
        act,
    )
    await intake.confirm(taken.id, NewReceptionConfirmation(text="已与来访方核实"), act)
    if protocol.ask_visiting_party:
        await intake.ask_party(taken.id, NewEnquiry(asked="来访方联络人"), act)
    sheet = act.policy.form(protocol.form) if protocol.form else None
    known = Particulars(
        guests=f"{_GUESTS[place]}，{3 + place} 人", requirements="一人不吃辣，安静房间", answers=_answers(sheet)
    )
    await intake.write_particulars(taken.id, known, act)
    await _approve(taken.id, protocol, act)
    plan = PlanContent(
        plan="门口迎接，参观展厅，座谈后用餐",
        standard="贵宾室一间，茶歇，工作餐",
        room="贵宾室",
        gifts="画册、纪念品各一份",
        budget=Money("1200.00"),
        itinerary=(
            ItineraryLine(at=arrives_at, what="迎接", place="正门"),
            ItineraryLine(at=arrives_at + timedelta(minutes=30), what="参观介绍", place="展厅"),
            ItineraryLine(at=arrives_at + timedelta(hours=2), what="座谈", place="贵宾室"),
        ),
    )
    planned = await applications.plan(taken.id, plan, act)
    for edition in planned.plans:
        if edition.approval_id is not None and edition.outcome is None:
            await approve(edition.approval_id, act)
    await intake.assign(taken.id, NewAssignment(staff_id=host.id), act)
    return await actions.send(taken.id, NewWord(text="请按时准备"), act)


async def _approve(reception_id: UUID, protocol: Protocol, act: Act) -> None:
    reason = next((one.name for one in protocol.qualifications if not one.scheme), None)
    asked = await applications.apply_for(
        reception_id,
        NewReceptionApplication(protocol=protocol.name, qualification=reason, reason="重要来访，按此规格接待"),
        act,
    )
    await approve(asked.applications[-1].approval_id, act)


async def _report(guest: ReceptionForm, act: Act, *, most: int | None) -> None:
    """Departments take the notice up and report what is ready; with `most`, so many tasks of it."""
    told = await orders.ORDERS.where("x.reception_id = $of", of=guest.id, units=act.by.units_seen)
    for order in told[:most]:
        await orders.acknowledge(order.id, NewWord(), act)
    asked = await orders.TASKS.where(
        "x.reception_id = $of and x.state = 'open'", order="t.due_at, x.id", of=guest.id, units=act.by.units_seen
    )
    for place, task in enumerate(asked[:most]):
        sheet = act.policy.form(task.form) if task.form else None
        answers = _answers(sheet)
        cost = Money(f"{120 + 60 * place}.00")
        await orders.report(task.id, TaskReport(text="已就绪", cost=cost, answers=answers), act)


def _answers(sheet: Form | None) -> dict[str, str | int | bool | None]:
    """Something that the form takes."""
    known: dict[str, int | bool] = {"boolean": True, "integer": 2}
    fields = sheet.fields if sheet else ()
    return {each.name: each.choices[0] if each.choices else known.get(each.type, "已安排") for each in fields}


async def _held(guest: ReceptionForm, act: Act) -> None:
    """The guest came, was shown around, said something, and the record is filed."""
    await actions.arrive(guest.id, NewArrival(), act)
    whole = await form(guest.id)
    for name in whole.terms.stages if whole.terms else ():
        await actions.take_stage(guest.id, NewStage(stage=name, text="顺利"), act)
    for item in whole.etiquette_left:
        await actions.check_etiquette(guest.id, NewEtiquetteCheck(item=item, kept=True), act)
    heard = await actions.collect_feedback(
        guest.id, NewReceptionFeedback(text="安排周到，展厅可再多留时间", score=95), act
    )
    said = NewFeedbackAnswer(handling="下次参观多留半小时", reply="感谢建议，下次改进")
    await actions.answer_feedback(guest.id, heard.feedback[-1].id, said, act)
    await actions.file_away(guest.id, NewReceptionFiling(summary="来宾关注展厅，下次参观多留半小时"), act)
