"""`/api/v1/card-requests`, `/card-batches`, `/card-shipments`, `/card-write-offs`, `/card-stocks`."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get, post

from guibin.policy.packs import Policy
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import Principal, may, sees_all

from . import supply
from . import supply_queries as queries
from .requests import NewCardBatch, NewCardReceipt, NewCardRequest, NewCardShipment, NewCardWriteOff
from .supply_queries import BalanceView, BatchView, CardRequestView, MovementView, ShipmentView, StockView, WriteOffView

READ, WRITE = may("cards:read"), may("cards:write")


class CardRequestController(Controller):
    path = "/api/v1/card-requests"
    tags = ("cards",)

    @post("/", needs=WRITE, summary="A unit asks for so many cards")
    async def ask(self, data: NewCardRequest, policy: Policy, by: Principal, now: datetime) -> CardRequestView:
        return await supply.ask(data, policy=policy, by=by, now=now)

    @get("/", needs=READ, summary="Quantity requests, newest first")
    async def list_requests(
        self, by: Principal, waiting: bool = False, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[CardRequestView]:
        found = await queries.requests(waiting=waiting, by=by, after=decode(cursor), limit=limit + 1)
        return page_of(found, limit, lambda row: Cursor(row.asked_at, row.id))

    @get("/{request_id:uuid}", needs=READ, summary="One quantity request")
    async def show(self, request_id: UUID, by: Principal) -> CardRequestView:
        return await queries.request(request_id, by=by)


class CardBatchController(Controller):
    path = "/api/v1/card-batches"
    tags = ("cards",)

    @post("/", needs=WRITE & sees_all, summary="Cards were made centrally and enter a stock")
    async def make(self, data: NewCardBatch, policy: Policy, by: Principal, now: datetime) -> BatchView:
        return await supply.make(data, policy=policy, by=by, now=now)


class CardShipmentController(Controller):
    path = "/api/v1/card-shipments"
    tags = ("cards",)

    @post("/", needs=WRITE, summary="Send cards one level down, or back up")
    async def dispatch(self, data: NewCardShipment, policy: Policy, by: Principal, now: datetime) -> ShipmentView:
        return await supply.dispatch(data, policy=policy, by=by, now=now)

    @get("/", needs=READ, summary="Shipments, newest first")
    async def list_shipments(
        self, by: Principal, in_transit: bool = False, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[ShipmentView]:
        found = await queries.shipments(in_transit=in_transit, by=by, after=decode(cursor), limit=limit + 1)
        return page_of(found, limit, lambda row: Cursor(row.dispatched_at, row.id))

    @get("/{shipment_id:uuid}", needs=READ, summary="One shipment")
    async def show(self, shipment_id: UUID, by: Principal) -> ShipmentView:
        return await queries.shipment(shipment_id, by=by)

    @post("/{shipment_id:uuid}/receipt", needs=WRITE, summary="Count what arrived")
    async def receive(self, shipment_id: UUID, data: NewCardReceipt, by: Principal, now: datetime) -> ShipmentView:
        return await supply.receive(shipment_id, data, by=by, now=now)


class CardWriteOffController(Controller):
    path = "/api/v1/card-write-offs"
    tags = ("cards",)

    @post("/", needs=WRITE, summary="Cards of a stock are spoilt, destroyed or missing")
    async def write_off(self, data: NewCardWriteOff, policy: Policy, by: Principal, now: datetime) -> WriteOffView:
        return await supply.write_off(data, policy=policy, by=by, now=now)


class CardStockController(Controller):
    path = "/api/v1/card-stocks"
    tags = ("cards",)

    @get("/", needs=READ, summary="What each unit has, and what is on its way to it")
    async def list_stocks(self, by: Principal, kind: str | None = None) -> list[StockView]:
        return await queries.stocks(kind, by=by)

    @get("/balances", needs=READ & sees_all, summary="Where all cards made are; for the head office")
    async def balances(self, by: Principal) -> list[BalanceView]:
        return await queries.balances(by=by)

    @get("/movements", needs=READ, summary="The ledger, newest first")
    async def movements(
        self, by: Principal, kind: str | None = None, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[MovementView]:
        found = await queries.movements(kind, by=by, after=decode(cursor), limit=limit + 1)
        return page_of(found, limit, lambda row: Cursor(row.moved_at, row.id))
