"""What a department does: takes up its order, reports its tasks."""

from uuid import UUID

import asyncpg

from guibin.audit.actions import done
from guibin.context import Act
from guibin.policy.forms import check_answers
from guibin.policy.packs import Policy
from guibin.profiles.refusals import ArchiveErased
from guibin.sla import actions as sla
from guibin.sla.milestones import Case
from guibin_tenants import org_units
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.rows import add, change, locked
from guibin_tenants.scope import ALL_UNITS, fetch_value, savepoint
from guibin_tenants.tables import new_id

from .editions import ACKNOWLEDGEMENT, DONE, ORDER, TASK
from .order_queries import ORDERS, TASKS, OrderForm, TaskForm, order, task
from .refusals import AlreadyDone, EditionReplaced, NotYourDepartment
from .requests import NewNoticeAcknowledgement, TaskReport
from .sealing import sealed
from .tables import ReceptionAcknowledgement, ReceptionTask, ReceptionTaskReport


async def acknowledge(order_id: UUID, new: NewNoticeAcknowledgement, act: Act) -> OrderForm:
    """The department takes the newest edition up. Raises NotFound, NotYourDepartment, EditionReplaced, AlreadyDone."""
    told = await ORDERS.one(order_id, units=act.by.units_seen)
    await _refuse_other_department(told.org_unit_id, act.by)
    if not told.newest:
        raise EditionReplaced(f"{told.number}: a newer edition than {told.edition} is to be acknowledged")
    # Two who take it up at the same moment meet at the unique key: orders are written once and never locked.
    try:
        async with savepoint():
            await add(ReceptionAcknowledgement, act, order_id=order_id, text=new.text)
    except asyncpg.UniqueViolationError:
        raise AlreadyDone(f"{told.number}: edition {told.edition} was acknowledged already") from None
    await sla.complete_if_any(order_id, ACKNOWLEDGEMENT, at=act.now, now=act.now)
    acknowledged = await order(order_id, by=act.by)
    await done("acknowledge", Case(ORDER, order_id, acknowledged.guest_id), act)
    return acknowledged


async def report(task_id: UUID, new: TaskReport, act: Act) -> TaskForm:
    """The task is done, its form filled in. Raises NotFound, NotYourDepartment, AlreadyDone, Invalid."""
    await TASKS.one(task_id, units=act.by.units_seen)
    row = await locked(ReceptionTask, task_id)
    await _refuse_other_department(row["org_unit_id"], act.by)
    if row["state"] != "open":
        raise AlreadyDone(f"The task {row['name']} of {row['number']} is {row['state']}")
    _refuse_wrong_form(new, row, act.policy)
    guest_id = await fetch_value(
        "select guest_id from reception_order where reception_id = $1 limit 1", row["reception_id"]
    )
    # The department does not see the archive: that its key is gone tells that it was erased.
    if not await fetch_value("select true from subject_key where subject_id = $1", guest_id):
        raise ArchiveErased(f"The guest of {row['number']} was erased: nothing new is recorded")
    row_id = new_id()
    await add(
        ReceptionTaskReport,
        act,
        id=row_id,
        task_id=task_id,
        guest_id=guest_id,
        sealed=await sealed(new, guest_id=guest_id, table="reception_task_report", row=row_id),
    )
    await change(ReceptionTask, task_id, state="reported")
    await sla.complete_if_any(task_id, DONE, at=act.now, now=act.now)
    await done("report", Case(TASK, task_id, guest_id), act)
    return await task(task_id, by=act.by)


def _refuse_wrong_form(new: TaskReport, row: asyncpg.Record, policy: Policy) -> None:
    sheet = policy.form(row["form"]) if row["form"] else None
    if sheet is None:
        problems = [FieldError("answers", "empty: the task has no form")] if new.answers else []
    else:
        problems = [FieldError(f"answers.{p.field}", p.rule, p.fix, p.value) for p in check_answers(sheet, new.answers)]
    if problems:
        raise Invalid("The task was not reported", fields=tuple(problems))


async def _refuse_other_department(unit_id: UUID | None, by: Principal) -> None:
    if by.is_system:
        return
    inside = await org_units.visible_from(unit_id)
    mine = by.units == ALL_UNITS if inside == ALL_UNITS else by.org_unit_id in inside
    if not mine:
        raise NotYourDepartment("Only the department itself acknowledges and reports")
