"""`/api/v1/customers/{id}/identity-checks`, `/customers/{id}/e-cards`, `/card-applications`, `/cards`, `/proofs`."""

from litestar import Controller
from litestar.status_codes import HTTP_200_OK

from guibin.audit.answering import lists, reads
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may

from . import actions, applications, eligibility, identity, proofs
from .queries import (
    APPLICATIONS,
    CARDS,
    FORM,
    CardApplicationFilter,
    CardFilter,
)

READ, ISSUE = may("cards:read"), may("cards:issue")


class HolderController(Controller):
    path = "/api/v1/customers/{customer_id:uuid}"
    tags = ("cards",)
    check = posts("/identity-checks", identity.check, "Compare an identity document with the archive", needs=ISSUE)
    eligible = gets(
        "/card-eligibility",
        eligibility.eligible,
        "The cards whose condition the customer meets this moment",
        needs=READ,
    )
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

    list_cards = lists("/", CARDS, CardFilter, "Cards, newest first", recorded="card", verb="list", fields=("card",))
    search = posts("/searches", actions.search, "The card of a whole number", needs=READ, status_code=HTTP_200_OK)
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
