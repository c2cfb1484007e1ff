"""`/api/v1/customers/{id}/identity-checks`, `/customers/{id}/e-cards`, `/card-applications`, `/cards`, `/proofs`."""

from uuid import UUID

from litestar import Controller, get
from litestar.status_codes import HTTP_200_OK

from guibin.audit.actions import AuditNote, record, searched
from guibin.context import Act
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, applications, identity, numbers, proofs, queries
from .queries import (
    APPLICATIONS,
    CARDS,
    CardApplicationFilter,
    CardApplicationView,
    CardFilter,
    CardForm,
    CardView,
)

READ, ISSUE = may("cards:read"), may("cards:issue")


class HolderController(Controller):
    path = "/api/v1/customers/{customer_id:uuid}"
    tags = ("cards",)
    check = posts(
        "/identity-checks", identity.check, needs=ISSUE, summary="Compare an identity document with the archive"
    )

    issue_e_card = posts(
        "/e-cards", proofs.issue_e_card, needs=may("entitlements:read"), summary="A signed e-card for the next minutes"
    )


class CardApplicationController(Controller):
    path = "/api/v1/card-applications"
    tags = ("cards",)
    apply = posts("/", applications.apply_for, needs=may("tiers:apply"), summary="Put a customer up for a card")

    @get(
        "/",
        needs=READ,
        summary="Applications for cards, newest first",
        dependencies={"filters": from_query(CardApplicationFilter)},
    )
    async def list_applications(
        self, filters: CardApplicationFilter, page: PageAsked, act: Act
    ) -> Page[CardApplicationView]:
        applications = await APPLICATIONS.page(filters, page, act)
        return await searched("card_application", applications, act, subject="card", verb="list", fields=("card",))

    @get("/{application_id:uuid}", needs=READ, summary="One application")
    async def show(self, application_id: UUID, act: Act) -> CardApplicationView:
        application = await queries.application(application_id)
        await _read("card_application.read", application.customer_id, act)
        return application

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

    @get(
        "/",
        needs=READ,
        summary="Cards, newest first; by a whole number, the one that has it",
        dependencies={"filters": from_query(CardFilter)},
    )
    async def list_cards(self, filters: CardFilter, page: PageAsked, act: Act) -> Page[CardView]:
        exact = await numbers.exact(filters.number) if filters.number is not None else None
        cards = await CARDS.page(filters, page, act, exact=exact)
        return await searched("card", cards, act, verb="list", fields=("card",))

    @get("/{card_id:uuid}", needs=READ, summary="One card with its history, its number masked")
    async def show(self, card_id: UUID, act: Act) -> CardForm:
        form = await queries.form(card_id)
        await _read("card.read", form.customer_id, act)
        return form

    disclose = posts(
        "/{card_id:uuid}/disclosure",
        actions.disclose,
        needs=may("customers:disclose"),
        summary="Show the number in clear, on record",
    )
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


async def _read(action: str, customer_id: UUID, act: Act) -> None:
    await record(AuditNote(action=action, subject="card", customer_ids=(customer_id,), fields=("card",), shown=1), act)
