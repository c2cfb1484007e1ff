"""`/api/v1/contact-cadence`: whom to contact in this month or quarter, and whom nobody did."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, get
from litestar.params import Parameter

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.periods.days import local_day
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import may

from . import cadence
from .cadence import CadenceCount, CadenceFilter, ContactsDue

Day = Annotated[date | None, Parameter(query="on", default=None, description="A day of the spans; today without.")]
State = Annotated[Literal["due", "done", "missed", "waived"] | None, Parameter(query="state", default=None)]


class ContactCadenceController(Controller):
    path = "/api/v1/contact-cadence"
    tags = ("contact cadence",)

    @get("/", needs=may("records:read"), summary="Customers with the contacts due, done and missed in a span")
    async def list_contacts_due(
        self,
        act: Act,
        on_day: Day = None,
        in_state: State = None,
        account_manager_id: UUID | None = None,
        customer_id: UUID | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[ContactsDue]:
        wanted = CadenceFilter(state=in_state, account_manager_id=account_manager_id, customer_id=customer_id)
        found = await cadence.contacts_due(
            act.policy.cadences,
            wanted,
            on=on_day or local_day(act.now, act.company.time_zone),
            time_zone=act.company.time_zone,
            now=act.now,
            after=decode(cursor),
            limit=limit + 1,
        )
        page = page_of(found, limit, lambda one: Cursor(one.created_at, one.customer_id))
        shown = tuple(one.customer_id for one in page.items)
        note = AuditNote(action="contact_cadence.search", subject="customer", customer_ids=shown, shown=len(shown))
        await record(note, act)
        return page

    @get("/counts", needs=may("records:read"), summary="How the contacts stand, per account manager")
    async def count(self, act: Act, on_day: Day = None) -> list[CadenceCount]:
        day = on_day or local_day(act.now, act.company.time_zone)
        found = await cadence.cadence_counts(act.policy.cadences, on=day, time_zone=act.company.time_zone, now=act.now)
        note = AuditNote(action="contact_cadence.count", subject="customer", shown=len(found))
        await record(note, act)
        return found
