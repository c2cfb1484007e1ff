"""What departments see: their own orders and tasks, and those of receptions whose guest is theirs to see."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.sla.queries import timer_of
from guibin.web.listing import Listing, earliest_first
from guibin_tenants.principals import Principal
from guibin_tenants.rows import given
from guibin_tenants.scope import fetch_one

from .editions import ACKNOWLEDGEMENT, DONE, ORDER
from .requests import TaskReport
from .sealing import NoticeContent, opened

TaskState = Literal["open", "reported", "withdrawn"]

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


async def task(task_id: UUID, *, by: Principal) -> TaskForm:
    """The task with its report. Raises NotFound, also for another department's."""
    view = await TASKS.one(task_id, units=by.units_seen)
    row = await fetch_one("select id, guest_id, sealed from reception_task_report where task_id = $1", task_id)
    report = await opened(row, TaskReport, table="reception_task_report") if row else None
    return TaskForm(**given(view), guest_id=row["guest_id"] if row else None, report=report)
