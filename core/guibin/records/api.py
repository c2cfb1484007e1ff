"""`/api/v1/interactions`: every contact with a customer; `/contact-cadence`: whom to contact, and whom nobody did."""

from datetime import date
from typing import Annotated

from litestar import Controller, get
from litestar.params import Parameter

from guibin.audit.actions import noted, searched
from guibin.audit.answering import lists, reads
from guibin.cases.subjects import in_table
from guibin.context import Act
from guibin.files.api import files_of
from guibin.files.subjects import Holder
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, corrections, dues
from .dues import CadenceCount, CadenceFilter, ContactsDue
from .queries import FORM, LISTED, InteractionFilter
from .tables import Interaction

READ, WRITE, DISCLOSE = may("records:read"), may("records:write"), may("customers:disclose")
Day = Annotated[date | None, Parameter(query="on", default=None, description="A day of the spans; today without.")]


class InteractionController(Controller):
    path = "/api/v1/interactions"
    tags = ("interactions",)
    list_interactions = lists(
        "/",
        LISTED,
        InteractionFilter,
        "Contacts with customers, newest first; with customer_id one customer's history",
        recorded="interaction",
    )
    record_interaction = posts("/", actions.record_interaction, "Record a contact, or an attempt at one")
    show = reads("/{interaction_id:uuid}", FORM, "A contact with what was done about its need", "interaction")
    handle = posts("/{interaction_id:uuid}/handlings", actions.handle, "Say what was done about the need")
    correct = posts(
        "/{interaction_id:uuid}/corrections",
        corrections.correct_interaction,
        "Put right what was written, with the reason",
    )
    disclose = posts(
        "/{interaction_id:uuid}/disclosures",
        actions.disclose_number,
        "Show the telephone number, on record",
        needs=DISCLOSE,
    )


InteractionFiles = files_of(
    __name__,
    Holder(subject="interaction", whose=in_table(Interaction), reads=READ, writes=WRITE),
    "/api/v1/interactions/{interaction_id:uuid}",
    "interactions",
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
        due = await dues.contacts_due(filters, page, act, on=on_day or act.today)
        return await searched("contact_cadence", due, act, subject="customer")

    @get("/counts", needs=READ, summary="How the contacts stand, per account manager")
    async def count(self, act: Act, on_day: Day = None) -> list[CadenceCount]:
        day, zone = on_day or act.today, act.company.time_zone
        counts = await dues.cadence_counts(act.policy.cadences, on=day, time_zone=zone, now=act.now)
        await noted("contact_cadence.count", act, subject="customer", shown=len(counts))
        return counts
