"""What departments see: their own orders and tasks, and those of receptions whose guest is theirs to see."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.web.paging import Cursor
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import ALL_UNITS, fetch, fetch_one

from .editions import ACKNOWLEDGEMENT, DONE
from .requests import TaskReport
from .sealing import NoticeContent, opened

TaskState = Literal["open", "reported", "withdrawn"]

# $1: the caller's units, null for all. The reception's own wall decides whether it is theirs to see.
MINE = (
    "($1::uuid[] is null or o.org_unit_id = any ($1::uuid[]) or exists (select from reception r"
    " where r.tenant_id = o.tenant_id and r.id = o.reception_id))"
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
    """Which tasks: None does not filter. `overdue_at` asks for those open at that moment past their time."""

    reception_id: UUID | None = None
    department: str | None = None
    state: str | None = None
    overdue_at: datetime | None = None


_ORDER = (
    "select o.id, o.reception_id, o.number, o.edition, o.edition = (select max(n.edition) from reception_order n where"
    " n.tenant_id = o.tenant_id and n.reception_id = o.reception_id and n.department = o.department) as newest, o.kind,"
    " o.department, o.org_unit_id, o.protocol, o.channel, o.arrives_at, o.issued_at, t.due_at as acknowledge_by,"
    " t.breached_at, a.acknowledged_at, a.acknowledged_by_name, o.guest_id, o.sealed from reception_order o"
    f" left join timer t on t.tenant_id = o.tenant_id and t.subject_id = o.id and t.milestone = '{ACKNOWLEDGEMENT}'"
    " left join reception_acknowledgement a on a.tenant_id = o.tenant_id and a.order_id = o.id"
)
_TASK = (
    "select o.id, o.reception_id, o.number, o.department, o.org_unit_id, o.name, o.form, o.clause, o.state, o.asked_at,"
    " t.warn_at, t.due_at, t.breached_at, p.reported_at, p.reported_by_name, p.id as report_id, p.guest_id, p.sealed"
    f" from reception_task o join timer t on t.tenant_id = o.tenant_id and t.subject_id = o.id and t.milestone = '{DONE}'"
    " left join reception_task_report p on p.tenant_id = o.tenant_id and p.task_id = o.id"
)


async def orders(wanted: OrderFilter, *, by: Principal, after: Cursor | None, limit: int) -> list[OrderView]:
    """In the order of arrival, at most `limit`."""
    rows = await fetch(
        f"{_ORDER} where {MINE} and ($2::uuid is null or o.reception_id = $2)"
        " and ($3::text is null or o.department = $3)"
        " and ($4::boolean is null or (a.acknowledged_at is not null) = $4)"
        " and ($5::timestamptz is null or o.arrives_at >= $5) and ($6::timestamptz is null or o.arrives_at < $6)"
        " and ($7::timestamptz is null or (o.arrives_at, o.id) > ($7, $8::uuid))"
        " order by o.arrives_at, o.id limit $9",
        units_seen(by),
        wanted.reception_id,
        wanted.department,
        wanted.acknowledged,
        wanted.arrives_from,
        wanted.arrives_before,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), OrderView) for row in rows]


async def order(order_id: UUID, *, by: Principal) -> OrderForm:
    """The order with what it says. Raises NotFound, also for another department's."""
    row = await fetch_one(f"{_ORDER} where {MINE} and o.id = $2", units_seen(by), order_id)
    if row is None:
        raise NotFound(f"There is no reception order {order_id}")
    content = await opened(row, NoticeContent, guest_id=row["guest_id"], table="reception_order")
    return OrderForm(
        content=content, guest_id=row["guest_id"], **{name: row[name] for name in OrderView.__struct_fields__}
    )


async def tasks(wanted: TaskFilter, *, by: Principal, after: Cursor | None, limit: int) -> list[TaskView]:
    """In the order of their deadlines, at most `limit`."""
    rows = await fetch(
        f"{_TASK} where {MINE} and ($2::uuid is null or o.reception_id = $2)"
        " and ($3::text is null or o.department = $3) and ($4::text is null or o.state = $4)"
        " and ($5::timestamptz is null or (o.state = 'open' and t.due_at < $5))"
        " and ($6::timestamptz is null or (t.due_at, o.id) > ($6, $7::uuid)) order by t.due_at, o.id limit $8",
        units_seen(by),
        wanted.reception_id,
        wanted.department,
        wanted.state,
        wanted.overdue_at,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), TaskView) for row in rows]


async def task(task_id: UUID, *, by: Principal) -> TaskForm:
    """The task with its report. Raises NotFound, also for another department's."""
    row = await fetch_one(f"{_TASK} where {MINE} and o.id = $2", units_seen(by), task_id)
    if row is None:
        raise NotFound(f"There is no reception task {task_id}")
    found = None
    if row["report_id"] is not None:
        kept = await fetch_one("select id, sealed from reception_task_report where id = $1", row["report_id"])
        assert kept is not None
        found = await opened(kept, TaskReport, guest_id=row["guest_id"], table="reception_task_report")
    return TaskForm(guest_id=row["guest_id"], report=found, **{name: row[name] for name in TaskView.__struct_fields__})


def units_seen(by: Principal) -> list[UUID] | None:
    """The units whose orders are theirs to see; None for all."""
    return None if by.units == ALL_UNITS else list(by.units)  # type: ignore[arg-type]  # ALL_UNITS is the only text
