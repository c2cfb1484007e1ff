"""Reading offers and purchases."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin.policy.activities import HeadStart
from guibin.policy.money import Money, from_minor
from guibin.web.listing import Listing, PageAsked, newest_first
from guibin.web.paging import Page


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
    topic: str
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


class OfferRow(Struct, frozen=True, kw_only=True):
    """An offer as it is kept."""

    id: UUID
    title: str
    text: str
    topic: str
    quantity: int
    sold: int
    per_customer: int
    price: int
    currency: str
    opens_at: datetime
    closes_at: datetime
    head_starts: list[HeadStart]
    put_up_by_name: str


class PurchaseFilter(Struct, frozen=True, kw_only=True):
    """Which purchases: None does not filter."""

    offer_id: UUID | None = None
    customer_id: UUID | None = None


_OFFERS = Listing(view=OfferRow, source="offer x", order=newest_first("x.opens_at"))
PURCHASES = Listing(
    view=PurchaseView,
    source="offer_purchase x left join offer_return r on r.tenant_id = x.tenant_id and r.purchase_id = x.id",
    order=newest_first("x.bought_at"),
    columns={"returned_at": "r.returned_at"},
)


async def offer(offer_id: UUID, act: Act) -> OfferView:
    """Raises NotFound."""
    return _offer(await _OFFERS.one(offer_id), act)


async def offers(page: PageAsked, act: Act) -> Page[OfferView]:
    """The latest to open first."""
    rows = await _OFFERS.page(None, page, act)
    return Page([_offer(row, act) for row in rows.items], rows.next)


async def rows() -> list[OfferRow]:
    """Every offer as it is kept."""
    return await _OFFERS.where("true")


def longest_first(starts: Sequence[HeadStart]) -> list[HeadStart]:
    """The head starts an offer was put up with, the longest first."""
    return sorted(starts, key=lambda start: -start.hours)


def _offer(row: OfferRow, act: Act) -> OfferView:
    openings = [
        Opening(
            start.scheme,
            start.tier,
            act.policy.title(f"tier.{start.tier}", act.language),
            row.opens_at - timedelta(hours=start.hours),
        )
        for start in longest_first(row.head_starts)
    ]
    return OfferView(
        id=row.id,
        title=row.title,
        text=row.text,
        topic=row.topic,
        quantity=row.quantity,
        left=row.quantity - row.sold,
        per_customer=row.per_customer,
        price=from_minor(row.price, row.currency),
        openings=[*openings, Opening(None, None, None, row.opens_at)],
        closes_at=row.closes_at,
        put_up_by_name=row.put_up_by_name,
    )
