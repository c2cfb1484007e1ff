"""Reading the ledger, and what tiers give without one."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin.periods.allowances import Counted
from guibin.policy.packs import Policy
from guibin.policy.service_items import Entitlement, ServiceItem
from guibin.tiers.queries import MembershipView, current_tiers, holding_on
from guibin.web.listing import Listing, newest_first
from guibin_tenants.rows import read

State = Literal["used", "reserved", "lapsed", "reversed"]


class RedemptionView(Struct, frozen=True):
    """One redemption. `state` is used, reserved, lapsed (reserved and never taken up) or reversed.

    `quantity` is what counts, `companions` among it unless they come along free. For a discount `price`, `reduced_by` and `to_pay` are minor units of
    `currency`.
    """

    id: UUID
    customer_id: UUID
    item: str
    scheme: str
    tier: str
    quantity: int
    used_on: date
    reference: str | None
    occasion: str
    proof: str
    note: str
    state: State
    reserved_until: datetime | None
    redeemed_by: UUID
    redeemed_by_name: str
    redeemed_at: datetime
    reversed_at: datetime | None = None
    reversal_reason: str = ""
    companions: int = 0
    person_id: UUID | None = None
    price: int | None = None
    reduced_by: int | None = None
    to_pay: int | None = None
    currency: str | None = None


class RedemptionFilter(Struct, frozen=True):
    """Which redemptions."""

    customer_id: UUID | None = None
    item: str | None = None


LISTED = Listing(
    view=RedemptionView,
    source="redemption x left join redemption_use u on u.tenant_id = x.tenant_id and u.redemption_id = x.id"
    " left join redemption_reversal v on v.tenant_id = x.tenant_id and v.redemption_id = x.id",
    order=newest_first("x.redeemed_at"),
    columns={
        "state": "case when v.reversed_at is not null then 'reversed'"
        " when x.reserved_until is null or u.used_at is not null then 'used'"
        " when x.reserved_until > $now then 'reserved' else 'lapsed' end",
        "reversed_at": "v.reversed_at",
        "reversal_reason": "coalesce(v.reason, '')",
        "companions": "coalesce(x.companions, 0)",
        "to_pay": "x.price - x.reduced_by",
    },
)


async def by_id(redemption_id: UUID, *, now: datetime) -> RedemptionView:
    """Raises NotFound."""
    return await LISTED.one(redemption_id, now=now)


async def by_reference(reference: str, customer_id: UUID, *, now: datetime) -> RedemptionView | None:
    """The redemption that carries the caller's reference, the customer's before anybody else's in sight, or None."""
    found = await LISTED.where(
        "x.reference = $reference",
        order="(x.customer_id = $customer) desc limit 1",
        reference=reference,
        customer=customer_id,
        now=now,
    )
    return next(iter(found), None)


# What was written down until $4; of redemptions, with $5 and $6, those that came before that one.
_LEDGER = """select x.used_on, x.quantity, case when x.reserved_until is null or u.used_at <= $4 then 'used'
    when x.reserved_until > $4 then 'reserved' else 'lapsed' end as state, x.occasion, x.person_id
  from redemption x left join redemption_use u on u.tenant_id = x.tenant_id and u.redemption_id = x.id
    left join redemption_reversal v on v.tenant_id = x.tenant_id and v.redemption_id = x.id
  where x.customer_id = $1 and x.item = $2 and x.scheme = $3 and (v.reversed_at is null or v.reversed_at > $4)
    and ($5::timestamptz is null or (x.redeemed_at, x.id) < ($5, $6))
  union all select a.counts_on, a.quantity, 'adjusted', a.occasion, null from entitlement_adjustment a
    where a.customer_id = $1 and a.item = $2 and a.scheme = $3 and a.adjusted_at <= $4"""


class _Entry(Struct, frozen=True):
    used_on: date
    quantity: int
    state: Literal["used", "reserved", "lapsed", "adjusted"]
    occasion: str
    person_id: UUID | None


async def counted(
    customer_id: UUID, entitlement: Entitlement, *, now: datetime, before: tuple[datetime, UUID] | None = None
) -> list[Counted]:
    """What counts for or against the scheme's quota of the item as it is known at `now`: uses, running reservations, adjustments,
    no-shows; of redemptions only those that came `before` the one of this moment and id, where one is named."""
    entries = await read(
        _Entry, _LEDGER, customer_id, entitlement.item, entitlement.scheme, now, *(before or (None, None))
    )
    return [
        Counted(
            entry.used_on,
            entry.quantity,
            # A no-show is a use.
            "used" if entry.state == "lapsed" else entry.state,
            entry.occasion,
            entry.person_id,
        )
        for entry in entries
        if entry.state != "lapsed" or entitlement.no_show == "used"
    ]


def right_on(
    policy: Policy, history: list[MembershipView], scheme: str, item: str
) -> Callable[[date], Entitlement | None]:
    """What the tier of the scheme that was held on a day gives of the item."""

    def on(day: date) -> Entitlement | None:
        tier = next((each.tier for each in holding_on(history, day) if each.scheme == scheme), None)
        return right_of(policy, scheme, tier, item)

    return on


def right_of(policy: Policy, scheme: str, tier: str | None, item: str) -> Entitlement | None:
    """What the tier gives of the item."""
    return next(
        (each for each in policy.entitlements if (each.scheme, each.tier, each.item) == (scheme, tier, item)), None
    )


async def desk_item(customer_id: UUID | None, act: Act, *, held: Mapping[str, str] | None = None) -> ServiceItem | None:
    """The service at a desk that the customer's tiers give today, if any (S07-3); `held` are the tiers by scheme, where they
    are known already."""
    items = {item.name: item for item in act.policy.service_items if item.at_desks}
    if customer_id is None or not items:
        return None
    if held is None:
        held = (await current_tiers([customer_id], on=act.today)).get(customer_id, {})
    return next(
        (items[e.item] for e in act.policy.entitlements if e.item in items and held.get(e.scheme) == e.tier), None
    )
