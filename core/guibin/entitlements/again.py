"""The quota that a redemption was counted against, counted again. Changes nothing."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from guibin.periods.allowances import Allowance, allowance
from guibin.policy.packs import Policy
from guibin.policy.service_items import Entitlement
from guibin.tiers import moves
from guibin.tiers import queries as tiers
from guibin_tenants.rows import struct_of

from . import queries
from .tables import Redemption


class Redeemed(Struct, frozen=True):
    """A redemption as it was written down."""

    id: UUID
    customer_id: UUID
    item: str
    scheme: str
    tier: str
    membership_id: UUID
    quantity: int
    used_on: date
    occasion: str
    reserved_until: datetime | None
    redeemed_at: datetime
    redeemed_by_name: str


class Count(Struct, frozen=True):
    """What was left before it, by which right; `withheld` by a penalty."""

    entitlement: Entitlement
    allowance: Allowance
    withheld: bool

    def gives(self, quantity: int) -> bool:
        """Whether so many units can be had."""
        left = self.allowance.left
        return not self.withheld and (left is None or left >= quantity)


async def redeemed(redemption_id: UUID) -> Redeemed:
    """Raises NotFound."""
    return await struct_of(Redeemed, Redemption, redemption_id, "from redemption where id = $1")


async def count(of: Redeemed, policy: Policy, *, known_at: datetime) -> Count | None:
    """The quota before this redemption by the policy, with what was written down until `known_at`: of redemptions those that came
    before it, whatever became of them since; None where nothing gives the item."""
    held = [each for each in await tiers.memberships_of(of.customer_id) if each.recorded_at <= known_at]
    own = next((each for each in held if each.id == of.membership_id), None)
    # When it ended is kept by the day: it held while it was used, unless the end was moved before that day since.
    ended_before = (
        own is not None and known_at > of.redeemed_at and own.ends_on is not None and own.ends_on < of.used_on
    )
    lasting = own if own is not None and own.starts_on <= of.used_on and not ended_before else None
    was = queries.right_on(policy, held, of.scheme, of.item)

    def right(day: date) -> Entitlement | None:
        if lasting is not None and day == of.used_on:
            return queries.right_of(policy, of.scheme, lasting.tier, of.item)
        return was(day)

    entitlement = right(of.used_on)
    holding = lasting or next((m for m in tiers.holding_on(held, of.used_on) if m.scheme == of.scheme), None)
    if entitlement is None or holding is None:
        return None
    given = allowance(
        right,
        await queries.counted(of.customer_id, entitlement, now=known_at, before=(of.redeemed_at, of.id)),
        day=of.used_on,
        since_on=holding.since_on,
        occasion=of.occasion,
    )
    if given is None:
        return None
    brought = [
        each
        for each in await moves.of_customer(of.customer_id, on=of.used_on, known_at=known_at)
        if (each.scheme, each.item) == (of.scheme, of.item)
    ]
    if given.granted is not None:
        more = sum(each.units for each in brought if each.kind == "reward")
        given = replace(given, granted=given.granted + more)
    return Count(entitlement, given, any(each.kind == "penalty" for each in brought))
