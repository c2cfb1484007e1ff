"""`/api/v1/visits`: planned, carried out, signed and filed."""

from uuid import UUID

from litestar import Controller, get

from guibin.audit.actions import done, searched
from guibin.context import Act
from guibin.sla.milestones import Case
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, queries
from .queries import LISTED, VisitFilter, VisitForm, VisitView
from .tables import Visit

READ, WRITE, DISCLOSE = may("records:read"), may("records:write"), may("customers:disclose")


class VisitController(Controller):
    path = "/api/v1/visits"
    tags = ("visits",)

    @get(
        "/",
        needs=READ,
        summary="Visits, the latest first; overdue ones with overdue=true",
        dependencies={"filters": from_query(VisitFilter)},
    )
    async def list_visits(self, filters: VisitFilter, page: PageAsked, act: Act) -> Page[VisitView]:
        return await searched("visit", await LISTED.page(filters, page, act), act)

    plan = posts("/", actions.plan, needs=WRITE, summary="Plan a visit; it is due until the end of its day")

    @get("/{visit_id:uuid}", needs=READ, shows=Visit, summary="A visit with its detailed record")
    async def show(self, visit_id: UUID, act: Act) -> VisitForm:
        visit = await queries.visit(visit_id, now=act.now)
        await done("read", Case("visit", visit_id, visit.customer_id), act)
        return visit

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
