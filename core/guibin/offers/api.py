"""`/api/v1/offers` and `/api/v1/offer-purchases`."""

from uuid import UUID

from litestar import Controller, get

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may, sees_all

from . import actions, queries
from .queries import OfferView, PurchaseView

READ, REDEEM = may("entitlements:read"), may("entitlements:redeem")


class OfferController(Controller):
    path = "/api/v1/offers"
    tags = ("offers",)
    put_up = posts(
        "/",
        actions.put_up,
        needs=may("campaigns:write") & sees_all,
        summary="Offer something scarce, open to tiers in order",
    )

    @get("/", needs=READ, summary="Offers, the latest to open first")
    async def list_offers(self, act: Act, limit: Limit = 50, cursor: CursorText = None) -> Page[OfferView]:
        found = await queries.offers(act, after=decode(cursor), limit=limit + 1)
        return page_of(found, limit, lambda one: Cursor(one.openings[-1].opens_at, one.id))

    show = gets(
        "/{offer_id:uuid}", queries.offer, needs=READ, summary="One offer: when it opens for whom, and what is left"
    )
    buy = posts("/{offer_id:uuid}/purchases", actions.buy, needs=REDEEM, summary="A customer buys")


class OfferPurchaseController(Controller):
    path = "/api/v1/offer-purchases"
    tags = ("offers",)

    @get("/", needs=READ, summary="Purchases, the latest first")
    async def list_purchases(
        self,
        act: Act,
        offer_id: UUID | None = None,
        customer_id: UUID | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[PurchaseView]:
        found = await queries.purchases(
            offer_id=offer_id, customer_id=customer_id, after=decode(cursor), limit=limit + 1
        )
        page = page_of(found, limit, lambda one: Cursor(one.bought_at, one.id))
        customers = tuple(dict.fromkeys(one.customer_id for one in page.items))
        note = AuditNote(
            action="offer.purchases", subject="offer", customer_ids=customers, fields=("tier",), shown=len(page.items)
        )
        await record(note, act)
        return page

    take_back = posts("/{purchase_id:uuid}/return", actions.take_back, needs=REDEEM, summary="The purchase is undone")
