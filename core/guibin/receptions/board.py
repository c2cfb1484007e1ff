"""The coming receptions by department and task: what was acknowledged, prepared, is late, and what the newest edition changed (S14-3)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import noted
from guibin.cases.followed import FOLLOWED, Followed
from guibin.context import Act
from guibin_tenants.principals import may

from .editions import ORDER, TASK
from .orders import ORDERS, TASKS, OrderView, TaskView
from .tables import ReceptionOrder, ReceptionTask

# Arrivals so long ago are still prepared for, and so far ahead are coming.
AGO, AHEAD = timedelta(hours=12), timedelta(days=7)


class _Order(OrderView, frozen=True, kw_only=True):
    arrived_before: datetime | None
    protocol_before: str | None
    party_before: int | None
    party: int | None
    reason: str | None
    state: str | None


class Changed(Struct, frozen=True, kw_only=True):
    """What the newest edition says otherwise than the one before; the party and the reason for who sees the reception."""

    arrives_before: datetime | None
    protocol_before: str
    party_before: int | None
    party: int | None
    reason: str


class DepartmentLine(Struct, frozen=True, kw_only=True):
    """What one department has of a reception: its newest order, its tasks. `late` are its acknowledgement and tasks past their time;
    it is `off` where it is not needed any more."""

    department: str
    org_unit_id: UUID | None
    order_id: UUID
    off: bool
    acknowledge_by: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by_name: str | None
    tasks: list[TaskView]
    late: int


class BoardLine(Struct, frozen=True, kw_only=True):
    """One reception. `state` is None for a department that does not see its file."""

    reception_id: UUID
    number: str
    protocol: str
    state: str | None
    edition: int
    arrives_at: datetime
    issued_at: datetime
    changed: Changed | None
    departments: list[DepartmentLine]
    unacknowledged: int
    open_tasks: int
    late: int


_SAID = "(select {0} from reception_{1} n where n.tenant_id = x.tenant_id and n.reception_id = x.reception_id and {2})"
_BEFORE = (
    "(select {0} from reception_order b where b.tenant_id = x.tenant_id and b.reception_id = x.reception_id"
    " and b.department = x.department and b.edition < x.edition order by b.edition desc limit 1)"
)
# A change is written at the moment at which its edition goes out.
_WITH_IT = "n.changed_at = x.issued_at order by n.id desc limit 1"
_ORDERS = ORDERS.wider(
    _Order,
    arrived_before=_BEFORE.format("b.arrives_at"),
    protocol_before=_BEFORE.format("b.protocol"),
    party_before=_SAID.format("n.party_from", "change", _WITH_IT),
    party=_SAID.format("n.party_to", "change", _WITH_IT),
    reason=_SAID.format("n.reason", "notice", "n.edition = x.edition"),
    state="(select r.state from reception r where r.tenant_id = x.tenant_id and r.id = x.reception_id)",
)


async def board(act: Act) -> list[BoardLine]:
    """In the order of arrival, as far as the reader sees: a department its own part. That it was read is on record."""
    values = {"units": act.by.units_seen}
    coming = await _ORDERS.where(
        "x.arrives_at >= $since and x.arrives_at < $until",
        order="x.arrives_at, x.id",
        since=act.now - AGO,
        until=act.now + AHEAD,
        **values,
    )
    newest = [each for each in coming if each.newest and each.state not in ("filed", "cancelled")]
    tasks = await TASKS.where(
        "x.reception_id = any ($of) and x.state <> 'withdrawn'",
        order="t.due_at, x.id",
        of=list({each.reception_id for each in newest}),
        **values,
    )
    await noted("reception.board", act, subject="reception", shown=len(newest))
    by_number = groupby(sorted(newest, key=lambda each: each.number), lambda each: each.number)
    lines = [_line(list(orders), tasks, act.now) for _, orders in by_number]
    return sorted(lines, key=lambda line: (line.arrives_at, line.number))


def _line(orders: Sequence[_Order], tasks: Sequence[TaskView], now: datetime) -> BoardLine:
    edition = max(each.edition for each in orders)
    first = next(each for each in orders if each.edition == edition)
    departments = [
        _department(each, [task for task in tasks if _of(task, each)], now)
        for each in sorted(orders, key=lambda each: each.department)
        if each.edition == edition
    ]
    return BoardLine(
        **{
            name: getattr(first, name)
            for name in ("reception_id", "number", "protocol", "state", "arrives_at", "issued_at")
        },
        edition=edition,
        changed=_changed(orders, edition),
        departments=departments,
        unacknowledged=sum(not each.off and each.acknowledged_at is None for each in departments),
        open_tasks=sum(task.state == "open" for each in departments for task in each.tasks),
        late=sum(each.late for each in departments),
    )


def _of(task: TaskView, order: _Order) -> bool:
    return (task.reception_id, task.department) == (order.reception_id, order.department)


def _department(order: _Order, tasks: list[TaskView], now: datetime) -> DepartmentLine:
    off = order.kind == "cancellation"
    waits = not off and order.acknowledged_at is None and order.acknowledge_by is not None
    return DepartmentLine(
        **{name: getattr(order, name) for name in ("department", "org_unit_id", "acknowledge_by", "acknowledged_at")},
        acknowledged_by_name=order.acknowledged_by_name,
        order_id=order.id,
        off=off,
        tasks=tasks,
        late=sum(task.state == "open" and task.due_at < now for task in tasks)
        + (waits and order.acknowledge_by is not None and order.acknowledge_by < now),
    )


def _changed(orders: Sequence[_Order], edition: int) -> Changed | None:
    """Nothing for the first edition, and for departments that had none before."""
    known = next((each for each in orders if each.edition == edition and each.protocol_before is not None), None)
    if known is None:
        return None
    moved = known.arrived_before if known.arrived_before != known.arrives_at else None
    grew = known.party_before is not None and known.party_before != known.party
    return Changed(
        arrives_before=moved,
        protocol_before=(known.protocol_before or "") if known.protocol_before != known.protocol else "",
        party_before=known.party_before if grew else None,
        party=known.party if grew else None,
        reason=known.reason or "",
    )


FOLLOWED.give(ORDER, Followed(may("receptions:read"), ReceptionOrder))
FOLLOWED.give(TASK, Followed(may("receptions:read"), ReceptionTask))
