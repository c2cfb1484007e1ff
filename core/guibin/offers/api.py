"""`/api/v1/offers` and `/api/v1/offer-purchases`."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get, post

from guibin.audit.actions import AuditNote, record
from guibin.context import Company
from guibin.policy.packs import Policy
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import Principal, may, sees_all

from . import actions, queries
from .actions import Asked
from .queries import OfferView, PurchaseView
from .requests import NewOffer, NewPurchase, NewReturn

READ, REDEEM = may("entitlements:read"), may("entitlements:redeem")


class OfferController(Controller):
    path = "/api/v1/offers"
    tags = ("offers",)

    @post("/", needs=may("campaigns:write") & sees_all, summary="Offer something scarce, open to tiers in order")
    async def put_up(self, data: NewOffer, policy: Policy, language: str, by: Principal, now: datetime) -> OfferView:
        return await actions.put_up(data, policy=policy, language=language, by=by, now=now)

    @get("/", needs=READ, summary="Offers, the latest to open first")
    async def list_offers(
        self, policy: Policy, language: str, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[OfferView]:
        found = await queries.offers(policy, language, after=decode(cursor), limit=limit + 1)
        return page_of(found, limit, lambda one: Cursor(one.openings[-1].opens_at, one.id))

    @get("/{offer_id:uuid}", needs=READ, summary="One offer: when it opens for whom, and what is left")
    async def show(self, offer_id: UUID, policy: Policy, language: str) -> OfferView:
        return await queries.offer(offer_id, policy, language)

    @post("/{offer_id:uuid}/purchases", needs=REDEEM, summary="A customer buys")
    async def buy(
        self,
        offer_id: UUID,
        data: NewPurchase,
        policy: Policy,
        company: Company,
        language: str,
        by: Principal,
        now: datetime,
    ) -> PurchaseView:
        asked = Asked(policy=policy, company=company, language=language, by=by, now=now)
        return await actions.buy(offer_id, data, asked)


class OfferPurchaseController(Controller):
    path = "/api/v1/offer-purchases"
    tags = ("offers",)

    @get("/", needs=READ, summary="Purchases, the latest first")
    async def list_purchases(
        self,
        by: Principal,
        now: datetime,
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
        await record(note, by=by, now=now)
        return page

    @post("/{purchase_id:uuid}/return", needs=REDEEM, summary="The purchase is undone")
    async def take_back(self, purchase_id: UUID, data: NewReturn, by: Principal, now: datetime) -> PurchaseView:
        return await actions.take_back(purchase_id, data, by=by, now=now)
