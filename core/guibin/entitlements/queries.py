"""Reading the ledger, and what tiers give without one."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin.periods.allowances import Counted
from guibin.policy.service_items import Entitlement, ServiceItem
from guibin.tiers.queries import current_tiers
from guibin.web.listing import Listing, newest_first
from guibin_tenants.scope import fetch

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


async def counted(customer_id: UUID, entitlement: Entitlement, *, now: datetime) -> list[Counted]:
    """What counts for or against the scheme's quota of the item: uses, running reservations, adjustments, no-shows."""
    views = await LISTED.where(
        "x.customer_id = $customer and x.item = $item and x.scheme = $scheme and v.id is null",
        order="x.used_on, x.id",
        customer=customer_id,
        item=entitlement.item,
        scheme=entitlement.scheme,
        now=now,
    )
    given = await fetch(
        "select counts_on, quantity, occasion from entitlement_adjustment"
        " where customer_id = $1 and item = $2 and scheme = $3 order by counts_on, id",
        customer_id,
        entitlement.item,
        entitlement.scheme,
    )
    return [
        *(
            Counted(
                view.used_on,
                view.quantity,
                "reserved" if view.state == "reserved" else "used",
                view.occasion,
                view.person_id,
            )
            for view in views
            if view.state != "lapsed" or entitlement.no_show == "used"
        ),
        *(Counted(row["counts_on"], row["quantity"], "adjusted", row["occasion"]) for row in given),
    ]


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
