"""Who meets the condition of a card this moment may apply for it at once, at the outlet (S12-7)."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.policy.cards import CardKind
from guibin.profiles.queries import Standing, standing
from guibin.tiers import appraisal
from guibin.tiers.appraisal import NewAppraisal
from guibin_tenants.scope import fetch_column

# Kinds of which the customer has a card, or an application that is not dealt with.
_HELD = (
    "select kind from card where customer_id = $1 and ended_at is null"
    " union select kind from card_application where customer_id = $1 and closed_at is null"
)


class Eligible(Struct, frozen=True):
    """A card that may be applied for now, or once the customer has agreed to the scheme (S02-2)."""

    kind: str
    scheme: str
    tier: str
    state: Literal["may_apply", "consent_first"]
    clause: str


async def eligible(customer_id: UUID, act: Act) -> list[Eligible]:
    """The cards whose condition the customer meets by what is known this moment, today included, and has not. Nothing is
    written but the look. Raises NotFound.
    """
    customer = await standing(customer_id)
    held = set(await fetch_column(_HELD, customer_id))
    kinds = [kind for kind in act.policy.cards if kind.sponsorship is None and kind.name not in held]
    found = [await _of(kind, customer, act) for kind in kinds]
    await noted("card_eligibility.read", act, customer_id=customer_id, fields=("tier",))
    return [each for each in found if each is not None]


async def rise(customer_id: UUID, kind: CardKind, act: Act) -> None:
    """Whoever meets the condition of the card's tier now has it from now on; nobody else's tier changes."""
    customer = await standing(customer_id)
    if kind.sponsorship is None and await _rises(kind, customer, act):
        await appraisal.appraise(customer_id, NewAppraisal(scheme=kind.scheme), act)


async def _rises(kind: CardKind, customer: Standing, act: Act) -> bool:
    seen = await appraisal.foreseen(customer, kind.scheme, act)
    return seen is not None and seen.rises and seen.becomes == kind.tier


async def _of(kind: CardKind, customer: Standing, act: Act) -> Eligible | None:
    seen = await appraisal.foreseen(customer, kind.scheme, act)
    if seen is None:
        return None
    if seen.becomes == kind.tier:
        return Eligible(kind.name, kind.scheme, kind.tier, "may_apply", kind.clause)
    if seen.move == "no_consent" and seen.tier == kind.tier:
        return Eligible(kind.name, kind.scheme, kind.tier, "consent_first", kind.clause)
    return None
