"""Quotas that several people share, and prices that are reduced: what a redemption has to fit beside the quota itself."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from guibin.amounts import in_minor
from guibin.periods.allowances import Allowance, taken_by
from guibin.policy.money import Money
from guibin.policy.service_items import Entitlement, Pool
from guibin.profiles.queries import linked, unit_of_open
from guibin_tenants.refusals import Invalid

from . import queries
from .refusals import NotAmongThem, ShareUsedUp


class Reduction(Struct, frozen=True):
    """A price and what is taken off it, in minor units of `currency`."""

    price: int
    reduced_by: int
    currency: str


class Share(Struct, frozen=True):
    """Who asks for how many units, on which day, at which stay."""

    customer_id: UUID
    person_id: UUID | None
    units: int
    day: date
    occasion: str


async def refuse_beyond_share(share: Share, entitlement: Entitlement, allowance: Allowance, *, now: datetime) -> None:
    """Raises Invalid, NotFound, NotAmongThem, ShareUsedUp. The account's lock is held: two who ask at once queue."""
    pool = entitlement.pool
    if pool is None:
        if share.person_id is not None:
            rule = "only where several people share the quota"
            raise Invalid.at("person_id", rule, "leave it out", str(share.person_id))
        return
    if share.person_id is None:
        raise Invalid.at("person_id", "whoever uses it: the quota is shared", "name the person")
    await _refuse_stranger(share.person_id, share, pool)
    counted = await queries.counted(share.customer_id, entitlement, now=now)
    occasion = share.occasion if entitlement.period == "stay" else None
    taken = taken_by(counted, share.person_id, allowance.period, occasion=occasion)
    if taken + share.units > pool.per_person:
        left = max(0, pool.per_person - taken)
        raise ShareUsedUp(f"{left} of {pool.per_person} left for this person, {share.units} asked for")


def reduction(price: Money | None, entitlement: Entitlement) -> Reduction | None:
    """What the item takes off the price named; None without a price. Raises Invalid for an item that is no discount."""
    if price is None:
        return None
    discount = entitlement.discount
    if discount is None:
        rule = "only for an item that is a discount"
        raise Invalid.at("price", rule, "leave it out", price.amount[:60])
    minor = in_minor(price, field="price.amount")
    if minor < 0 or (discount.ceiling is not None and price.currency != discount.unit):
        rule = f"0 or more, in {discount.unit}"
        raise Invalid.at("price", rule, "convert it first", f"{price.amount} {price.currency}"[:60])
    return Reduction(minor, discount.off(minor), price.currency)


async def _refuse_stranger(person_id: UUID, share: Share, pool: Pool) -> None:
    if person_id == share.customer_id:
        return
    await unit_of_open(person_id)
    if not await linked(person_id, share.customer_id, pool.roles, on=share.day):
        raise NotAmongThem(f"The quota is shared by: {', '.join(pool.roles)}. Link the archives first")
