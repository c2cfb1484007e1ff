"""What a department sees and does: its orders and tasks, and those of receptions whose guest is its to see; takes up, reports."""

from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.amounts import refuse_below_nothing
from guibin.audit.actions import done
from guibin.cases import Case
from guibin.cases.checking import wrong_answers
from guibin.cases.requests import NewWord
from guibin.context import Act
from guibin.policy.packs import Policy
from guibin.profiles.refusals import ArchiveErased
from guibin.sla import actions as sla
from guibin.sla.queries import timer_of
from guibin.web.listing import Listing, earliest_first
from guibin_tenants import org_units
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import refuse
from guibin_tenants.rows import add, change, given, locked
from guibin_tenants.scope import ALL_UNITS, fetch, fetch_one, fetch_value, savepoint
from guibin_tenants.tables import new_id

from .editions import ACKNOWLEDGEMENT, DONE, ORDER, TASK
from .refusals import AlreadyDone, EditionReplaced, NotYourDepartment
from .requests import TaskReport
from .sealing import NoticeContent, opened, sealed
from .tables import ReceptionAcknowledgement, ReceptionTask, ReceptionTaskReport, TaskState

# `$units`: the caller's, null for all. The reception's own wall decides whether it is theirs to see.
_MINE = (
    "($units::uuid[] is null or x.org_unit_id = any ($units::uuid[]) or exists (select from reception r"
    " where r.tenant_id = x.tenant_id and r.id = x.reception_id))"
)


class OrderView(Struct, frozen=True, kw_only=True):
    """An edition for a department as lists show it: who comes is in the order itself."""

    id: UUID
    reception_id: UUID
    number: str
    edition: int
    newest: bool
    kind: str
    department: str
    org_unit_id: UUID | None
    protocol: str
    channel: str
    arrives_at: datetime
    issued_at: datetime
    acknowledge_by: datetime | None
    breached_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by_name: str | None


class OrderForm(OrderView, frozen=True, kw_only=True):
    """The order with what it says; `content` is None once the guest's archive is erased."""

    guest_id: UUID
    content: NoticeContent | None


class TaskView(Struct, frozen=True, kw_only=True):
    """A task with its deadline."""

    id: UUID
    reception_id: UUID
    number: str
    department: str
    org_unit_id: UUID | None
    name: str
    form: str
    clause: str
    state: TaskState
    asked_at: datetime
    warn_at: datetime
    due_at: datetime
    breached_at: datetime | None
    reported_at: datetime | None
    reported_by_name: str | None


class TaskForm(TaskView, frozen=True, kw_only=True):
    """The task with its report; None before it, and once the guest's archive is erased."""

    guest_id: UUID | None
    report: TaskReport | None


class OrderFilter(Struct, frozen=True, kw_only=True):
    """Which orders: None does not filter."""

    reception_id: UUID | None = None
    department: str | None = None
    acknowledged: bool | None = None
    arrives_from: datetime | None = None
    arrives_before: datetime | None = None


class TaskFilter(Struct, frozen=True, kw_only=True):
    """Which tasks: None does not filter. `overdue` are those open past their time."""

    state: TaskState | None = None
    reception_id: UUID | None = None
    department: str | None = None
    overdue: bool = False


ORDERS = Listing(
    view=OrderView,
    source=f"reception_order x left join {timer_of('x', ACKNOWLEDGEMENT)}"
    " left join reception_acknowledgement a on a.tenant_id = x.tenant_id and a.order_id = x.id",
    order=earliest_first("x.arrives_at"),
    columns={
        "newest": "x.edition = (select max(n.edition) from reception_order n where n.tenant_id = x.tenant_id"
        " and n.reception_id = x.reception_id and n.department = x.department)",
        "acknowledge_by": "t.due_at",
        "breached_at": "t.breached_at",
        "acknowledged_at": "a.acknowledged_at",
        "acknowledged_by_name": "a.acknowledged_by_name",
    },
    filters={
        "acknowledged": "(a.acknowledged_at is not null) = $value",
        "arrives_from": "x.arrives_at >= $value",
        "arrives_before": "x.arrives_at < $value",
    },
    holds=_MINE,
)
TASKS = Listing(
    view=TaskView,
    source=f"reception_task x join {timer_of('x', DONE)}"
    " left join reception_task_report p on p.tenant_id = x.tenant_id and p.task_id = x.id",
    order=earliest_first("t.due_at"),
    columns={
        "warn_at": "t.warn_at",
        "due_at": "t.due_at",
        "breached_at": "t.breached_at",
        "reported_at": "p.reported_at",
        "reported_by_name": "p.reported_by_name",
    },
    filters={"overdue": "x.state = 'open' and t.due_at < $now"},
    holds=_MINE,
)


async def order(order_id: UUID, *, by: Principal) -> OrderForm:
    """The order with what it says. Raises NotFound, also for another department's."""
    view = await ORDERS.one(order_id, units=by.units_seen)
    row = await fetch_one("select id, guest_id, sealed from reception_order where id = $1", order_id)
    assert row is not None, "its listing showed it"
    content = await opened(row, NoticeContent, table=ORDER)
    return OrderForm(**given(view), guest_id=row["guest_id"], content=content)


async def is_shown(order_id: UUID, act: Act) -> bool:
    """Whether the order is of a department of theirs."""
    return bool(await ORDERS.where("x.id = $of", order="x.id", of=order_id, units=act.by.units_seen))


async def task(task_id: UUID, *, by: Principal) -> TaskForm:
    """The task with its report. Raises NotFound, also for another department's."""
    view = await TASKS.one(task_id, units=by.units_seen)
    row = await fetch_one("select id, guest_id, sealed from reception_task_report where task_id = $1", task_id)
    report = await opened(row, TaskReport, table="reception_task_report") if row else None
    return TaskForm(**given(view), guest_id=row["guest_id"] if row else None, report=report)


async def acknowledge(order_id: UUID, new: NewWord, act: Act) -> OrderForm:
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
    refuse_below_nothing(new.cost, field="cost.amount")
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


async def reports_of(reception_id: UUID) -> dict[UUID, TaskReport]:
    """What departments reported of a reception, by task; nothing of it once the guest's archive is erased. The caller puts the
    look on record."""
    rows = await fetch(
        "select p.id, p.task_id, p.guest_id, p.sealed from reception_task_report p join reception_task x"
        " on x.tenant_id = p.tenant_id and x.id = p.task_id where x.reception_id = $1",
        reception_id,
    )
    found = {row["task_id"]: await opened(row, TaskReport, table="reception_task_report") for row in rows}
    return {task_id: told for task_id, told in found.items() if told is not None}


def _refuse_wrong_form(new: TaskReport, row: asyncpg.Record, policy: Policy) -> None:
    sheet = policy.form(row["form"]) if row["form"] else None
    refuse(wrong_answers(sheet, new.answers, "the task"), "The task was not reported")


async def answers_for(unit_id: UUID | None, by: Principal) -> bool:
    """Whether whoever asks belongs to this department, or is the company's own system."""
    if by.is_system:
        return True
    inside = await org_units.visible_from(unit_id)
    return by.units == ALL_UNITS if inside == ALL_UNITS else by.org_unit_id in inside


async def _refuse_other_department(unit_id: UUID | None, by: Principal) -> None:
    if not await answers_for(unit_id, by):
        raise NotYourDepartment("Only the department itself acknowledges and reports")
