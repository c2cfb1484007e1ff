"""Reading the ledger."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.periods.allowances import Counted
from guibin.policy.service_items import Entitlement
from guibin.web.paging import Cursor
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one

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


_REDEMPTION = (
    "select r.id, r.customer_id, r.item, r.scheme, r.tier, r.quantity, r.used_on, r.reference, r.occasion, r.proof, r.note,"
    " r.companions, r.person_id, r.price, r.reduced_by, r.currency, r.reserved_until, r.redeemed_by, r.redeemed_by_name, r.redeemed_at, u.used_at, v.reversed_at,"
    " coalesce(v.reason, '') as reversal_reason"
    " from redemption r"
    " left join redemption_use u on u.tenant_id = r.tenant_id and u.redemption_id = r.id"
    " left join redemption_reversal v on v.tenant_id = r.tenant_id and v.redemption_id = r.id"
)


async def by_id(redemption_id: UUID, *, now: datetime) -> RedemptionView:
    """Raises NotFound."""
    row = await fetch_one(f"{_REDEMPTION} where r.id = $1", redemption_id)
    if row is None:
        raise NotFound(f"There is no redemption {redemption_id}")
    return view_of(row, now)


async def by_reference(reference: str, customer_id: UUID, *, now: datetime) -> RedemptionView | None:
    """The redemption that carries the caller's reference, the customer's before anybody else's in sight, or None."""
    row = await fetch_one(
        f"{_REDEMPTION} where r.reference = $1 order by (r.customer_id = $2) desc limit 1", reference, customer_id
    )
    return view_of(row, now) if row else None


async def listed(
    customer_id: UUID | None, item: str | None, *, after: Cursor | None, limit: int, now: datetime
) -> list[RedemptionView]:
    """Redemptions newest first."""
    rows = await fetch(
        f"{_REDEMPTION} where ($1::uuid is null or r.customer_id = $1) and ($2::text is null or r.item = $2)"
        " and ($3::timestamptz is null or (r.redeemed_at, r.id) < ($3, $4::uuid))"
        " order by r.redeemed_at desc, r.id desc limit $5",
        customer_id,
        item,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [view_of(row, now) for row in rows]


async def counted(customer_id: UUID, entitlement: Entitlement, *, now: datetime) -> list[Counted]:
    """What counts for or against the scheme's quota of the item: uses, running reservations, adjustments, no-shows."""
    rows = await fetch(
        f"{_REDEMPTION} where r.customer_id = $1 and r.item = $2 and r.scheme = $3 and v.id is null"
        " order by r.used_on, r.id",
        customer_id,
        entitlement.item,
        entitlement.scheme,
    )
    given = await fetch(
        "select counts_on, quantity, occasion from entitlement_adjustment"
        " where customer_id = $1 and item = $2 and scheme = $3 order by counts_on, id",
        customer_id,
        entitlement.item,
        entitlement.scheme,
    )
    views = [view_of(row, now) for row in rows]
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


def view_of(row: asyncpg.Record, now: datetime) -> RedemptionView:
    """A row as readers see it at `now`."""
    return RedemptionView(
        id=row["id"],
        customer_id=row["customer_id"],
        item=row["item"],
        scheme=row["scheme"],
        tier=row["tier"],
        quantity=row["quantity"],
        used_on=row["used_on"],
        reference=row["reference"],
        occasion=row["occasion"],
        proof=row["proof"],
        note=row["note"],
        state=_state(row, now),
        reserved_until=row["reserved_until"],
        redeemed_by=row["redeemed_by"],
        redeemed_by_name=row["redeemed_by_name"],
        redeemed_at=row["redeemed_at"],
        reversed_at=row["reversed_at"],
        reversal_reason=row["reversal_reason"],
        companions=row["companions"] or 0,
        person_id=row["person_id"],
        price=row["price"],
        reduced_by=row["reduced_by"],
        to_pay=None if row["price"] is None else row["price"] - row["reduced_by"],
        currency=row["currency"],
    )


def _state(row: asyncpg.Record, now: datetime) -> State:
    if row["reversed_at"] is not None:
        return "reversed"
    if row["reserved_until"] is None or row["used_at"] is not None:
        return "used"
    return "reserved" if row["reserved_until"] > now else "lapsed"
