"""`/api/v1/customers/{id}/identity-checks`, `/customers/{id}/e-cards`, `/card-applications`, `/cards`, `/proofs`."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import Parameter
from litestar.status_codes import HTTP_200_OK
from msgspec import Struct

from guibin.audit.actions import AuditNote, record
from guibin.context import Company
from guibin.policy.packs import Policy
from guibin.policy.words import CodeIfAny
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import Principal, may

from . import actions, applications, identity, numbers, proofs, queries
from .identity import IdentityCheckView
from .proofs import ECardView, ProofView
from .queries import CardApplicationView, CardFilter, CardForm, CardView, State, Waiting
from .requests import (
    CardPurpose,
    CardReason,
    NewCard,
    NewCardApplication,
    NewCardTelling,
    NewIdentityCheck,
    NewProof,
    NewReplacement,
)

InState = Annotated[State | None, Parameter(query="state", default=None)]
READ, ISSUE = may("cards:read"), may("cards:issue")
NumberText = Annotated[str | None, Parameter(default=None, max_length=40, description="A whole card number.")]


class NewECard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For which scheme, if the customer belongs to several."""

    scheme: CodeIfAny = ""


class DisclosedNumber(Struct, frozen=True):
    """A card's number in clear, this once."""

    id: UUID
    number: str


class HolderController(Controller):
    path = "/api/v1/customers/{customer_id:uuid}"
    tags = ("cards",)

    @post("/identity-checks", needs=ISSUE, summary="Compare an identity document with the archive")
    async def check(
        self, customer_id: UUID, data: NewIdentityCheck, policy: Policy, by: Principal, now: datetime
    ) -> IdentityCheckView:
        return await identity.check(customer_id, data, policy=policy, by=by, now=now)

    @post("/e-cards", needs=may("entitlements:read"), summary="A signed e-card for the next minutes")
    async def issue_e_card(
        self, customer_id: UUID, data: NewECard, policy: Policy, company: Company, by: Principal, now: datetime
    ) -> ECardView:
        return await proofs.issue_e_card(customer_id, data.scheme, policy=policy, company=company, by=by, now=now)


class CardApplicationController(Controller):
    path = "/api/v1/card-applications"
    tags = ("cards",)

    @post("/", needs=may("tiers:apply"), summary="Put a customer up for a card")
    async def apply(
        self, data: NewCardApplication, policy: Policy, company: Company, by: Principal, now: datetime
    ) -> CardApplicationView:
        return await applications.apply_for(data, policy=policy, company=company, by=by, now=now)

    @get("/", needs=READ, summary="Applications for cards, newest first")
    async def list_applications(
        self,
        by: Principal,
        now: datetime,
        customer_id: UUID | None = None,
        waiting: Waiting | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[CardApplicationView]:
        found = await queries.applications(customer_id, waiting, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda row: Cursor(row.applied_at, row.id))
        await _note("card_application.list", tuple(row.customer_id for row in page.items), by, now)
        return page

    @get("/{application_id:uuid}", needs=READ, summary="One application")
    async def show(self, application_id: UUID, by: Principal, now: datetime) -> CardApplicationView:
        found = await queries.application(application_id)
        await _note("card_application.read", (found.customer_id,), by, now)
        return found

    @post("/{application_id:uuid}/tellings", needs=ISSUE, summary="The customer was told to come and open the card")
    async def tell(
        self, application_id: UUID, data: NewCardTelling, by: Principal, now: datetime
    ) -> CardApplicationView:
        return await applications.tell(application_id, data, by=by, now=now)

    @post(
        "/{application_id:uuid}/withdrawal",
        needs=may("tiers:apply"),
        status_code=HTTP_200_OK,
        summary="The card is no longer wanted",
    )
    async def withdraw(
        self, application_id: UUID, data: CardReason, by: Principal, now: datetime
    ) -> CardApplicationView:
        return await applications.withdraw(application_id, data, by=by, now=now)


class CardController(Controller):
    path = "/api/v1/cards"
    tags = ("cards",)

    @post("/", needs=ISSUE, summary="Hand over the card of an approved application")
    async def issue(self, data: NewCard, policy: Policy, company: Company, by: Principal, now: datetime) -> CardForm:
        return await actions.issue(data, policy=policy, company=company, by=by, now=now)

    @get("/", needs=READ, summary="Cards, newest first; by a whole number, the one that has it")
    async def list_cards(
        self,
        by: Principal,
        now: datetime,
        customer_id: UUID | None = None,
        of_customer_id: UUID | None = None,
        kind: str | None = None,
        in_state: InState = None,
        number: NumberText = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[CardView]:
        wanted = CardFilter(
            customer_id=customer_id,
            of_customer_id=of_customer_id,
            kind=kind,
            state=in_state,
            exact=await numbers.exact(number) if number is not None else None,
        )
        found = await queries.cards(wanted, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda row: Cursor(row.issued_at, row.id))
        await _note("card.list", tuple(row.customer_id for row in page.items), by, now)
        return page

    @get("/{card_id:uuid}", needs=READ, summary="One card with its history, its number masked")
    async def show(self, card_id: UUID, by: Principal, now: datetime) -> CardForm:
        found = await queries.form(card_id)
        await _note("card.read", (found.customer_id,), by, now)
        return found

    @post("/{card_id:uuid}/disclosure", needs=may("customers:disclose"), summary="Show the number in clear, on record")
    async def disclose(self, card_id: UUID, data: CardPurpose, by: Principal, now: datetime) -> DisclosedNumber:
        return DisclosedNumber(card_id, await actions.disclose(card_id, data, by=by, now=now))

    @post("/{card_id:uuid}/activation", needs=ISSUE, summary="The customer opens the card")
    async def activate(self, card_id: UUID, by: Principal, now: datetime) -> CardForm:
        return await actions.activate(card_id, by=by, now=now)

    @post("/{card_id:uuid}/loss", needs=ISSUE, summary="The card is lost: nobody is served on it")
    async def report_lost(self, card_id: UUID, data: CardReason, by: Principal, now: datetime) -> CardForm:
        return await actions.report_lost(card_id, data, by=by, now=now)

    @post("/{card_id:uuid}/recovery", needs=ISSUE, summary="The lost card was found again")
    async def recover(self, card_id: UUID, data: CardReason, by: Principal, now: datetime) -> CardForm:
        return await actions.recover(card_id, data, by=by, now=now)

    @post("/{card_id:uuid}/replacement", needs=ISSUE, summary="The next card in its place; the old one dies with it")
    async def replace(
        self, card_id: UUID, data: NewReplacement, policy: Policy, company: Company, by: Principal, now: datetime
    ) -> CardForm:
        return await actions.replace(card_id, data, policy=policy, company=company, by=by, now=now)

    @post("/{card_id:uuid}/revocation", needs=may("cards:write"), summary="Take the card away")
    async def revoke(self, card_id: UUID, data: CardReason, company: Company, by: Principal, now: datetime) -> CardForm:
        return await actions.revoke(card_id, data, company=company, by=by, now=now)


class ProofController(Controller):
    path = "/api/v1/proofs"
    tags = ("cards",)

    @post("/", needs=may("entitlements:read"), summary="A proof is shown: who it is, and what is due to them")
    async def prove(
        self, data: NewProof, policy: Policy, company: Company, language: str, by: Principal, now: datetime
    ) -> ProofView:
        return await proofs.prove(data, policy=policy, company=company, language=language, by=by, now=now)


async def _note(action: str, customers: tuple[UUID, ...], by: Principal, now: datetime) -> None:
    shown = tuple(dict.fromkeys(customers))
    note = AuditNote(action=action, subject="card", customer_ids=shown, fields=("card",), shown=len(customers))
    await record(note, by=by, now=now)
