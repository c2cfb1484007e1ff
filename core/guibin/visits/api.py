"""`/api/v1/visits`: planned, carried out, signed and filed."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, get
from litestar.params import Parameter

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, queries
from .queries import VisitFilter, VisitForm, VisitView
from .tables import Visit

READ, WRITE, DISCLOSE = may("records:read"), may("records:write"), may("customers:disclose")
State = Annotated[
    Literal["planned", "carried_out", "filed", "cancelled"] | None, Parameter(query="state", default=None)
]


class VisitController(Controller):
    path = "/api/v1/visits"
    tags = ("visits",)

    @get("/", needs=READ, summary="Visits, the latest first; overdue ones with overdue=true")
    async def list_visits(
        self,
        act: Act,
        customer_id: UUID | None = None,
        staff_id: UUID | None = None,
        in_state: State = None,
        overdue: bool | None = None,
        planned_from: datetime | None = None,
        planned_before: datetime | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[VisitView]:
        wanted = VisitFilter(
            customer_id=customer_id,
            staff_id=staff_id,
            state=in_state,
            overdue=overdue,
            planned_from=planned_from,
            planned_before=planned_before,
        )
        found = await queries.visits(wanted, now=act.now, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda visit: Cursor(visit.planned_at, visit.id))
        customers = tuple({visit.customer_id for visit in page.items})
        note = AuditNote(action="visit.search", subject="visit", customer_ids=customers, shown=len(page.items))
        await record(note, act)
        return page

    plan = posts("/", actions.plan, needs=WRITE, summary="Plan a visit; it is due until the end of its day")

    @get("/{visit_id:uuid}", needs=READ, shows=Visit, summary="A visit with its detailed record")
    async def show(self, visit_id: UUID, act: Act) -> VisitForm:
        found = await queries.visit(visit_id, now=act.now)
        note = AuditNote(action="visit.read", subject="visit", subject_id=visit_id, customer_id=found.customer_id)
        await record(note, act)
        return found

    move = posts("/{visit_id:uuid}/changes", actions.move, needs=WRITE, summary="Give it another time, with a reason")
    cancel = posts(
        "/{visit_id:uuid}/cancellation", actions.cancel, needs=WRITE, summary="It does not take place, with a reason"
    )
    carry_out = posts(
        "/{visit_id:uuid}/record", actions.carry_out, needs=WRITE, summary="It took place: the detailed record"
    )
    sign = posts(
        "/{visit_id:uuid}/signature", actions.sign, needs=WRITE, summary="Keep the customer's signature, sealed"
    )
    disclose = posts(
        "/{visit_id:uuid}/signature/disclosures",
        actions.disclose_signature,
        needs=DISCLOSE,
        summary="Show the signature, on record",
    )
    file = posts(
        "/{visit_id:uuid}/filing",
        actions.file_visit,
        needs=WRITE,
        summary="File the material; a settled problem needs the signature",
    )
