"""`/api/v1/visits`: planned, carried out, signed and filed."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import Parameter

from guibin.audit.actions import AuditNote, record
from guibin.policy.packs import Policy
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import Principal, may

from . import visit_queries, visits
from .requests import (
    NewCancellation,
    NewDisclosure,
    NewFiling,
    NewSignature,
    NewVisit,
    NewVisitRecord,
    NewVisitTime,
)
from .visit_queries import VisitFilter, VisitForm, VisitView
from .visits import DisclosedSignature

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
        by: Principal,
        now: datetime,
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
        found = await visit_queries.visits(wanted, now=now, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda visit: Cursor(visit.planned_at, visit.id))
        customers = tuple({visit.customer_id for visit in page.items})
        note = AuditNote(action="visit.search", subject="visit", customer_ids=customers, shown=len(page.items))
        await record(note, by=by, now=now)
        return page

    @post("/", needs=WRITE, summary="Plan a visit; it is due until the end of its day")
    async def plan(self, data: NewVisit, policy: Policy, by: Principal, now: datetime) -> VisitForm:
        return await visits.plan(data, policy=policy.visits, by=by, now=now)

    @get("/{visit_id:uuid}", needs=READ, summary="A visit with its detailed record")
    async def show(self, visit_id: UUID, by: Principal, now: datetime) -> VisitForm:
        found = await visit_queries.visit(visit_id, now=now)
        note = AuditNote(action="visit.read", subject="visit", subject_id=visit_id, customer_id=found.customer_id)
        await record(note, by=by, now=now)
        return found

    @post("/{visit_id:uuid}/changes", needs=WRITE, summary="Give it another time, with a reason")
    async def move(self, visit_id: UUID, data: NewVisitTime, by: Principal, now: datetime) -> VisitForm:
        return await visits.move(visit_id, data, by=by, now=now)

    @post("/{visit_id:uuid}/cancellation", needs=WRITE, summary="It does not take place, with a reason")
    async def cancel(self, visit_id: UUID, data: NewCancellation, by: Principal, now: datetime) -> VisitForm:
        return await visits.cancel(visit_id, data, by=by, now=now)

    @post("/{visit_id:uuid}/record", needs=WRITE, summary="It took place: the detailed record")
    async def carry_out(
        self, visit_id: UUID, data: NewVisitRecord, policy: Policy, by: Principal, now: datetime
    ) -> VisitForm:
        return await visits.carry_out(visit_id, data, policy=policy, by=by, now=now)

    @post("/{visit_id:uuid}/signature", needs=WRITE, summary="Keep the customer's signature, sealed")
    async def sign(self, visit_id: UUID, data: NewSignature, by: Principal, now: datetime) -> VisitForm:
        return await visits.sign(visit_id, data, by=by, now=now)

    @post("/{visit_id:uuid}/signature/disclosures", needs=DISCLOSE, summary="Show the signature, on record")
    async def disclose(self, visit_id: UUID, data: NewDisclosure, by: Principal, now: datetime) -> DisclosedSignature:
        return await visits.disclose_signature(visit_id, data, by=by, now=now)

    @post("/{visit_id:uuid}/filing", needs=WRITE, summary="File the material; a settled problem needs the signature")
    async def file(self, visit_id: UUID, data: NewFiling, policy: Policy, by: Principal, now: datetime) -> VisitForm:
        return await visits.file_visit(visit_id, data, policy=policy.visits, by=by, now=now)
