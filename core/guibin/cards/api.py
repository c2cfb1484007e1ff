"""`/api/v1/customers/{id}/identity-checks`, `/customers/{id}/e-cards`, `/card-applications`, `/cards`, `/proofs`."""

from litestar import Controller, get
from litestar.status_codes import HTTP_200_OK

from guibin.audit.actions import searched
from guibin.audit.answering import lists, reads
from guibin.context import Act
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, applications, identity, proofs, sealing
from .queries import (
    APPLICATIONS,
    CARDS,
    FORM,
    CardApplicationFilter,
    CardFilter,
    CardView,
)

READ, ISSUE = may("cards:read"), may("cards:issue")


class HolderController(Controller):
    path = "/api/v1/customers/{customer_id:uuid}"
    tags = ("cards",)
    check = posts("/identity-checks", identity.check, "Compare an identity document with the archive", needs=ISSUE)
    issue_e_card = posts(
        "/e-cards", proofs.issue_e_card, "A signed e-card for the next minutes", needs=may("entitlements:read")
    )


class CardApplicationController(Controller):
    path = "/api/v1/card-applications"
    tags = ("cards",)
    apply = posts("/", applications.apply_for, "Put a customer up for a card", needs=may("tiers:apply"))
    list_applications = lists(
        "/",
        APPLICATIONS,
        CardApplicationFilter,
        "Applications for cards, newest first",
        recorded="card_application",
        subject="card",
        verb="list",
        fields=("card",),
    )
    show = reads(
        "/{application_id:uuid}",
        APPLICATIONS,
        "One application",
        "card",
        recorded="card_application",
        fields=("card",),
    )
    tell = posts(
        "/{application_id:uuid}/tellings",
        applications.tell,
        "The customer was told to come and open the card",
        needs=ISSUE,
    )
    withdraw = posts(
        "/{application_id:uuid}/withdrawal",
        applications.withdraw,
        "The card is no longer wanted",
        needs=may("tiers:apply"),
        status_code=HTTP_200_OK,
    )


class CardController(Controller):
    path = "/api/v1/cards"
    tags = ("cards",)
    issue = posts("/", actions.issue, "Hand over the card of an approved application", needs=ISSUE)

    @get(
        "/",
        needs=READ,
        summary="Cards, newest first; by a whole number, the one that has it",
        dependencies={"filters": from_query(CardFilter)},
    )
    async def list_cards(self, filters: CardFilter, page: PageAsked, act: Act) -> Page[CardView]:
        exact = await sealing.exact(filters.number) if filters.number is not None else None
        cards = await CARDS.page(filters, page, act, exact=exact)
        return await searched("card", cards, act, verb="list", fields=("card",))

    show = reads("/{card_id:uuid}", FORM, "One card with its history, its number masked", "card", fields=("card",))
    disclose = posts(
        "/{card_id:uuid}/disclosure",
        actions.disclose,
        "Show the number in clear, on record",
        needs=may("customers:disclose"),
    )
    activate = posts("/{card_id:uuid}/activation", actions.activate, "The customer opens the card", needs=ISSUE)
    report_lost = posts(
        "/{card_id:uuid}/loss", actions.report_lost, "The card is lost: nobody is served on it", needs=ISSUE
    )
    recover = posts("/{card_id:uuid}/recovery", actions.recover, "The lost card was found again", needs=ISSUE)
    replace = posts(
        "/{card_id:uuid}/replacement",
        actions.replace,
        "The next card in its place; the old one dies with it",
        needs=ISSUE,
    )
    revoke = posts("/{card_id:uuid}/revocation", actions.revoke, "Take the card away", needs=may("cards:write"))


class ProofController(Controller):
    path = "/api/v1/proofs"
    tags = ("cards",)
    prove = posts(
        "/", proofs.prove, "A proof is shown: who it is, and what is due to them", needs=may("entitlements:read")
    )
