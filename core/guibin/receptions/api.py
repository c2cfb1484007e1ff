"""`/api/v1/receptions`: from the news of a visit to the filed material.

`/api/v1/reception-orders` and `/reception-tasks`: what a department is told, takes up and reports.
"""

from uuid import UUID

from litestar import Controller, Response, get

from guibin.audit.actions import noted
from guibin.audit.answering import lists, reads
from guibin.cases.subjects import in_table
from guibin.console.printing import POLICY
from guibin.context import Act
from guibin.files.api import files_of
from guibin.files.subjects import Holder, unless
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may

from . import actions, applications, board, intake, materials, orders, pages, queries
from .editions import ORDER, TASK
from .orders import ORDERS, TASKS, OrderFilter, TaskFilter
from .queries import LISTED, ReceptionFilter
from .standing import SUBJECT
from .tables import Reception

READ, WRITE = may("receptions:read"), may("receptions:write")
_HEADERS = {"Content-Security-Policy": POLICY, "Cache-Control": "private, no-store"}


class ReceptionController(Controller):
    path = "/api/v1/receptions"
    tags = ("receptions",)
    list_receptions = lists("/", LISTED, ReceptionFilter, "Receptions in the order of arrival", recorded="reception")
    receive = posts("/", intake.receive, "Write down the news of a visit; the centre is told")
    show = reads(
        "/{reception_id:uuid}", queries.form, "The whole file", SUBJECT, fields=("particulars", "plan"), shows=Reception
    )
    confirm = posts("/{reception_id:uuid}/confirmation", intake.confirm, "The centre has checked the news")
    ask_party = posts("/{reception_id:uuid}/enquiries", intake.ask_party, "The visiting party was asked")
    write_particulars = posts(
        "/{reception_id:uuid}/particulars", intake.write_particulars, "Write up guest, itinerary and requirements"
    )
    apply_for = posts(
        "/{reception_id:uuid}/applications", applications.apply_for, "Ask for a protocol, or for another one"
    )
    plan = posts("/{reception_id:uuid}/plans", applications.plan, "Draft plan, standard and itinerary")
    assign = posts("/{reception_id:uuid}/assignments", intake.assign, "Who is with the guest")
    send = posts("/{reception_id:uuid}/notice", actions.send, "Tell every department; their tasks begin")

    @get(
        "/{reception_id:uuid}/notices/{notice_id:uuid}/page",
        needs=READ,
        summary="An edition of the notice as a page to be printed",
        media_type="text/html",
    )
    async def print_notice(self, reception_id: UUID, notice_id: UUID, act: Act) -> Response[bytes]:
        edition = await pages.edition(reception_id, notice_id)
        await _shown("print", reception_id, edition.customer_id, act)
        content = pages.page(edition, act)
        return Response(content, media_type="text/html", headers=_HEADERS)

    change = posts("/{reception_id:uuid}/changes", actions.change, "Time or party changed")
    cancel = posts("/{reception_id:uuid}/cancellation", actions.cancel, "The guest does not come")
    arrive = posts("/{reception_id:uuid}/arrival", actions.arrive, "The guest is here, through the passage kept free")
    take_stage = posts(
        "/{reception_id:uuid}/stages", actions.take_stage, "The next stage took place: meet, tour, send-off"
    )
    check_etiquette = posts(
        "/{reception_id:uuid}/etiquette-checks", actions.check_etiquette, "Whether an item of etiquette was kept"
    )
    collect_feedback = posts("/{reception_id:uuid}/feedback", actions.collect_feedback, "What the guest said")
    answer_feedback = posts(
        "/{reception_id:uuid}/feedback/{feedback_id:uuid}/answer",
        actions.answer_feedback,
        "What was done about it and what the guest was told",
    )
    add_material = posts("/{reception_id:uuid}/materials", materials.add, "Keep a photograph or document with it")
    disclose_material = posts(
        "/{reception_id:uuid}/materials/{material_id:uuid}/disclosures",
        materials.disclose,
        "Show a file, with the purpose on record",
        needs=READ & may("customers:disclose"),
    )
    file_away = posts(
        "/{reception_id:uuid}/filing", actions.file_away, "The material is complete: read-only from now on"
    )


async def _shown(verb: str, reception_id: UUID, customer_id: UUID, act: Act) -> None:
    await noted(
        f"reception.{verb}",
        act,
        subject=SUBJECT,
        subject_id=reception_id,
        customer_id=customer_id,
        fields=("particulars", "plan"),
    )


ReceptionFiles = files_of(
    __name__,
    Holder(
        subject=SUBJECT,
        whose=in_table(Reception),
        reads=READ,
        writes=WRITE,
        admits=unless(Reception, "x.state in ('filed', 'cancelled')"),
    ),
    "/api/v1/receptions/{reception_id:uuid}",
    "receptions",
)


class ReceptionOrderController(Controller):
    path = "/api/v1/reception-orders"
    tags = ("receptions",)
    list_orders = lists(
        "/",
        ORDERS,
        OrderFilter,
        "Your departments' orders in the order of arrival; who comes is in the order",
        values=lambda act: {"units": act.by.units_seen},
    )
    show = reads("/{order_id:uuid}", orders.order, "The order with guest, plan and itinerary", ORDER, whose="guest_id")
    acknowledge = posts("/{order_id:uuid}/acknowledgement", orders.acknowledge, "The department takes it up")


class ReceptionBoardController(Controller):
    path = "/api/v1/reception-board"
    tags = ("receptions",)
    show_board = gets(
        "/",
        board.board,
        "The coming receptions by department and task, and what the newest edition changed",
        needs=READ,
    )


class ReceptionTaskController(Controller):
    path = "/api/v1/reception-tasks"
    tags = ("receptions",)
    list_tasks = lists(
        "/",
        TASKS,
        TaskFilter,
        "Your departments' tasks in the order of their deadlines",
        values=lambda act: {"units": act.by.units_seen},
    )
    show = reads("/{task_id:uuid}", orders.task, "The task with its report", TASK, whose="guest_id")
    report = posts("/{task_id:uuid}/report", orders.report, "The task is done, its form filled in")
