"""`/api/v1/receptions`: from the news of a visit to the filed material."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import Parameter

from guibin.audit.actions import AuditNote, record
from guibin.context import Company
from guibin.policy.packs import Policy
from guibin.records.requests import NewDisclosure
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import Principal, may

from . import applications, intake, materials, notices, pages, queries, visit
from .materials import DisclosedMaterial
from .queries import ReceptionFilter, ReceptionForm, ReceptionView, State
from .requests import (
    NewArrival,
    NewAssignment,
    NewEnquiry,
    NewEtiquetteCheck,
    NewFeedbackAnswer,
    NewMaterial,
    NewReception,
    NewReceptionApplication,
    NewReceptionCancellation,
    NewReceptionChange,
    NewReceptionConfirmation,
    NewReceptionFeedback,
    NewReceptionFiling,
    NewReceptionNotice,
    NewStage,
    Particulars,
    PlanContent,
)
from .standing import SUBJECT

READ, WRITE = may("receptions:read"), may("receptions:write")
InState = Annotated[State | None, Parameter(query="state", default=None)]
_HEADERS = {"Content-Security-Policy": pages.POLICY, "Cache-Control": "private, no-store"}


class ReceptionController(Controller):
    path = "/api/v1/receptions"
    tags = ("receptions",)

    @get("/", needs=READ, summary="Receptions in the order of arrival")
    async def list_receptions(
        self,
        by: Principal,
        now: datetime,
        in_state: InState = None,
        protocol: str | None = None,
        customer_id: UUID | None = None,
        host_id: UUID | None = None,
        number: str | None = None,
        arrives_from: datetime | None = None,
        arrives_before: datetime | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[ReceptionView]:
        wanted = ReceptionFilter(
            state=in_state,
            protocol=protocol,
            customer_id=customer_id,
            host_id=host_id,
            number=number,
            arrives_from=arrives_from,
            arrives_before=arrives_before,
        )
        found = await queries.listed(wanted, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda one: Cursor(one.arrives_at, one.id))
        customers = tuple({one.customer_id for one in page.items})
        note = AuditNote(action="reception.search", subject=SUBJECT, customer_ids=customers, shown=len(page.items))
        await record(note, by=by, now=now)
        return page

    @post("/", needs=WRITE, summary="Write down the news of a visit; the centre is told")
    async def receive(
        self, data: NewReception, policy: Policy, company: Company, by: Principal, now: datetime
    ) -> ReceptionForm:
        return await intake.receive(data, policy=policy, company=company, by=by, now=now)

    @get("/{reception_id:uuid}", needs=READ, summary="The whole file")
    async def show(self, reception_id: UUID, by: Principal, now: datetime) -> ReceptionForm:
        found = await queries.form(reception_id)
        note = AuditNote(
            action="reception.read",
            subject=SUBJECT,
            subject_id=reception_id,
            customer_id=found.customer_id,
            fields=("particulars", "plan"),
        )
        await record(note, by=by, now=now)
        return found

    @post("/{reception_id:uuid}/confirmation", needs=WRITE, summary="The centre has checked the news")
    async def confirm(
        self, reception_id: UUID, data: NewReceptionConfirmation, policy: Policy, by: Principal, now: datetime
    ) -> ReceptionForm:
        return await intake.confirm(reception_id, data, policy=policy, by=by, now=now)

    @post("/{reception_id:uuid}/enquiries", needs=WRITE, summary="The visiting party was asked")
    async def ask_party(
        self, reception_id: UUID, data: NewEnquiry, policy: Policy, by: Principal, now: datetime
    ) -> ReceptionForm:
        return await intake.ask_party(reception_id, data, policy=policy, by=by, now=now)

    @post("/{reception_id:uuid}/particulars", needs=WRITE, summary="Write up guest, itinerary and requirements")
    async def write_particulars(
        self, reception_id: UUID, data: Particulars, policy: Policy, by: Principal, now: datetime
    ) -> ReceptionForm:
        return await intake.write_particulars(reception_id, data, policy=policy, by=by, now=now)

    @post("/{reception_id:uuid}/applications", needs=WRITE, summary="Ask for a protocol, or for another one")
    async def apply_for(
        self,
        reception_id: UUID,
        data: NewReceptionApplication,
        policy: Policy,
        company: Company,
        by: Principal,
        now: datetime,
    ) -> ReceptionForm:
        return await applications.apply_for(reception_id, data, policy=policy, company=company, by=by, now=now)

    @post("/{reception_id:uuid}/plans", needs=WRITE, summary="Draft plan, standard and itinerary")
    async def plan(
        self, reception_id: UUID, data: PlanContent, policy: Policy, by: Principal, now: datetime
    ) -> ReceptionForm:
        return await applications.plan(reception_id, data, policy=policy, by=by, now=now)

    @post("/{reception_id:uuid}/assignments", needs=WRITE, summary="Who is with the guest")
    async def assign(
        self, reception_id: UUID, data: NewAssignment, policy: Policy, by: Principal, now: datetime
    ) -> ReceptionForm:
        return await intake.assign(reception_id, data, policy=policy, by=by, now=now)

    @post("/{reception_id:uuid}/notice", needs=WRITE, summary="Tell every department; their tasks begin")
    async def send(
        self, reception_id: UUID, data: NewReceptionNotice, policy: Policy, by: Principal, now: datetime
    ) -> ReceptionForm:
        return await notices.send(reception_id, data, policy=policy, by=by, now=now)

    @get(
        "/{reception_id:uuid}/notices/{notice_id:uuid}/page",
        needs=READ,
        summary="An edition of the notice as a page to be printed",
        media_type="text/html",
    )
    async def print_notice(
        self,
        reception_id: UUID,
        notice_id: UUID,
        policy: Policy,
        company: Company,
        by: Principal,
        language: str,
        now: datetime,
    ) -> Response[bytes]:
        found = await pages.edition(reception_id, notice_id)
        note = AuditNote(
            action="reception.print",
            subject=SUBJECT,
            subject_id=reception_id,
            customer_id=found.customer_id,
            fields=("particulars", "plan"),
        )
        await record(note, by=by, now=now)
        content = pages.page(found, policy, language=language, time_zone=company.time_zone)
        return Response(content, media_type="text/html", headers=_HEADERS)

    @post("/{reception_id:uuid}/changes", needs=WRITE, summary="Time or party changed")
    async def change(
        self, reception_id: UUID, data: NewReceptionChange, policy: Policy, by: Principal, now: datetime
    ) -> ReceptionForm:
        return await notices.change(reception_id, data, policy=policy, by=by, now=now)

    @post("/{reception_id:uuid}/cancellation", needs=WRITE, summary="The guest does not come")
    async def cancel(
        self, reception_id: UUID, data: NewReceptionCancellation, policy: Policy, by: Principal, now: datetime
    ) -> ReceptionForm:
        return await notices.cancel(reception_id, data, policy=policy, by=by, now=now)

    @post("/{reception_id:uuid}/arrival", needs=WRITE, summary="The guest is here, through the passage kept free")
    async def arrive(self, reception_id: UUID, data: NewArrival, by: Principal, now: datetime) -> ReceptionForm:
        return await visit.arrive(reception_id, data, by=by, now=now)

    @post("/{reception_id:uuid}/stages", needs=WRITE, summary="The next stage took place: meet, tour, send-off")
    async def take_stage(self, reception_id: UUID, data: NewStage, by: Principal, now: datetime) -> ReceptionForm:
        return await visit.take_stage(reception_id, data, by=by, now=now)

    @post("/{reception_id:uuid}/etiquette-checks", needs=WRITE, summary="Whether an item of etiquette was kept")
    async def check_etiquette(
        self, reception_id: UUID, data: NewEtiquetteCheck, by: Principal, now: datetime
    ) -> ReceptionForm:
        return await visit.check_etiquette(reception_id, data, by=by, now=now)

    @post("/{reception_id:uuid}/feedback", needs=WRITE, summary="What the guest said")
    async def collect_feedback(
        self, reception_id: UUID, data: NewReceptionFeedback, by: Principal, now: datetime
    ) -> ReceptionForm:
        return await visit.collect_feedback(reception_id, data, by=by, now=now)

    @post(
        "/{reception_id:uuid}/feedback/{feedback_id:uuid}/answer",
        needs=WRITE,
        summary="What was done about it and what the guest was told",
    )
    async def answer_feedback(
        self, reception_id: UUID, feedback_id: UUID, data: NewFeedbackAnswer, by: Principal, now: datetime
    ) -> ReceptionForm:
        return await visit.answer_feedback(reception_id, feedback_id, data, by=by, now=now)

    @post("/{reception_id:uuid}/materials", needs=WRITE, summary="Keep a photograph or document with it")
    async def add_material(self, reception_id: UUID, data: NewMaterial, by: Principal, now: datetime) -> ReceptionForm:
        return await materials.add(reception_id, data, by=by, now=now)

    @post(
        "/{reception_id:uuid}/materials/{material_id:uuid}/disclosures",
        needs=READ & may("customers:disclose"),
        summary="Show a file, with the purpose on record",
    )
    async def disclose_material(
        self, reception_id: UUID, material_id: UUID, data: NewDisclosure, by: Principal, now: datetime
    ) -> DisclosedMaterial:
        return await materials.disclose(reception_id, material_id, data, by=by, now=now)

    @post("/{reception_id:uuid}/filing", needs=WRITE, summary="The material is complete: read-only from now on")
    async def file_away(
        self, reception_id: UUID, data: NewReceptionFiling, by: Principal, now: datetime
    ) -> ReceptionForm:
        return await visit.file_away(reception_id, data, by=by, now=now)
