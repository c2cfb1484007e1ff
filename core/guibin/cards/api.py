"""`/api/v1/customers/{id}/identity-checks`, `/customers/{id}/e-cards`, `/card-applications`, `/cards`, `/proofs`."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import Parameter
from litestar.status_codes import HTTP_200_OK
from msgspec import Struct

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.policy.words import CodeIfAny
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, applications, identity, numbers, proofs, queries
from .proofs import ECardView
from .queries import CardApplicationView, CardFilter, CardForm, CardView, State, Waiting
from .requests import (
    CardPurpose,
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
    check = posts(
        "/identity-checks", identity.check, needs=ISSUE, summary="Compare an identity document with the archive"
    )

    @post("/e-cards", needs=may("entitlements:read"), summary="A signed e-card for the next minutes")
    async def issue_e_card(self, customer_id: UUID, data: NewECard, act: Act) -> ECardView:
        return await proofs.issue_e_card(customer_id, data.scheme, act)


class CardApplicationController(Controller):
    path = "/api/v1/card-applications"
    tags = ("cards",)
    apply = posts("/", applications.apply_for, needs=may("tiers:apply"), summary="Put a customer up for a card")

    @get("/", needs=READ, summary="Applications for cards, newest first")
    async def list_applications(
        self,
        act: Act,
        customer_id: UUID | None = None,
        waiting: Waiting | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[CardApplicationView]:
        found = await queries.applications(customer_id, waiting, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda row: Cursor(row.applied_at, row.id))
        await _note("card_application.list", tuple(row.customer_id for row in page.items), act)
        return page

    @get("/{application_id:uuid}", needs=READ, summary="One application")
    async def show(self, application_id: UUID, act: Act) -> CardApplicationView:
        found = await queries.application(application_id)
        await _note("card_application.read", (found.customer_id,), act)
        return found

    tell = posts(
        "/{application_id:uuid}/tellings",
        applications.tell,
        needs=ISSUE,
        summary="The customer was told to come and open the card",
    )
    withdraw = posts(
        "/{application_id:uuid}/withdrawal",
        applications.withdraw,
        needs=may("tiers:apply"),
        status_code=HTTP_200_OK,
        summary="The card is no longer wanted",
    )


class CardController(Controller):
    path = "/api/v1/cards"
    tags = ("cards",)
    issue = posts("/", actions.issue, needs=ISSUE, summary="Hand over the card of an approved application")

    @get("/", needs=READ, summary="Cards, newest first; by a whole number, the one that has it")
    async def list_cards(
        self,
        act: Act,
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
        await _note("card.list", tuple(row.customer_id for row in page.items), act)
        return page

    @get("/{card_id:uuid}", needs=READ, summary="One card with its history, its number masked")
    async def show(self, card_id: UUID, act: Act) -> CardForm:
        found = await queries.form(card_id)
        await _note("card.read", (found.customer_id,), act)
        return found

    @post("/{card_id:uuid}/disclosure", needs=may("customers:disclose"), summary="Show the number in clear, on record")
    async def disclose(self, card_id: UUID, data: CardPurpose, act: Act) -> DisclosedNumber:
        return DisclosedNumber(card_id, await actions.disclose(card_id, data, act))

    activate = posts("/{card_id:uuid}/activation", actions.activate, needs=ISSUE, summary="The customer opens the card")
    report_lost = posts(
        "/{card_id:uuid}/loss", actions.report_lost, needs=ISSUE, summary="The card is lost: nobody is served on it"
    )
    recover = posts("/{card_id:uuid}/recovery", actions.recover, needs=ISSUE, summary="The lost card was found again")
    replace = posts(
        "/{card_id:uuid}/replacement",
        actions.replace,
        needs=ISSUE,
        summary="The next card in its place; the old one dies with it",
    )
    revoke = posts("/{card_id:uuid}/revocation", actions.revoke, needs=may("cards:write"), summary="Take the card away")


class ProofController(Controller):
    path = "/api/v1/proofs"
    tags = ("cards",)
    prove = posts(
        "/",
        proofs.prove,
        needs=may("entitlements:read"),
        summary="A proof is shown: who it is, and what is due to them",
    )


async def _note(action: str, customers: tuple[UUID, ...], act: Act) -> None:
    shown = tuple(dict.fromkeys(customers))
    note = AuditNote(action=action, subject="card", customer_ids=shown, fields=("card",), shown=len(customers))
    await record(note, act)
