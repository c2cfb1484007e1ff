"""Carrying commands out: as whoever is answerable, inside their walls, undone when refused, told as data."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct, structs

from guibin.approvals import actions as approvals
from guibin.cases import Case
from guibin.complaints import actions as complaints
from guibin.complaints.requests import NewLevel, NewNote
from guibin.context import Act
from guibin.department_requests import actions as departments
from guibin.department_requests.requests import Matter, NewDepartmentRequest
from guibin.jobs.kinds import Run
from guibin.messages.posting import NewMessage, means_for, post
from guibin.messages.queries import means_in_use
from guibin.messages.subjects import SUBJECTS, Settled, Subject, Values
from guibin.notices.actions import TOLD_BY_RULE, Notice, notify
from guibin.policy.commands import (
    AddNote,
    AskApproval,
    AskDepartment,
    CallWebhook,
    Command,
    Notify,
    OpenTask,
    Refuse,
    SendMessage,
    SetField,
    SetLevel,
    StartSurvey,
)
from guibin.policy.messages import TO_CUSTOMERS
from guibin.profiles import actions as profiles
from guibin.profiles.requests import CustomerChange
from guibin.profiles.subjects import refuse_unless_kept
from guibin.service_requests import actions as requests
from guibin.service_requests.requests import NewServiceNote
from guibin.surveys.inviting import invite
from guibin.tasks.actions import open_task
from guibin.tasks.requests import NewTask
from guibin.web.wording import Sentence
from guibin.webhooks import queries as webhooks
from guibin.webhooks.payloads import Message
from guibin.webhooks.writing import write as send
from guibin_tenants import org_units
from guibin_tenants.authentication import working
from guibin_tenants.principals import Predicate, may, require
from guibin_tenants.refusals import Refusal
from guibin_tenants.scope import ALL_UNITS, savepoint
from guibin_tenants.tables import new_id

from .refusals import NotAnswerable, NotForThis, RefusedByRule

TOLD = "told_customer"
SAID_MAX = 500


class Bidden(Struct, frozen=True):
    """What a command is about, and the occasion it is carried out at: the same one does nothing twice outside."""

    about: Case
    occasion: str


class CarriedOut(Struct, frozen=True, kw_only=True):
    """What became of a command: what it made, or what forbade it, by the problem's type and in words."""

    do: str
    outcome: Literal["done", "refused"]
    subject: str = ""
    subject_id: UUID | None = None
    refusal: str = ""
    said: Sentence = ""


async def answerable(staff_id: UUID, act: Act, *, called: str) -> Act:
    """As the member of staff who wrote it may act now, under the name of what they wrote. Raises NotAnswerable for somebody who
    left, or sees the company whole no more."""
    principal = await working(staff_id)
    if principal is None or principal.units != ALL_UNITS:
        raise NotAnswerable()
    return structs.replace(act, by=structs.replace(principal, name=f"{principal.name} · {called}"[:200]))


async def carry_out(command: Command, bidden: Bidden, act: Act) -> CarriedOut:
    """Do it in a savepoint: what refuses undoes this command alone and is told as data."""
    kind = type(command)
    name = str(kind.__struct_config__.tag)
    try:
        async with savepoint():
            require(act.by, NEEDS[kind])
            made = await _DOING[kind](command, bidden, act)
    except Refusal as refusal:
        said = "; ".join([refusal.detail, *(f"{each.field}: {each.rule}" for each in refusal.fields)])
        return CarriedOut(do=name, outcome="refused", refusal=refusal.kind, said=said[:SAID_MAX])
    return CarriedOut(do=name, outcome="done", subject=made.subject, subject_id=made.id)


async def _set_level(new: SetLevel, bidden: Bidden, act: Act) -> Case:
    _only(bidden.about, "complaint")
    await complaints.change_level(bidden.about.id, NewLevel(level=new.level, reason=new.because), act)
    return bidden.about


async def _ask_department(new: AskDepartment, bidden: Bidden, act: Act) -> Case:
    unit = await org_units.by_code(new.unit)
    if unit is None:
        raise NotForThis(f"There is no org unit {new.unit}")
    about = bidden.about
    matter = None
    if about.subject in ("complaint", "service_request", "card_application", "card_request"):
        matter = Matter(subject=about.subject, subject_id=about.id)  # type: ignore[arg-type]  # one of these
    asked = NewDepartmentRequest(
        task=new.task,
        to_unit_id=unit.successor_id or unit.id,
        text=new.text,
        within_hours=new.within_hours,
        customer_id=None if matter else about.customer_id,
        about=matter,
    )
    return Case(departments.SUBJECT, (await departments.ask(asked, act)).id, about.customer_id)


async def _open_task(new: OpenTask, bidden: Bidden, act: Act) -> Case:
    asked = NewTask(text=new.text, role=new.role, within_hours=new.within_hours, about=bidden.about)
    return Case("task", (await open_task(asked, act)).id, bidden.about.customer_id)


async def _notify(new: Notify, bidden: Bidden, act: Act) -> Case:
    about = bidden.about
    if about.customer_id is not None:
        await refuse_unless_kept(about.customer_id)
    notice = Notice(TOLD_BY_RULE, about, roles=new.roles, details={"what": new.text, "who": act.by.name})
    await notify(notice, key=f"{TOLD_BY_RULE}/{bidden.occasion}", now=act.now)
    return about


async def _send_message(new: SendMessage, bidden: Bidden, act: Act) -> Case:
    customer_id = _whose(bidden.about)
    means = await means_for(customer_id, TO_CUSTOMERS, await means_in_use())
    if means is None:
        raise NotForThis("No message reaches the customer")
    message = NewMessage(
        occasion=f"{TOLD}/{bidden.occasion}",
        kind=new.message,
        means=means,
        subject=TOLD,
        subject_id=customer_id,
        customer_id=customer_id,
    )
    posted = await post(message, now=act.now)
    return Case("message", posted or customer_id, customer_id)


async def _ask_approval(new: AskApproval, bidden: Bidden, act: Act) -> Case:
    flow = act.policy.approval(new.flow)
    if flow is None:
        raise NotForThis(f"There is no approval flow {new.flow}")
    matter = Case("rule", new_id(), bidden.about.customer_id)
    return Case("approval", await approvals.ask(matter, act, flow=flow, note=new.note), bidden.about.customer_id)


async def _add_note(new: AddNote, bidden: Bidden, act: Act) -> Case:
    _only(bidden.about, "complaint", "service_request")
    if bidden.about.subject == "complaint":
        await complaints.note(bidden.about.id, NewNote(text=new.text), act)
    else:
        await requests.add_note(bidden.about.id, NewServiceNote(text=new.text), act)
    return bidden.about


async def _set_field(new: SetField, bidden: Bidden, act: Act) -> Case:
    customer_id = _whose(bidden.about)
    await profiles.change(customer_id, CustomerChange(fields={new.field: new.value}), act)
    return Case("customer", customer_id, customer_id)


async def _start_survey(new: StartSurvey, bidden: Bidden, act: Act) -> Case:
    customer_id = _whose(bidden.about)
    return Case("survey_round", await invite(new.survey, customer_id, act), customer_id)


async def _call_webhook(new: CallWebhook, bidden: Bidden, act: Act) -> Case:
    endpoint = await webhooks.endpoint(new.webhook_id)
    if endpoint.disabled_at is not None:
        raise NotForThis("The webhook is paused")
    about = bidden.about
    whose = str(about.customer_id) if about.customer_id else None
    told: dict[str, str | int | bool | None] = {"subject": about.subject, "subject_id": str(about.id)}
    await send(Message("rule_called", act.now, told | {"customer_id": whose}), [endpoint.id], now=act.now)
    return Case("webhook", endpoint.id)


async def _refuse(new: Refuse, bidden: Bidden, act: Act) -> Case:
    raise RefusedByRule(new.en if act.language == "en" else new.zh)


def _only(about: Case, *subjects: str) -> None:
    if about.subject not in subjects:
        raise NotForThis(f"It goes with {' or '.join(subjects)}, not with {about.subject}")


def _whose(about: Case) -> UUID:
    if about.customer_id is None:
        raise NotForThis("It is about no customer")
    return about.customer_id


async def _values(customer_id: UUID, run: Run) -> Values | None:
    return Values({})


async def _settled(settled: Settled, run: Run) -> None:
    return None


SUBJECTS.give(TOLD, Subject(_values, _settled))

Doing = Callable[[Any, Bidden, Act], Awaitable[Case]]
_DOING: dict[type, Doing] = {
    SetLevel: _set_level,
    AskDepartment: _ask_department,
    OpenTask: _open_task,
    Notify: _notify,
    SendMessage: _send_message,
    AskApproval: _ask_approval,
    AddNote: _add_note,
    SetField: _set_field,
    StartSurvey: _start_survey,
    CallWebhook: _call_webhook,
    Refuse: _refuse,
}
# What whoever is answerable must be allowed.
NEEDS: dict[type, Predicate] = {
    SetLevel: may("complaints:write"),
    AskDepartment: may("requests:write"),
    OpenTask: may("records:write"),
    Notify: may("records:write"),
    SendMessage: may("care:write"),
    AskApproval: may("approvals:read"),
    AddNote: may("records:write"),
    SetField: may("customers:write"),
    StartSurvey: may("surveys:write"),
    CallWebhook: may("webhooks:write"),
    Refuse: may("policy:write"),
}
