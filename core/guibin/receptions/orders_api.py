"""`/api/v1/reception-orders` and `/reception-tasks`: what a department is told, takes up and reports."""

from uuid import UUID

from litestar import Controller, get

from guibin.audit.actions import done
from guibin.context import Act
from guibin.sla.milestones import Case
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import order_queries, orders
from .editions import ORDER, TASK
from .order_queries import ORDERS, TASKS, OrderFilter, OrderForm, OrderView, TaskFilter, TaskForm, TaskView

READ, WRITE = may("receptions:read"), may("receptions:write")


class ReceptionOrderController(Controller):
    path = "/api/v1/reception-orders"
    tags = ("receptions",)

    @get(
        "/",
        needs=READ,
        summary="Your departments' orders in the order of arrival; who comes is in the order",
        dependencies={"filters": from_query(OrderFilter)},
    )
    async def list_orders(self, filters: OrderFilter, page: PageAsked, act: Act) -> Page[OrderView]:
        return await ORDERS.page(filters, page, act, units=act.by.units_seen)

    @get("/{order_id:uuid}", needs=READ, summary="The order with guest, plan and itinerary")
    async def show(self, order_id: UUID, act: Act) -> OrderForm:
        order = await order_queries.order(order_id, by=act.by)
        await done("read", Case(ORDER, order_id, order.guest_id), act)
        return order

    acknowledge = posts(
        "/{order_id:uuid}/acknowledgement", orders.acknowledge, needs=WRITE, summary="The department takes it up"
    )


class ReceptionTaskController(Controller):
    path = "/api/v1/reception-tasks"
    tags = ("receptions",)

    @get(
        "/",
        needs=READ,
        summary="Your departments' tasks in the order of their deadlines",
        dependencies={"filters": from_query(TaskFilter)},
    )
    async def list_tasks(self, filters: TaskFilter, page: PageAsked, act: Act) -> Page[TaskView]:
        return await TASKS.page(filters, page, act, units=act.by.units_seen)

    @get("/{task_id:uuid}", needs=READ, summary="The task with its report")
    async def show(self, task_id: UUID, act: Act) -> TaskForm:
        task = await order_queries.task(task_id, by=act.by)
        await done("read", Case(TASK, task_id, task.guest_id), act)
        return task

    report = posts("/{task_id:uuid}/report", orders.report, needs=WRITE, summary="The task is done, its form filled in")
