"""Cards held through a company: who holds a post there, and how many its tier gives (S04-5)."""

from datetime import date
from uuid import UUID

from guibin.policy.cards import CardKind, Sponsorship
from guibin.profiles.queries import linked, lock_open
from guibin.tiers import memberships
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.scope import fetch_value

from .refusals import NotSponsored, QuotaFull


async def refuse_unsponsored(kind: CardKind, customer_id: UUID, of_customer_id: UUID | None, *, on: date) -> None:
    """Raises Invalid, NotSponsored, QuotaFull. Whoever gives a card of this company waits here for the others."""
    given = kind.sponsorship
    if given is None:
        if of_customer_id is not None:
            rule = "only for a card that is held through a company"
            raise Invalid(fields=(FieldError("of_customer_id", rule, "leave it out", str(of_customer_id)),))
        return
    if of_customer_id is None:
        rule = "required for a card that is held through a company"
        raise Invalid(fields=(FieldError("of_customer_id", rule, "name the company"),))
    # Locked, so that two who give the company's last card queue; hidden behind a wall, it is none.
    if not await lock_open(of_customer_id):
        raise Invalid(fields=(FieldError("of_customer_id", "a customer", value=str(of_customer_id)),))
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
