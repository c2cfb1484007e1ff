"""`/api/v1/receptions`: from the news of a visit to the filed material."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import Parameter

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, applications, intake, materials, notices, pages, queries
from .queries import ReceptionFilter, ReceptionForm, ReceptionView, State
from .standing import SUBJECT
from .tables import Reception

READ, WRITE = may("receptions:read"), may("receptions:write")
InState = Annotated[State | None, Parameter(query="state", default=None)]
_HEADERS = {"Content-Security-Policy": pages.POLICY, "Cache-Control": "private, no-store"}


class ReceptionController(Controller):
    path = "/api/v1/receptions"
    tags = ("receptions",)

    @get("/", needs=READ, summary="Receptions in the order of arrival")
    async def list_receptions(
        self,
        act: Act,
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
        await record(note, act)
        return page

    receive = posts("/", intake.receive, needs=WRITE, summary="Write down the news of a visit; the centre is told")

    @get("/{reception_id:uuid}", needs=READ, shows=Reception, summary="The whole file")
    async def show(self, reception_id: UUID, act: Act) -> ReceptionForm:
        found = await queries.form(reception_id)
        note = AuditNote(
            action="reception.read",
            subject=SUBJECT,
            subject_id=reception_id,
            customer_id=found.customer_id,
            fields=("particulars", "plan"),
        )
        await record(note, act)
        return found

    confirm = posts(
        "/{reception_id:uuid}/confirmation", intake.confirm, needs=WRITE, summary="The centre has checked the news"
    )
    ask_party = posts(
        "/{reception_id:uuid}/enquiries", intake.ask_party, needs=WRITE, summary="The visiting party was asked"
    )
    write_particulars = posts(
        "/{reception_id:uuid}/particulars",
        intake.write_particulars,
        needs=WRITE,
        summary="Write up guest, itinerary and requirements",
    )
    apply_for = posts(
        "/{reception_id:uuid}/applications",
        applications.apply_for,
        needs=WRITE,
        summary="Ask for a protocol, or for another one",
    )
    plan = posts(
        "/{reception_id:uuid}/plans", applications.plan, needs=WRITE, summary="Draft plan, standard and itinerary"
    )
    assign = posts("/{reception_id:uuid}/assignments", intake.assign, needs=WRITE, summary="Who is with the guest")
    send = posts(
        "/{reception_id:uuid}/notice", notices.send, needs=WRITE, summary="Tell every department; their tasks begin"
    )

    @get(
        "/{reception_id:uuid}/notices/{notice_id:uuid}/page",
        needs=READ,
        summary="An edition of the notice as a page to be printed",
        media_type="text/html",
    )
    async def print_notice(self, reception_id: UUID, notice_id: UUID, language: str, act: Act) -> Response[bytes]:
        found = await pages.edition(reception_id, notice_id)
        note = AuditNote(
            action="reception.print",
            subject=SUBJECT,
            subject_id=reception_id,
            customer_id=found.customer_id,
            fields=("particulars", "plan"),
        )
        await record(note, act)
        content = pages.page(found, act.policy, language=language, time_zone=act.company.time_zone)
        return Response(content, media_type="text/html", headers=_HEADERS)

    change = posts("/{reception_id:uuid}/changes", notices.change, needs=WRITE, summary="Time or party changed")
    cancel = posts("/{reception_id:uuid}/cancellation", notices.cancel, needs=WRITE, summary="The guest does not come")
    arrive = posts(
        "/{reception_id:uuid}/arrival",
        actions.arrive,
        needs=WRITE,
        summary="The guest is here, through the passage kept free",
    )
    take_stage = posts(
        "/{reception_id:uuid}/stages",
        actions.take_stage,
        needs=WRITE,
        summary="The next stage took place: meet, tour, send-off",
    )
    check_etiquette = posts(
        "/{reception_id:uuid}/etiquette-checks",
        actions.check_etiquette,
        needs=WRITE,
        summary="Whether an item of etiquette was kept",
    )
    collect_feedback = posts(
        "/{reception_id:uuid}/feedback", actions.collect_feedback, needs=WRITE, summary="What the guest said"
    )
    answer_feedback = posts(
        "/{reception_id:uuid}/feedback/{feedback_id:uuid}/answer",
        actions.answer_feedback,
        needs=WRITE,
        summary="What was done about it and what the guest was told",
    )
    add_material = posts(
        "/{reception_id:uuid}/materials", materials.add, needs=WRITE, summary="Keep a photograph or document with it"
    )
    disclose_material = posts(
        "/{reception_id:uuid}/materials/{material_id:uuid}/disclosures",
        materials.disclose,
        needs=READ & may("customers:disclose"),
        summary="Show a file, with the purpose on record",
    )
    file_away = posts(
        "/{reception_id:uuid}/filing",
        actions.file_away,
        needs=WRITE,
        summary="The material is complete: read-only from now on",
    )
