"""`/api/v1/interactions`: every contact with a customer; `/contact-cadence`: whom to contact, and whom nobody did."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import Parameter

from guibin.audit.actions import AuditNote, done, record, searched
from guibin.context import Act
from guibin.periods.days import local_day
from guibin.sla.milestones import Case
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, cadence, corrections, queries
from .cadence import CadenceCount, CadenceFilter, ContactsDue
from .queries import LISTED, InteractionFilter, InteractionForm, InteractionView

READ, WRITE, DISCLOSE = may("records:read"), may("records:write"), may("customers:disclose")
Day = Annotated[date | None, Parameter(query="on", default=None, description="A day of the spans; today without.")]


class InteractionController(Controller):
    path = "/api/v1/interactions"
    tags = ("interactions",)

    @get(
        "/",
        needs=READ,
        summary="Contacts with customers, newest first; with customer_id one customer's history",
        dependencies={"filters": from_query(InteractionFilter)},
    )
    async def list_interactions(self, filters: InteractionFilter, page: PageAsked, act: Act) -> Page[InteractionView]:
        return await searched("interaction", await LISTED.page(filters, page, act), act)

    record_interaction = posts(
        "/", actions.record_interaction, needs=WRITE, summary="Record a contact, or an attempt at one"
    )

    @get("/{interaction_id:uuid}", needs=READ, summary="A contact with what was done about its need")
    async def show(self, interaction_id: UUID, act: Act) -> InteractionForm:
        contact = await queries.interaction(interaction_id)
        await done("read", Case("interaction", interaction_id, contact.customer_id), act)
        return contact

    handle = posts(
        "/{interaction_id:uuid}/handlings", actions.handle, needs=WRITE, summary="Say what was done about the need"
    )
    correct = posts(
        "/{interaction_id:uuid}/corrections",
        corrections.correct_interaction,
        needs=WRITE,
        summary="Put right what was written, with the reason",
    )
    disclose = posts(
        "/{interaction_id:uuid}/disclosures",
        actions.disclose_number,
        needs=DISCLOSE,
        summary="Show the telephone number, on record",
    )


class ContactCadenceController(Controller):
    path = "/api/v1/contact-cadence"
    tags = ("contact cadence",)

    @get(
        "/",
        needs=READ,
        summary="Customers with the contacts due, done and missed in a span",
        dependencies={"filters": from_query(CadenceFilter)},
    )
    async def list_contacts_due(
        self, filters: CadenceFilter, page: PageAsked, act: Act, on_day: Day = None
    ) -> Page[ContactsDue]:
        zone = act.company.time_zone
        customers = await cadence.contacts_due(
            act.policy.cadences,
            filters,
            cadence.AsOf(on_day or local_day(act.now, zone), zone, act.now),
            after=decode(page.cursor),
            limit=page.limit + 1,
        )
        due = page_of(customers, page.limit, lambda customer: Cursor(customer.created_at, customer.customer_id))
        return await searched("contact_cadence", due, act, subject="customer")

    @get("/counts", needs=READ, summary="How the contacts stand, per account manager")
    async def count(self, act: Act, on_day: Day = None) -> list[CadenceCount]:
        zone = act.company.time_zone
        day = on_day or local_day(act.now, zone)
        counts = await cadence.cadence_counts(act.policy.cadences, on=day, time_zone=zone, now=act.now)
        await record(AuditNote(action="contact_cadence.count", subject="customer", shown=len(counts)), act)
        return counts
