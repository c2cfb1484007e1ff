"""The quota that a redemption was counted against, counted again. Changes nothing."""

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from guibin.periods.allowances import Allowance, Counted, allowance
from guibin.policy.packs import Policy
from guibin.policy.service_items import Entitlement
from guibin.tiers import moves
from guibin.tiers import queries as tiers
from guibin.tiers.queries import MembershipView
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import many, read


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
    """What was left before it, and by which clause; None where nothing gives the item. `withheld` by a penalty."""

    entitlement: Entitlement
    allowance: Allowance
    withheld: bool

    def gives(self, quantity: int) -> bool:
        """Whether so many units can be had."""
        left = self.allowance.left
        return not self.withheld and (left is None or left >= quantity)


class _Entry(Struct, frozen=True):
    used_on: date
    quantity: int
    state: str
    occasion: str
    person_id: UUID | None


async def redeemed(redemption_id: UUID) -> Redeemed:
    """Raises NotFound."""
    found = await many(Redeemed, "from redemption where id = $1", redemption_id)
    if not found:
        raise NotFound(f"There is no redemption {redemption_id}")
    return found[0]


async def count(of: Redeemed, policy: Policy, *, known_at: datetime) -> Count | None:
    """The quota before this redemption by the policy, with what was written down until `known_at`: of redemptions those that came
    before it, whatever became of them since."""
    held = [each for each in await tiers.memberships_of(of.customer_id) if each.recorded_at <= known_at]
    own = next((each for each in held if each.id == of.membership_id), None)
    # When it ended is kept by the day: it held while it was used, unless the end was moved before that day since.
    ended_before = (
        own is not None and known_at > of.redeemed_at and own.ends_on is not None and own.ends_on < of.used_on
    )
    lasting = own if own is not None and own.starts_on <= of.used_on and not ended_before else None
    right = _right_of(policy, held, of, lasting)
    entitlement = right(of.used_on)
    holding = lasting or _holding(held, of, of.used_on)
    if entitlement is None or holding is None:
        return None
    given = allowance(
        right,
        await _counted(of, entitlement, known_at),
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
    more = sum(each.units for each in brought if each.kind == "reward")
    whole = given if given.granted is None else _with(given, more)
    return Count(entitlement, whole, any(each.kind == "penalty" for each in brought))


def _with(given: Allowance, more: int) -> Allowance:
    return Allowance(
        (given.granted or 0) + more, given.carried, given.adjusted, given.consumed, given.reserved, given.period
    )


def _right_of(
    policy: Policy, held: list[MembershipView], of: Redeemed, lasting: MembershipView | None
) -> Callable[[date], Entitlement | None]:
    known = {(each.scheme, each.tier, each.item): each for each in policy.entitlements}

    def on(day: date) -> Entitlement | None:
        holding = lasting if lasting is not None and day == of.used_on else _holding(held, of, day)
        return known.get((of.scheme, holding.tier, of.item)) if holding is not None else None

    return on


def _holding(held: list[MembershipView], of: Redeemed, day: date) -> MembershipView | None:
    return next((each for each in tiers.holding_on(held, day) if each.scheme == of.scheme), None)


_LEDGER = """select x.used_on, x.quantity, case when x.reserved_until is null or u.used_at <= $5 then 'used' when x.reserved_until > $5 then
    'reserved' else 'lapsed' end as state, x.occasion, x.person_id
  from redemption x left join redemption_use u on u.tenant_id = x.tenant_id and u.redemption_id = x.id
    left join redemption_reversal v on v.tenant_id = x.tenant_id and v.redemption_id = x.id
  where x.customer_id = $1 and x.item = $2 and x.scheme = $3 and (x.redeemed_at, x.id) < ($4, $6)
    and (v.reversed_at is null or v.reversed_at > $5)
  union all select a.counts_on, a.quantity, 'adjusted', a.occasion, null from entitlement_adjustment a
    where a.customer_id = $1 and a.item = $2 and a.scheme = $3 and a.adjusted_at <= $5"""


async def _counted(of: Redeemed, entitlement: Entitlement, known_at: datetime) -> list[Counted]:
    rows = await read(_Entry, _LEDGER, of.customer_id, of.item, of.scheme, of.redeemed_at, known_at, of.id)
    return [
        Counted(
            row.used_on,
            row.quantity,
            "adjusted" if row.state == "adjusted" else "reserved" if row.state == "reserved" else "used",
            row.occasion,
            row.person_id,
        )
        for row in rows
        if row.state != "lapsed" or entitlement.no_show == "used"
    ]
