"""`/api/v1/offers` and `/api/v1/offer-purchases`."""

from litestar import Controller, get

from guibin.audit.actions import searched
from guibin.context import Act
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may, sees_all

from . import actions, queries
from .queries import PURCHASES, PurchaseFilter, PurchaseView

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

    list_offers = gets("/", queries.offers, needs=READ, summary="Offers, the latest to open first")
    show = gets(
        "/{offer_id:uuid}", queries.offer, needs=READ, summary="One offer: when it opens for whom, and what is left"
    )
    buy = posts("/{offer_id:uuid}/purchases", actions.buy, needs=REDEEM, summary="A customer buys")


class OfferPurchaseController(Controller):
    path = "/api/v1/offer-purchases"
    tags = ("offers",)

    @get(
        "/",
        needs=READ,
        summary="Purchases, the latest first",
        dependencies={"filters": from_query(PurchaseFilter)},
    )
    async def list_purchases(self, filters: PurchaseFilter, page: PageAsked, act: Act) -> Page[PurchaseView]:
        purchases = await PURCHASES.page(filters, page, act)
        return await searched("offer", purchases, act, verb="purchases", fields=("tier",))

    take_back = posts("/{purchase_id:uuid}/return", actions.take_back, needs=REDEEM, summary="The purchase is undone")
