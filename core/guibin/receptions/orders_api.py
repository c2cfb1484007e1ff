"""`/api/v1/reception-orders` and `/reception-tasks`: what a department is told, takes up and reports."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import Parameter

from guibin.context import Act
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import posts
from guibin_tenants.principals import Principal, may

from . import order_queries, orders
from .editions import ORDER, TASK
from .order_queries import OrderFilter, OrderForm, OrderView, TaskFilter, TaskForm, TaskState, TaskView

READ, WRITE = may("receptions:read"), may("receptions:write")
InState = Annotated[TaskState | None, Parameter(query="state", default=None)]


class ReceptionOrderController(Controller):
    path = "/api/v1/reception-orders"
    tags = ("receptions",)

    @get("/", needs=READ, summary="Your departments' orders in the order of arrival; who comes is in the order")
    async def list_orders(
        self,
        by: Principal,
        reception_id: UUID | None = None,
        department: str | None = None,
        acknowledged: bool | None = None,
        arrives_from: datetime | None = None,
        arrives_before: datetime | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[OrderView]:
        wanted = OrderFilter(
            reception_id=reception_id,
            department=department,
            acknowledged=acknowledged,
            arrives_from=arrives_from,
            arrives_before=arrives_before,
        )
        found = await order_queries.orders(wanted, by=by, after=decode(cursor), limit=limit + 1)
        return page_of(found, limit, lambda one: Cursor(one.arrives_at, one.id))

    @get("/{order_id:uuid}", needs=READ, summary="The order with guest, plan and itinerary")
    async def show(self, order_id: UUID, act: Act) -> OrderForm:
        found = await order_queries.order(order_id, by=act.by)
        await orders.note("read", ORDER, order_id, found.guest_id, act)
        return found

    acknowledge = posts(
        "/{order_id:uuid}/acknowledgement", orders.acknowledge, needs=WRITE, summary="The department takes it up"
    )


class ReceptionTaskController(Controller):
    path = "/api/v1/reception-tasks"
    tags = ("receptions",)

    @get("/", needs=READ, summary="Your departments' tasks in the order of their deadlines")
    async def list_tasks(
        self,
        act: Act,
        in_state: InState = None,
        reception_id: UUID | None = None,
        department: str | None = None,
        overdue: bool = False,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[TaskView]:
        wanted = TaskFilter(
            reception_id=reception_id, department=department, state=in_state, overdue_at=act.now if overdue else None
        )
        found = await order_queries.tasks(wanted, by=act.by, after=decode(cursor), limit=limit + 1)
        return page_of(found, limit, lambda one: Cursor(one.due_at, one.id))

    @get("/{task_id:uuid}", needs=READ, summary="The task with its report")
    async def show(self, task_id: UUID, act: Act) -> TaskForm:
        found = await order_queries.task(task_id, by=act.by)
        await orders.note("read", TASK, task_id, found.guest_id, act)
        return found

    report = posts("/{task_id:uuid}/report", orders.report, needs=WRITE, summary="The task is done, its form filled in")
