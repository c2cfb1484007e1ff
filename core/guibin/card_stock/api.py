"""`/api/v1/card-requests`, `/card-batches`, `/card-shipments`, `/card-write-offs`, `/card-stocks`."""

from litestar import Controller, get

from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import gets, posts
from guibin_tenants.principals import Principal, may, sees_all

from . import actions, queries
from .queries import CardRequestView, MovementView, ShipmentView, StockView

READ, WRITE = may("cards:read"), may("cards:write")


class CardRequestController(Controller):
    path = "/api/v1/card-requests"
    tags = ("cards",)
    ask = posts("/", actions.ask, needs=WRITE, summary="A unit asks for so many cards")

    @get("/", needs=READ, summary="Quantity requests, newest first")
    async def list_requests(
        self, by: Principal, waiting: bool = False, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[CardRequestView]:
        found = await queries.requests(waiting=waiting, by=by, after=decode(cursor), limit=limit + 1)
        return page_of(found, limit, lambda row: Cursor(row.asked_at, row.id))

    show = gets("/{request_id:uuid}", queries.request, needs=READ, summary="One quantity request")


class CardBatchController(Controller):
    path = "/api/v1/card-batches"
    tags = ("cards",)
    make = posts("/", actions.make, needs=WRITE & sees_all, summary="Cards were made centrally and enter a stock")


class CardShipmentController(Controller):
    path = "/api/v1/card-shipments"
    tags = ("cards",)
    dispatch = posts("/", actions.dispatch, needs=WRITE, summary="Send cards one level down, or back up")

    @get("/", needs=READ, summary="Shipments, newest first")
    async def list_shipments(
        self, by: Principal, in_transit: bool = False, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[ShipmentView]:
        found = await queries.shipments(in_transit=in_transit, by=by, after=decode(cursor), limit=limit + 1)
        return page_of(found, limit, lambda row: Cursor(row.dispatched_at, row.id))

    show = gets("/{shipment_id:uuid}", queries.shipment, needs=READ, summary="One shipment")
    receive = posts("/{shipment_id:uuid}/receipt", actions.receive, needs=WRITE, summary="Count what arrived")


class CardWriteOffController(Controller):
    path = "/api/v1/card-write-offs"
    tags = ("cards",)
    write_off = posts("/", actions.write_off, needs=WRITE, summary="Cards of a stock are spoilt, destroyed or missing")


class CardStockController(Controller):
    path = "/api/v1/card-stocks"
    tags = ("cards",)

    @get("/", needs=READ, summary="What each unit has, and what is on its way to it")
    async def list_stocks(self, by: Principal, kind: str | None = None) -> list[StockView]:
        return await queries.stocks(kind, by=by)

    balances = gets(
        "/balances", queries.balances, needs=READ & sees_all, summary="Where all cards made are; for the head office"
    )

    @get("/movements", needs=READ, summary="The ledger, newest first")
    async def movements(
        self, by: Principal, kind: str | None = None, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[MovementView]:
        found = await queries.movements(kind, by=by, after=decode(cursor), limit=limit + 1)
        return page_of(found, limit, lambda row: Cursor(row.moved_at, row.id))
