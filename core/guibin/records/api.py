"""`/api/v1/interactions`: every contact with a customer."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from litestar import Controller, get

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, corrections, queries
from .queries import InteractionFilter, InteractionForm, InteractionView

READ, WRITE, DISCLOSE = may("records:read"), may("records:write"), may("customers:disclose")


class InteractionController(Controller):
    path = "/api/v1/interactions"
    tags = ("interactions",)

    @get("/", needs=READ, summary="Contacts with customers, newest first; with customer_id one customer's history")
    async def list_interactions(
        self,
        act: Act,
        customer_id: UUID | None = None,
        channel: str | None = None,
        direction: Literal["in", "out"] | None = None,
        outcome: Literal["reached", "not_reached", "missed"] | None = None,
        handling_state: Literal["none", "open", "done"] | None = None,
        staff_id: UUID | None = None,
        happened_from: datetime | None = None,
        happened_before: datetime | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[InteractionView]:
        wanted = InteractionFilter(
            customer_id=customer_id,
            channel=channel,
            direction=direction,
            outcome=outcome,
            handling_state=handling_state,
            staff_id=staff_id,
            happened_from=happened_from,
            happened_before=happened_before,
        )
        found = await queries.interactions(wanted, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda contact: Cursor(contact.happened_at, contact.id))
        customers = tuple({contact.customer_id for contact in page.items})
        note = AuditNote(
            action="interaction.search", subject="interaction", customer_ids=customers, shown=len(page.items)
        )
        await record(note, act)
        return page

    record_interaction = posts(
        "/", actions.record_interaction, needs=WRITE, summary="Record a contact, or an attempt at one"
    )

    @get("/{interaction_id:uuid}", needs=READ, summary="A contact with what was done about its need")
    async def show(self, interaction_id: UUID, act: Act) -> InteractionForm:
        found = await queries.interaction(interaction_id)
        note = AuditNote(
            action="interaction.read",
            subject="interaction",
            subject_id=interaction_id,
            customer_id=found.customer_id,
        )
        await record(note, act)
        return found

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
