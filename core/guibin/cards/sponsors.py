"""Cards held through a company: who holds a post there, how many its tier gives, and the tier that a card brings (S04-5)."""

from datetime import date, datetime
from uuid import UUID

import asyncpg

from guibin.policy.cards import CardKind, Sponsorship
from guibin.policy.packs import Policy
from guibin.profiles.queries import linked, lock_open
from guibin.tiers import memberships
from guibin.tiers.memberships import NewMembership
from guibin_tenants.refusals import Invalid
from guibin_tenants.scope import fetch_one, fetch_value

from .refusals import NotSponsored, QuotaFull
from .states import HandedOver


async def refuse_unsponsored(kind: CardKind, customer_id: UUID, of_customer_id: UUID | None, *, on: date) -> None:
    """Raises Invalid, NotSponsored, QuotaFull. Whoever gives a card of this company waits here for the others."""
    given = kind.sponsorship
    if given is None:
        if of_customer_id is not None:
            rule = "only for a card that is held through a company"
            raise Invalid.at("of_customer_id", rule, "leave it out", str(of_customer_id))
        return
    if of_customer_id is None:
        rule = "required for a card that is held through a company"
        raise Invalid.at("of_customer_id", rule, "name the company")
    # Locked, so that two who give the company's last card queue; hidden behind a wall, it is none.
    if not await lock_open(of_customer_id):
        raise Invalid.at("of_customer_id", "a customer", value=str(of_customer_id))
    if not await holds_post(given, customer_id, of_customer_id, on=on):
        raise NotSponsored(f"The person is none of the company's: {', '.join(given.roles)}. Link the archives first")
    tier = await memberships.present_tier(of_customer_id, given.scheme, on=on)
    quota = quota_of(given, tier)
    if not quota:
        raise NotSponsored(f"The company holds {tier or 'no tier'} in {given.scheme}, which gives no {kind.name}")
    present = await live_of(kind, of_customer_id)
    if present >= quota:
        raise QuotaFull(f"{present} of {quota} {kind.name} are held through this company as {tier}")


async def holds_post(given: Sponsorship, customer_id: UUID, of_customer_id: UUID, *, on: date) -> bool:
    """Whether the person is linked to the company in one of the roles on that day."""
    return await linked(customer_id, of_customer_id, given.roles, on=on)


async def live_of(kind: CardKind, of_customer_id: UUID) -> int:
    """How many live cards of the kind are held through the company, whichever outlet's customers hold them."""
    count: int = await fetch_value(
        "select count(*)::int from card_number where of_customer_id = $1 and kind = $2 and state <> 'ended'",
        of_customer_id,
        kind.name,
    )
    return count


def quota_of(given: Sponsorship, tier: str | None) -> int:
    """How many cards a company in this tier gives."""
    return next((quota.cards for quota in given.quotas if quota.tier == tier), 0)


async def bring_tier(given: HandedOver, *, policy: Policy, now: datetime) -> None:
    """The holder belongs to the card's tier until the card expires, unless an equal or higher one is held already.

    Such a membership is an exception: an assessment does not touch it.
    """
    scheme = policy.scheme(given.kind.scheme)
    held = await memberships.present_tier(given.customer_id, given.kind.scheme, on=given.issued_on)
    if scheme is None or scheme.rank(held) >= scheme.rank(given.kind.tier):
        return
    await memberships.start(
        NewMembership(
            customer_id=given.customer_id,
            scheme=given.kind.scheme,
            tier=given.kind.tier,
            starts_on=given.issued_on,
            expires_on=given.expires_on,
            basis="exception",
            basis_id=given.application_id,
            reason=given.kind.name,
        ),
        now=now,
    )


async def prolong_tier(given: HandedOver) -> None:
    """The next card's last day is the tier's."""
    await memberships.prolong(given.customer_id, given.application_id, given.expires_on)


async def end_tier(card: asyncpg.Record, *, on: date, because: str, now: datetime) -> None:
    """The tier the card brought ends; what the holder had by own merit until then comes back."""
    brought = await fetch_one(
        "select starts_on, scheme from membership where customer_id = $1 and basis_id = $2 and ends_on is null",
        card["customer_id"],
        card["application_id"],
    )
    if card["of_customer_id"] is None or brought is None:
        return
    last = max(on, brought["starts_on"])
    before = await fetch_one(
        "select tier, expires_on, basis, basis_id, reason from membership where customer_id = $1 and scheme = $2"
        " and ends_on = $3 and ended_because = 'replaced' and (expires_on is null or expires_on > $4)"
        " order by recorded_at desc limit 1",
        card["customer_id"],
        brought["scheme"],
        brought["starts_on"],
        last,
    )
    if before is None:
        await memberships.end(card["customer_id"], brought["scheme"], on=last, because=because, now=now)
        return
    await memberships.start(
        NewMembership(
            customer_id=card["customer_id"],
            scheme=brought["scheme"],
            tier=before["tier"],
            starts_on=last,
            expires_on=before["expires_on"],
            basis=before["basis"],
            basis_id=before["basis_id"],
            reason=before["reason"],
        ),
        now=now,
    )
