"""Showing a card, an e-card, a device or an identity document: who it is, and what is due to them now (S03-4).

What is not accepted is kept as well, with the reason. Of a customer of another outlet only the tier and its services
are told: the archive stays behind its wall (S02-6).
"""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import AuditNote, done, noted
from guibin.audit.attempts import attempt
from guibin.cases import Case
from guibin.context import Act
from guibin.entitlements import actions as entitlements
from guibin.policy.cards import ProofKind
from guibin.policy.packs import Policy
from guibin.profiles.queries import archive_fields, name_of, unit_of_open
from guibin.sealing.values import exacts
from guibin.tiers import queries as tiers
from guibin_tenants import keyring
from guibin_tenants.refusals import Invalid
from guibin_tenants.rows import add
from guibin_tenants.scope import fetch, fetch_one

from . import e_cards, sealing
from .refusals import NotInTier
from .requests import NewECard, NewProof
from .tables import EntitlementProof

Refused = Literal[
    "",
    "unknown",
    "ambiguous",
    "card_not_activated",
    "card_lost",
    "card_expired",
    "card_ended",
    "e_card_invalid",
    "e_card_expired",
    "archive_closed",
    "not_a_member",
]


class DueItem(Struct, frozen=True):
    """A service the holder has a right to now. `left` None is without limit, or not for this outlet to know."""

    item: str
    title: str
    scheme: str
    tier: str
    left: int | None
    clause: str


class ProofView(Struct, frozen=True, kw_only=True):
    """What was shown and what follows. `text` says it in a sentence; `customer_id` and `name` stay behind the wall."""

    id: UUID
    kind: str
    accepted: bool
    reason: Refused
    text: str
    customer_id: UUID | None
    name: str
    card_id: UUID | None
    scheme: str
    tier: str
    tier_title: str
    items: tuple[DueItem, ...]
    shown_at: datetime


class ECardView(Struct, frozen=True):
    """The text to be shown as a QR code, until `expires_at`."""

    customer_id: UUID
    scheme: str
    tier: str
    text: str
    expires_at: datetime


class Found(Struct, frozen=True, kw_only=True):
    """Whom the proof leads to. `visible` False: somebody behind a wall, of whom only scheme and tier are known.

    `audited_id` is whose proof it was for the record, which nobody who serves can read.
    """

    reason: Refused = ""
    customer_id: UUID | None = None
    audited_id: UUID | None = None
    card_id: UUID | None = None
    scheme: str = ""
    tier: str = ""
    visible: bool = True


async def prove(new: NewProof, act: Act) -> ProofView:
    """Who shows this, and what is due to them. Raises Invalid for a kind of proof the policy does not know."""
    kind = act.policy.proof(new.kind)
    if kind is None:
        known = ", ".join(proof.name for proof in act.policy.proofs)
        raise Invalid.at("kind", "a kind of proof", f"one of: {known}", new.kind)
    tried = AuditNote(action="proof.show", subject="proof", fields=("number",), shown=0, asked=kind.by != "e_card")
    async with attempt(tried, act):
        return await _prove(kind, new, act)


async def _prove(kind: ProofKind, new: NewProof, act: Act) -> ProofView:
    today = act.today
    shown = await _found(kind, new, act, today)
    if shown.reason == "" and shown.visible and shown.customer_id is not None:
        shown = await _member(shown, shown.customer_id, act.policy, today)
    items = await _due(shown, act, today) if shown.reason == "" else ()
    proof_id = await _keep(kind, shown, act)
    tier_title = act.policy.title(f"tier.{shown.tier}", act.language, scheme=shown.scheme) if shown.tier else ""
    return ProofView(
        id=proof_id,
        kind=new.kind,
        accepted=shown.reason == "",
        reason=shown.reason,
        text=_text(shown, act),
        customer_id=shown.customer_id,
        name=await name_of(shown.customer_id) if shown.customer_id and shown.reason == "" else "",
        card_id=shown.card_id if shown.visible else None,
        scheme=shown.scheme,
        tier=shown.tier,
        tier_title=tier_title,
        items=items,
        shown_at=act.now,
    )


async def issue_e_card(customer_id: UUID, new: NewECard, act: Act) -> ECardView:
    """An e-card for the tier held now. Raises NotFound, NotInTier."""
    await unit_of_open(customer_id)
    held = await _held(customer_id, new.scheme, act.policy, act.today)
    if held is None:
        raise NotInTier(f"The customer holds no tier{' in ' + new.scheme if new.scheme else ''}")
    expires_at = (act.now + e_cards.GOOD_FOR).replace(microsecond=0)
    text = await e_cards.sign(customer_id, scheme=held.scheme, tier=held.tier, expires_at=expires_at)
    await noted("e_card.issue", act, customer_id=customer_id, fields=("tier",))
    return ECardView(customer_id, held.scheme, held.tier, text, expires_at)


async def accepted_since(proof_id: UUID, customer_id: UUID, since: datetime) -> bool:
    """Whether this was accepted of this customer, not before that moment."""
    found = await fetch_one(
        "select id from entitlement_proof where id = $1 and customer_id = $2 and accepted and shown_at >= $3",
        proof_id,
        customer_id,
        since,
    )
    return found is not None


entitlements.PROVED.give(accepted_since)


async def _found(kind: ProofKind, new: NewProof, act: Act, today: date) -> Found:
    if kind.by == "card":
        return await _by_card(new.value, today)
    if kind.by == "e_card":
        return await _by_e_card(new.value, act.now)
    return await _by_field(kind.fields, new, act.policy, today)


async def _by_card(number: str, today: date) -> Found:
    row = await fetch_one(
        "select n.card_id, n.scheme, n.tier, n.state, n.ended_because, n.expires_on, c.customer_id from card_number n"
        " left join card c on c.tenant_id = n.tenant_id and c.id = n.card_id where n.exact = $1",
        await sealing.exact(number),
    )
    if row is None:
        return Found(reason="unknown")
    reason: Refused = ""
    if row["state"] == "ended":
        reason = "card_expired" if row["ended_because"] == "expired" else "card_ended"
    elif row["expires_on"] <= today:
        reason = "card_expired"
    elif row["state"] != "active":
        reason = "card_lost" if row["state"] == "lost" else "card_not_activated"
    return Found(
        reason=reason,
        customer_id=row["customer_id"],
        card_id=row["card_id"],
        scheme=row["scheme"],
        tier=row["tier"],
        visible=row["customer_id"] is not None,
    )


async def _by_e_card(text: str, now: datetime) -> Found:
    card = e_cards.parse(text.strip())
    if card is None or not await e_cards.holds(card):
        return Found(reason="e_card_invalid")
    seen = await fetch_one("select id from customer where id = $1", card.customer_id)
    return Found(
        reason="e_card_expired" if card.expires_at <= now else "",
        customer_id=card.customer_id if seen else None,
        audited_id=card.customer_id,
        scheme=card.scheme,
        tier=card.tier,
        visible=seen is not None,
    )


async def _by_field(names: tuple[str, ...], new: NewProof, policy: Policy, today: date) -> Found:
    fields = tuple(known for known in archive_fields(policy) if known.name in names)
    rows = await fetch(
        "select distinct customer_id from sealed_value where exact = any ($1::bytea[])",
        exacts(fields, new.value, await keyring.tenant_key()),
    )
    if not rows:
        return Found(reason="unknown")
    # One person under several customer numbers: whoever of them is a member is meant.
    members = [
        row["customer_id"] for row in rows if await _held(row["customer_id"], new.scheme, policy, today) is not None
    ]
    if len(members) > 1:
        return Found(reason="ambiguous")
    customer_id = members[0] if members else rows[0]["customer_id"]
    held = await _held(customer_id, new.scheme, policy, today)
    return Found(customer_id=customer_id, scheme=held.scheme if held else new.scheme, tier=held.tier if held else "")


async def _member(found: Found, customer_id: UUID, policy: Policy, today: date) -> Found:
    """The tier held today counts, not the one a card was made for."""
    held = await _held(customer_id, found.scheme, policy, today)
    closed = await fetch_one("select id from customer where id = $1 and closed_at is not null", customer_id)
    return Found(
        reason="archive_closed" if closed else "" if held else "not_a_member",
        customer_id=customer_id,
        card_id=found.card_id,
        scheme=held.scheme if held else found.scheme,
        tier=held.tier if held else "",
    )


async def _held(customer_id: UUID, scheme: str, policy: Policy, today: date) -> tiers.MembershipView | None:
    holding = tiers.holding_on(await tiers.memberships_of(customer_id), today)
    order = [known.name for known in policy.schemes]
    asked = [m for m in holding if not scheme or m.scheme == scheme]
    return min(asked, key=lambda m: order.index(m.scheme) if m.scheme in order else len(order), default=None)


async def _due(found: Found, act: Act, today: date) -> tuple[DueItem, ...]:
    def title(item: str) -> str:
        return act.policy.title(f"service_item.{item}.title", act.language)

    if not found.visible or found.customer_id is None:
        return tuple(
            DueItem(e.item, title(e.item), e.scheme, e.tier, None, e.clause)
            for e in act.policy.entitlements
            if (e.scheme, e.tier) == (found.scheme, found.tier)
        )
    given = await entitlements.offers(found.customer_id, act.policy, day=today, now=act.now)
    return tuple(
        DueItem(
            offer.entitlement.item,
            title(offer.entitlement.item),
            offer.membership.scheme,
            offer.membership.tier,
            offer.allowance.left,
            offer.entitlement.clause,
        )
        for offer in given
        if offer.allowance.left is None or offer.allowance.left > 0
    )


async def _keep(kind: ProofKind, found: Found, act: Act) -> UUID:
    proof_id = await add(
        EntitlementProof,
        act,
        kind=kind.name,
        customer_id=found.customer_id,
        card_id=found.card_id,
        accepted=found.reason == "",
        reason=found.reason,
        scheme=found.scheme,
        tier=found.tier,
        unit_id=act.by.org_unit_id,
        shown_to=act.by.id,
        shown_to_name=act.by.name,
    )
    about = found.customer_id or found.audited_id
    await done(
        "show",
        Case("proof", proof_id),
        act,
        customer_ids=() if about is None else (about,),
        fields=("name", "tier", "redemptions") if found.customer_id else ("tier",),
        purpose=found.reason or "accepted",
        asked=kind.by != "e_card",
    )
    return proof_id


def _text(found: Found, act: Act) -> str:
    if found.reason:
        return act.policy.title(f"proof_refused.{found.reason}", act.language)
    tier = act.policy.title(f"tier.{found.tier}", act.language, scheme=found.scheme)
    return f"{act.policy.title(f'scheme.{found.scheme}', act.language)} · {tier}"
