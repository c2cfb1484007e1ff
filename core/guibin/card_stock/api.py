"""`/api/v1/card-requests`, `/card-batches`, `/card-shipments`, `/card-write-offs`, `/card-stocks`."""

from litestar import Controller, get

from guibin.context import Act
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import gets, posts
from guibin_tenants.principals import Principal, may, sees_all

from . import actions, queries
from .queries import (
    MOVEMENTS,
    REQUESTS,
    SHIPMENTS,
    CardRequestFilter,
    CardRequestView,
    MovementFilter,
    MovementView,
    ShipmentFilter,
    ShipmentView,
    StockView,
)

READ, WRITE = may("cards:read"), may("cards:write")


class CardRequestController(Controller):
    path = "/api/v1/card-requests"
    tags = ("cards",)
    ask = posts("/", actions.ask, needs=WRITE, summary="A unit asks for so many cards")

    @get(
        "/",
        needs=READ,
        summary="Quantity requests, newest first",
        dependencies={"filters": from_query(CardRequestFilter)},
    )
    async def list_requests(self, filters: CardRequestFilter, page: PageAsked, act: Act) -> Page[CardRequestView]:
        return await REQUESTS.page(filters, page, act, units=act.by.units_seen)

    show = gets("/{request_id:uuid}", queries.request, needs=READ, summary="One quantity request")


class CardBatchController(Controller):
    path = "/api/v1/card-batches"
    tags = ("cards",)
    make = posts("/", actions.make, needs=WRITE & sees_all, summary="Cards were made centrally and enter a stock")


class CardShipmentController(Controller):
    path = "/api/v1/card-shipments"
    tags = ("cards",)
    dispatch = posts("/", actions.dispatch, needs=WRITE, summary="Send cards one level down, or back up")

    @get("/", needs=READ, summary="Shipments, newest first", dependencies={"filters": from_query(ShipmentFilter)})
    async def list_shipments(self, filters: ShipmentFilter, page: PageAsked, act: Act) -> Page[ShipmentView]:
        return await SHIPMENTS.page(filters, page, act, units=act.by.units_seen)

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

    @get(
        "/movements",
        needs=READ,
        summary="The ledger, newest first",
        dependencies={"filters": from_query(MovementFilter)},
    )
    async def movements(self, filters: MovementFilter, page: PageAsked, act: Act) -> Page[MovementView]:
        return await MOVEMENTS.page(filters, page, act, units=act.by.units_seen)
