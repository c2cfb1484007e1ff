"""`/api/v1/interactions`: every contact with a customer."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from litestar import Controller, get, post

from guibin.audit.actions import AuditNote, record
from guibin.policy.packs import Policy
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import Principal, may

from . import actions, corrections, queries
from .actions import DisclosedNumber
from .queries import InteractionFilter, InteractionForm, InteractionView
from .requests import InteractionCorrection, NewDisclosure, NewHandling, NewInteraction

READ, WRITE, DISCLOSE = may("records:read"), may("records:write"), may("customers:disclose")


class InteractionController(Controller):
    path = "/api/v1/interactions"
    tags = ("interactions",)

    @get("/", needs=READ, summary="Contacts with customers, newest first; with customer_id one customer's history")
    async def list_interactions(
        self,
        by: Principal,
        now: datetime,
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
        await record(note, by=by, now=now)
        return page

    @post("/", needs=WRITE, summary="Record a contact, or an attempt at one")
    async def record_interaction(
        self, data: NewInteraction, policy: Policy, by: Principal, now: datetime
    ) -> InteractionForm:
        return await actions.record_interaction(data, policy=policy, by=by, now=now)

    @get("/{interaction_id:uuid}", needs=READ, summary="A contact with what was done about its need")
    async def show(self, interaction_id: UUID, by: Principal, now: datetime) -> InteractionForm:
        found = await queries.interaction(interaction_id)
        note = AuditNote(
            action="interaction.read",
            subject="interaction",
            subject_id=interaction_id,
            customer_id=found.customer_id,
        )
        await record(note, by=by, now=now)
        return found

    @post("/{interaction_id:uuid}/handlings", needs=WRITE, summary="Say what was done about the need")
    async def handle(self, interaction_id: UUID, data: NewHandling, by: Principal, now: datetime) -> InteractionForm:
        return await actions.handle(interaction_id, data, by=by, now=now)

    @post("/{interaction_id:uuid}/corrections", needs=WRITE, summary="Put right what was written, with the reason")
    async def correct(
        self, interaction_id: UUID, data: InteractionCorrection, by: Principal, now: datetime
    ) -> InteractionForm:
        return await corrections.correct_interaction(interaction_id, data, by=by, now=now)

    @post("/{interaction_id:uuid}/disclosures", needs=DISCLOSE, summary="Show the telephone number, on record")
    async def disclose(
        self, interaction_id: UUID, data: NewDisclosure, by: Principal, now: datetime
    ) -> DisclosedNumber:
        return await actions.disclose_number(interaction_id, data, by=by, now=now)
