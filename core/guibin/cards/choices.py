"""What the forms of cards offer: kinds, states, units whose stock they come from, what is asked where the real-name rule holds."""

from collections.abc import Sequence
from typing import get_args
from uuid import UUID

from guibin.console.choices import words_of
from guibin.console.commands import Asks
from guibin.console.forms import Choice
from guibin.console.shell import Shell
from guibin.policy.cards import CardKind
from guibin.records.requests import channels_of
from guibin.tiers import memberships

from .eligibility import eligible
from .queries import APPLICATIONS, CARDS, Waiting
from .tables import State

_DOCUMENT = frozenset({"document_name", "document_number"})


async def kinds(shell: Shell) -> Sequence[Choice]:
    """Every kind of card of the policy."""
    return [Choice(kind.name, shell.named(f"card.{kind.name}")) for kind in shell.act.policy.cards]


async def kinds_for(customer_id: UUID, shell: Shell) -> list[Choice]:
    """Kinds that the customer's tiers give or whose condition is met this moment, and those held through a company."""
    today, found = shell.act.today, []
    may = {each.kind for each in await eligible(customer_id, shell.act) if each.state == "may_apply"}
    for kind in shell.act.policy.cards:
        held = await memberships.present_tier(customer_id, kind.scheme, on=today)
        if kind.sponsorship is not None or held == kind.tier or kind.name in may:
            found.append(Choice(kind.name, shell.named(f"card.{kind.name}")))
    return found


# What a card can be.
states = words_of("cards.state", get_args(State))


# What an application can wait for.
waiting = words_of("cards.applications.state", get_args(Waiting))


async def channels(shell: Shell) -> Sequence[Choice]:
    """By which ways the customer is told."""
    known = shell.studio.words
    return [
        Choice(name, shell.says(f"channel.{name}"))
        for name in channels_of(shell.act.policy)
        if known.has(f"channel.{name}")
    ]


async def of_issue(shell: Shell) -> Asks:
    """What is shown when a card is handed over."""
    asked = await APPLICATIONS.one(UUID(str(shell.request.path_params["application_id"])))
    return _asks(shell.act.policy.card(asked.kind), shell)


async def of_replacement(shell: Shell) -> Asks:
    """What is shown when a card is replaced."""
    card = await CARDS.one(UUID(str(shell.request.path_params["card_id"])))
    return _asks(shell.act.policy.card(card.kind), shell)


def of_application(kind: CardKind | None) -> Asks:
    """What is asked of whoever is put up for a card."""
    without = frozenset[str]() if kind and kind.sponsorship else frozenset({"of_customer_id"})
    shown = kind is not None and kind.real_name is not None and "application" in kind.real_name.at
    return Asks(left_out=without | (frozenset() if shown else _DOCUMENT), needed=_DOCUMENT if shown else frozenset())


def _asks(kind: CardKind | None, shell: Shell) -> Asks:
    stocked = frozenset[str]() if kind and kind.quantity_approval else frozenset({"unit_id"})
    if kind is None or kind.real_name is None or "issue" not in kind.real_name.at:
        return Asks(left_out=stocked | _DOCUMENT)
    return Asks(left_out=stocked, needed=_DOCUMENT, about=(shell.says("cards.real_name"),))
