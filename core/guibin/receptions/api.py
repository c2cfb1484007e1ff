"""`/api/v1/receptions`: from the news of a visit to the filed material."""

from uuid import UUID

from litestar import Controller, Response, get

from guibin.audit.actions import AuditNote, record, searched
from guibin.context import Act
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, applications, intake, materials, notices, pages, queries
from .queries import LISTED, ReceptionFilter, ReceptionForm, ReceptionView
from .standing import SUBJECT
from .tables import Reception

READ, WRITE = may("receptions:read"), may("receptions:write")
_HEADERS = {"Content-Security-Policy": pages.POLICY, "Cache-Control": "private, no-store"}


class ReceptionController(Controller):
    path = "/api/v1/receptions"
    tags = ("receptions",)

    @get(
        "/",
        needs=READ,
        summary="Receptions in the order of arrival",
        dependencies={"filters": from_query(ReceptionFilter)},
    )
    async def list_receptions(self, filters: ReceptionFilter, page: PageAsked, act: Act) -> Page[ReceptionView]:
        return await searched("reception", await LISTED.page(filters, page, act), act)

    receive = posts("/", intake.receive, needs=WRITE, summary="Write down the news of a visit; the centre is told")

    @get("/{reception_id:uuid}", needs=READ, shows=Reception, summary="The whole file")
    async def show(self, reception_id: UUID, act: Act) -> ReceptionForm:
        form = await queries.form(reception_id)
        await _shown("read", form.id, form.customer_id, act)
        return form

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
    async def print_notice(self, reception_id: UUID, notice_id: UUID, act: Act) -> Response[bytes]:
        edition = await pages.edition(reception_id, notice_id)
        await _shown("print", reception_id, edition.customer_id, act)
        content = pages.page(edition, act.policy, language=act.language, time_zone=act.company.time_zone)
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


async def _shown(verb: str, reception_id: UUID, customer_id: UUID, act: Act) -> None:
    note = AuditNote(
        action=f"reception.{verb}",
        subject=SUBJECT,
        subject_id=reception_id,
        customer_id=customer_id,
        fields=("particulars", "plan"),
    )
    await record(note, act)
