"""Reading offers and purchases."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.context import Act
from guibin.policy.activities import HeadStart
from guibin.policy.money import Money, from_minor
from guibin.web.paging import Cursor
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one


class Opening(Struct, frozen=True):
    """When it opens for a tier; `tier` None is everybody."""

    scheme: str | None
    tier: str | None
    title: str | None
    opens_at: datetime


class OfferView(Struct, frozen=True, kw_only=True):
    """An offer, when it opens for whom, the earliest first, and what is left of it."""

    id: UUID
    title: str
    text: str
    quantity: int
    left: int
    per_customer: int
    price: Money
    openings: list[Opening]
    closes_at: datetime
    put_up_by_name: str


class PurchaseView(Struct, frozen=True, kw_only=True):
    """What a customer bought; `early` says that the tier's head start was used."""

    id: UUID
    offer_id: UUID
    customer_id: UUID
    quantity: int
    early: bool
    tier: str
    bought_at: datetime
    returned_at: datetime | None


_OFFER = "select *, head_starts::text as starts from offer"
_PURCHASE = (
    "select p.id, p.offer_id, p.customer_id, p.quantity, p.early, p.tier, p.bought_at, r.returned_at"
    " from offer_purchase p left join offer_return r on r.tenant_id = p.tenant_id and r.purchase_id = p.id"
)


async def offer(offer_id: UUID, act: Act) -> OfferView:
    """Raises NotFound."""
    row = await fetch_one(f"{_OFFER} where id = $1", offer_id)
    if row is None:
        raise NotFound(f"There is no offer {offer_id}")
    return _offer(row, act)


async def offers(act: Act, *, after: Cursor | None, limit: int) -> list[OfferView]:
    """The latest to open first."""
    rows = await fetch(
        f"{_OFFER} where $1::timestamptz is null or (opens_at, id) < ($1, $2::uuid) order by opens_at desc, id desc limit $3",
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [_offer(row, act) for row in rows]


async def purchase(purchase_id: UUID) -> PurchaseView:
    """Raises NotFound."""
    row = await fetch_one(f"{_PURCHASE} where p.id = $1", purchase_id)
    if row is None:
        raise NotFound(f"There is no purchase {purchase_id}")
    return msgspec.convert(dict(row), PurchaseView)


async def purchases(
    *, offer_id: UUID | None, customer_id: UUID | None, after: Cursor | None, limit: int
) -> list[PurchaseView]:
    """The latest first."""
    rows = await fetch(
        f"{_PURCHASE} where ($1::uuid is null or p.offer_id = $1) and ($2::uuid is null or p.customer_id = $2)"
        " and ($3::timestamptz is null or (p.bought_at, p.id) < ($3, $4::uuid))"
        " order by p.bought_at desc, p.id desc limit $5",
        offer_id,
        customer_id,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), PurchaseView) for row in rows]


def starts_of(row: Any) -> list[HeadStart]:
    """The head starts as they were when the offer was put up, the longest first."""
    found = msgspec.json.decode(row["starts"], type=list[HeadStart])
    return sorted(found, key=lambda start: -start.hours)


def _offer(row: Any, act: Act) -> OfferView:
    openings = [
        Opening(
            start.scheme,
            start.tier,
            act.policy.title(f"tier.{start.tier}", act.language),
            row["opens_at"] - timedelta(hours=start.hours),
        )
        for start in starts_of(row)
    ]
    return OfferView(
        id=row["id"],
        title=row["title"],
        text=row["text"],
        quantity=row["quantity"],
        left=row["quantity"] - row["sold"],
        per_customer=row["per_customer"],
        price=from_minor(row["price"], row["currency"]),
        openings=[*openings, Opening(None, None, None, row["opens_at"])],
        closes_at=row["closes_at"],
        put_up_by_name=row["put_up_by_name"],
    )
