"""A department's order as its people read it before they take it up: who comes when, what the visiting party asked for, the plan,
and what each department prepares (S11-6, S11-7)."""

from uuid import UUID

from litestar import Controller, Response, get

from guibin.audit.actions import done
from guibin.cases import Case
from guibin.console import answers
from guibin.console.moments import Deadline
from guibin.console.shell import PREFIX, Shell
from guibin_tenants.principals import may

from . import orders
from .editions import ORDER

READ, WRITE = may("receptions:read"), may("receptions:write")
PATH = f"{PREFIX}/receptions/orders"


class ReceptionOrderScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/{order_id:uuid}", needs=READ)
    async def show(self, order_id: UUID, shell: Shell) -> Response[str]:
        act = shell.act
        order = await orders.order(order_id, by=act.by)
        await done("read", Case(ORDER, order_id, order.guest_id), act)
        editions = await orders.ORDERS.where(
            "x.reception_id = $of and x.department = $department",
            order="x.edition desc",
            of=order.reception_id,
            department=order.department,
            units=act.by.units_seen,
        )
        tasks = await orders.TASKS.where(
            "x.reception_id = $of and x.state <> 'withdrawn'",
            order="t.due_at, x.id",
            of=order.reception_id,
            units=act.by.units_seen,
        )
        known = order.content.particulars if order.content else None
        return shell.page(
            "receptions/order.html",
            order=order,
            content=order.content,
            answers=answers.in_words(known.answers, shell) if known else [],
            editions=editions,
            tasks={(task.department, task.name): task for task in tasks},
            mine=WRITE(act.by) and await orders.answers_for(order.org_unit_id, act.by),
            due_of=lambda at, warn_at=None: shell.clock.due(Deadline(due_at=at, warn_at=warn_at)),
        )
