"""The tier that a card held through a company brings its holder, for as long as the post and the company's tier last (S04-5)."""

from datetime import date, datetime

import asyncpg

from guibin.policy.packs import Policy
from guibin.tiers import memberships
from guibin.tiers.memberships import NewMembership
from guibin_tenants.scope import fetch_one

from .states import HandedOver


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
