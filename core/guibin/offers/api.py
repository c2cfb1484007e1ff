"""`/api/v1/offers` and `/api/v1/offer-purchases`."""

from litestar import Controller

from guibin.audit.answering import lists
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may, sees_all

from . import actions, queries
from .queries import PURCHASES, PurchaseFilter

READ, REDEEM = may("entitlements:read"), may("entitlements:redeem")


class OfferController(Controller):
    path = "/api/v1/offers"
    tags = ("offers",)
    put_up = posts(
        "/", actions.put_up, "Offer something scarce, open to tiers in order", needs=may("campaigns:write") & sees_all
    )
    list_offers = gets("/", queries.offers, "Offers, the latest to open first")
    show = gets("/{offer_id:uuid}", queries.offer, "One offer: when it opens for whom, and what is left")
    buy = posts("/{offer_id:uuid}/purchases", actions.buy, "A customer buys", needs=REDEEM)


class OfferPurchaseController(Controller):
    path = "/api/v1/offer-purchases"
    tags = ("offers",)
    list_purchases = lists(
        "/",
        PURCHASES,
        PurchaseFilter,
        "Purchases, the latest first",
        recorded="offer",
        verb="purchases",
        fields=("tier",),
    )
    take_back = posts("/{purchase_id:uuid}/return", actions.take_back, "The purchase is undone", needs=REDEEM)
