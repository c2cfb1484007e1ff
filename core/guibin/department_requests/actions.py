"""Asking a department, its acknowledgement and answer, handing back with a reason, sending again (S07-21)."""

from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin import events
from guibin.audit.actions import done
from guibin.cases import Case
from guibin.cases.numbers import Numbering, add_numbered
from guibin.cases.requests import Because, NewText, NewWord
from guibin.cases.subjects import customer_of
from guibin.context import Act
from guibin.events import DepartmentRequestMoved
from guibin.notices.actions import Notice, notify
from guibin.policy.deadlines import Hours
from guibin.policy.departments import DepartmentTask
from guibin.policy.terms import Terms
from guibin.profiles.subjects import Actor, refuse_unless_kept
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin.tiers.queries import tiers_of
from guibin.web.listing import placed
from guibin_tenants import org_units
from guibin_tenants.keys import hands_of, ids_of
from guibin_tenants.principals import Principal
from guibin_tenants.receivers import colleague
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.rows import add, change, given, missing, row_of
from guibin_tenants.scope import fetch_one, fetch_value
from guibin_tenants.tables import new_id

from . import contacts
from .queries import ANSWER, MINE, DepartmentRequestForm, form, looking
from .refusals import AlreadyAcknowledged, NotToSendAgain, NotWithDepartment, OtherDepartments
from .requests import (
    Matter,
    NewDepartmentRequest,
    NewSending,
)
from .tables import DepartmentEvent, DepartmentMatter, DepartmentRequest

SUBJECT = "department_request"
WITH_DEPARTMENT = ("sent", "acknowledged")


class Asked(Struct, frozen=True):
    """What is asked, and who answers for it."""

    task: DepartmentTask
    owner: Actor


async def ask(new: NewDepartmentRequest, act: Act) -> DepartmentRequestForm:
    """Ask a department; its owner is told and both clocks start.

    Raises Invalid with every wrong field, NotFound for a customer or case not visible from here, ArchiveErased.
    """
    task = act.policy.department_task(new.task)
    owner, problems = await _owner(new.to_unit_id, new.owner_id, act.now)
    if task is None or task.upward:
        known = ", ".join(one.name for one in act.policy.department_tasks if not one.upward)
        problems.append(FieldError("task", "a task departments ask of each other", f"one of: {known}", new.task))
    if new.about is not None and new.customer_id is not None:
        problems.append(FieldError("customer_id", "empty where `about` names the case", value=str(new.customer_id)))
    if owner is None or task is None or problems:
        raise Invalid("The department was not asked", fields=tuple(problems))
    return await place(new, Asked(task, owner), act)


async def place(new: NewDepartmentRequest, asked: Asked, act: Act) -> DepartmentRequestForm:
    """Write the request for an owner who has been found. Raises NotFound, ArchiveErased."""
    task, owner = asked.task, asked.owner
    customer_id = await _customer(new.about, new.customer_id, act.by)
    request_id = new_id()
    await _write(request_id, new, task, owner, act)
    if new.about is not None or customer_id is not None:
        about = given(new.about) if new.about is not None else {"subject": "", "subject_id": None}
        await add(
            DepartmentMatter,
            request_id=request_id,
            customer_id=customer_id,
            subject=about["subject"],
            subject_id=about["subject_id"],
        )
    row = await _locked(request_id, act.by)
    await _event(row, "sent", "", act)
    tiers = await tiers_of(customer_id, on=act.today)
    own = task.terms(Hours(new.within_hours), clause=task.clause) if new.within_hours else None
    await _start(request_id, ANSWER, own or task.answer_terms(tiers), at=act.now)
    await _start(request_id, acknowledgement(1), task.acknowledgement_terms(tiers), at=act.now)
    await _tell(row, "department_asked", (owner.id,), now=act.now)
    await _audit("ask", request_id, customer_id, act)
    return await form(request_id, by=act.by)


async def acknowledge(request_id: UUID, new: NewWord, act: Act) -> DepartmentRequestForm:
    """The department takes it up. Raises NotFound, OtherDepartments, NotWithDepartment, AlreadyAcknowledged."""
    row = await _for_department(request_id, act)
    if row["state"] == "acknowledged":
        raise AlreadyAcknowledged(f"{row['number']} was acknowledged already")
    await _event(row, "acknowledged", new.text, act)
    return await _shown(row, "acknowledge", act)


async def answer(request_id: UUID, new: NewText, act: Act) -> DepartmentRequestForm:
    """The department has done it. Raises NotFound, OtherDepartments, NotWithDepartment."""
    row = await _for_department(request_id, act)
    await _event(row, "answered", new.text, act)
    await sla.complete_if_any(request_id, ANSWER, at=act.now, now=act.now)
    await _tell(row, "department_answered", (row["asked_by"],), now=act.now)
    return await _shown(row, "answer", act)


async def hand_back(request_id: UUID, new: Because, act: Act) -> DepartmentRequestForm:
    """It is not this department's, and why. The time to answer runs on: handing back gains nothing (S07-21).

    Raises NotFound, OtherDepartments, NotWithDepartment.
    """
    row = await _for_department(request_id, act)
    await _event(row, "returned", new.reason, act)
    await _tell(row, "department_returned", (row["asked_by"],), now=act.now)
    return await _shown(row, "return", act)


async def send_again(request_id: UUID, new: NewSending, act: Act) -> DepartmentRequestForm:
    """To the same department or another, after it came back or was not answered well enough; the clock runs on.

    Raises NotFound, OtherDepartments, NotToSendAgain, Invalid.
    """
    row = await _for_asker(request_id, act)
    if row["state"] not in ("returned", "answered"):
        raise NotToSendAgain(f"{row['number']} is {row['state']}")
    to_unit_id = new.to_unit_id or row["to_unit_id"]
    same = to_unit_id == row["to_unit_id"]
    owner, problems = await _owner(to_unit_id, new.owner_id or (row["owner_id"] if same else None), act.now)
    if owner is None:
        raise Invalid("The request was not sent again", fields=tuple(problems))
    await _charge(row, owner, to_unit_id)
    answered = row["state"] == "answered"
    row = await _locked(request_id, act.by)
    await _event(row, "sent", new.reason, act)
    if answered:
        await sla.reopen(request_id, ANSWER, act)
    task = act.policy.department_task(row["task"])
    if task is not None:
        await _await_acknowledgement(row, task, act)
    await _tell(row, "department_asked", (owner.id,), now=act.now)
    return await _shown(row, "send_again", act)


async def withdraw(request_id: UUID, new: Because, act: Act) -> DepartmentRequestForm:
    """It is no longer needed. Raises NotFound, OtherDepartments, NotWithDepartment once answered or withdrawn."""
    row = await _for_asker(request_id, act)
    if row["state"] in ("answered", "withdrawn"):
        raise NotWithDepartment(f"{row['number']} is {row['state']}")
    await _event(row, "withdrawn", new.reason, act)
    await sla.cancel(request_id, ANSWER, now=act.now)
    await _tell(row, "department_withdrawn", (row["owner_id"],), now=act.now)
    return await _shown(row, "withdraw", act)


async def owned(request_id: UUID, act: Act) -> asyncpg.Record:
    """The request, locked, for those who answer it. Raises NotFound, OtherDepartments, NotWithDepartment."""
    return await _for_department(request_id, act)


async def pass_to(row: asyncpg.Record, asked: Asked, act: Act, *, unit_id: UUID, reason: str) -> DepartmentRequestForm:
    """Somebody else answers for it from now on; the clock runs on."""
    await _charge(row, asked.owner, unit_id)
    await sla.complete_if_any(row["id"], acknowledgement(row["round"]), at=act.now, now=act.now)
    moved = await row_of(DepartmentRequest, row["id"], "select * from department_request where id = $1")
    await _event(moved, "sent", reason, act)
    await _await_acknowledgement(moved, asked.task, act)
    await _tell(moved, "department_asked", (asked.owner.id,), now=act.now)
    return await _shown(moved, "pass", act)


async def _charge(row: asyncpg.Record, owner: Actor, unit_id: UUID) -> None:
    """From now on this owner in this department answers for it: another round."""
    await change(
        DepartmentRequest,
        row["id"],
        to_unit_id=unit_id,
        owner_id=owner.id,
        owner_name=owner.name,
        round=row["round"] + 1,
    )


async def _owner(unit_id: UUID, owner_id: UUID | None, now: datetime) -> tuple[Actor | None, list[FieldError]]:
    """The one named, if at work in the department; else its contact (S07-30); else its manager."""
    if unit_id not in {unit.id for unit in await org_units.standing_units()}:
        return None, [FieldError("to_unit_id", "one of the company's org units", value=str(unit_id))]
    if owner_id is None and (contact := await contacts.acting(unit_id, now)) is not None:
        found = await colleague(contact)
        return Actor(found.id, found.name), []
    units = await org_units.visible_from(unit_id)
    inside = None if isinstance(units, str) else list(units)
    row = await fetch_one(
        "select id, name from staff where left_at is null and ($1::uuid is null or id = $1)"
        " and ($1::uuid is not null or 'manager' = any (roles))"
        " and ($2::uuid[] is null or org_unit_id = any ($2::uuid[]))"
        " order by org_unit_id is distinct from $3, created_at, id limit 1",
        owner_id,
        inside,
        unit_id,
    )
    if row is not None:
        return Actor(row["id"], row["name"]), []
    fix = "name somebody who works there" if owner_id else "the department has no manager: name somebody"
    value = str(owner_id) if owner_id else None
    return None, [FieldError("owner_id", "a member of staff of the department asked", fix, value)]


async def _customer(about: Matter | None, customer_id: UUID | None, by: Principal) -> UUID | None:
    if about is not None:
        customer_id = await customer_of(about.subject, about.subject_id, by)
    if customer_id is not None:
        await refuse_unless_kept(customer_id)
    return customer_id


async def _write(request_id: UUID, new: NewDepartmentRequest, task: DepartmentTask, owner: Actor, act: Act) -> None:
    row = {
        "id": request_id,
        "task": task.name,
        "text": new.text,
        "from_unit_id": act.by.org_unit_id,
        "to_unit_id": new.to_unit_id,
        "owner_id": owner.id,
        "owner_name": owner.name,
        "upward": task.upward != "",
        "clause": task.clause,
        "policy_version": act.policy.version,
        "version": 0,
    }
    await add_numbered(DepartmentRequest, act, Numbering("D", act.now, act.company.time_zone), row)


async def _start(request_id: UUID, milestone: str, terms: Terms, *, at: datetime) -> None:
    await sla.start(NewTimer(Case(SUBJECT, request_id), milestone, terms, at))


async def _await_acknowledgement(row: asyncpg.Record, task: DepartmentTask, act: Act) -> None:
    """Of another round, for a customer whom whoever sends it sees as soon as their tier says (S07-5)."""
    customer_id = await fetch_value("select customer_id from department_matter where request_id = $1", row["id"])
    terms = task.acknowledgement_terms(await tiers_of(customer_id, on=act.today))
    await _start(row["id"], acknowledgement(row["round"]), terms, at=act.now)


def acknowledgement(round_: int) -> str:
    """The clock of a round's acknowledgement."""
    return f"acknowledgement:{round_}"


async def _event(row: asyncpg.Record, kind: str, text: str, act: Act) -> None:
    """Write down what happened; whatever ends the wait for an acknowledgement ends its clock."""
    await add(
        DepartmentEvent,
        act,
        request_id=row["id"],
        round=row["round"],
        kind=kind,
        text=text,
        to_unit_id=row["to_unit_id"],
        owner_name=row["owner_name"],
    )
    await change(DepartmentRequest, row["id"], state=kind)
    await events.happen(DepartmentRequestMoved(row["id"], row["task"], kind), act)
    if kind == "withdrawn":
        await sla.cancel(row["id"], acknowledgement(row["round"]), now=act.now)
    elif kind != "sent":
        await sla.complete_if_any(row["id"], acknowledgement(row["round"]), at=act.now, now=act.now)


async def _locked(request_id: UUID, by: Principal) -> asyncpg.Record:
    statement, places = placed(
        f"select x.* from department_request x where {MINE} and x.id = $id for update", looking(by) | {"id": request_id}
    )
    row = await fetch_one(statement, *places)
    if row is None:
        raise missing(DepartmentRequest, request_id)
    return row


async def _for_department(request_id: UUID, act: Act) -> asyncpg.Record:
    row = await _locked(request_id, act.by)
    covered = act.by.covers(row["to_unit_id"])
    own, hands = await ids_of(act.by), await hands_of(act.by, now=act.now)
    if row["owner_id"] not in own and (row["asked_by"] in hands or not covered):
        raise OtherDepartments("Only the department asked answers for itself")
    if row["state"] not in WITH_DEPARTMENT:
        raise NotWithDepartment(f"{row['number']} is {row['state']}")
    return row


async def _for_asker(request_id: UUID, act: Act) -> asyncpg.Record:
    row = await _locked(request_id, act.by)
    covered = act.by.covers(row["from_unit_id"])
    own, hands = await ids_of(act.by), await hands_of(act.by, now=act.now)
    if row["asked_by"] not in own and (row["owner_id"] in hands or not covered):
        raise OtherDepartments("Only those who asked send it again or withdraw it")
    return row


async def _tell(row: asyncpg.Record, kind: str, staff_ids: tuple[UUID, ...], *, now: datetime) -> None:
    notice = Notice(kind, Case(SUBJECT, row["id"]), staff_ids=staff_ids, details={"number": row["number"]})
    await notify(notice, key=f"{kind}/{row['id']}/{row['round']}", now=now)


async def _shown(row: asyncpg.Record, action: str, act: Act) -> DepartmentRequestForm:
    customer_id = await fetch_value("select customer_id from department_matter where request_id = $1", row["id"])
    await _audit(action, row["id"], customer_id, act)
    return await form(row["id"], by=act.by)


async def _audit(action: str, request_id: UUID, customer_id: UUID | None, act: Act) -> None:
    await done(action, Case(SUBJECT, request_id, customer_id), act)
