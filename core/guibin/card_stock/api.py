"""`/api/v1/card-requests`, `/card-batches`, `/card-shipments`, `/card-write-offs`, `/card-stocks`."""

from litestar import Controller, get

from guibin.audit.answering import lists
from guibin.web.routing import gets, posts
from guibin_tenants.principals import Principal, may, sees_all

from . import actions, orders, queries
from .queries import (
    MOVEMENTS,
    ORDERS,
    REQUESTS,
    SHIPMENTS,
    CardOrderFilter,
    CardRequestFilter,
    MovementFilter,
    ShipmentFilter,
    StockView,
)

READ, WRITE = may("cards:read"), may("cards:write")
CENTRAL = WRITE & sees_all


class CardRequestController(Controller):
    path = "/api/v1/card-requests"
    tags = ("cards",)
    ask = posts("/", actions.ask, "A unit asks for so many cards")
    list_requests = lists(
        "/",
        REQUESTS,
        CardRequestFilter,
        "Quantity requests, newest first",
        values=lambda act: {"units": act.by.units_seen},
    )
    show = gets("/{request_id:uuid}", queries.request, "One quantity request")


class CardBatchController(Controller):
    path = "/api/v1/card-batches"
    tags = ("cards",)
    make = posts("/", actions.make, "Cards were made centrally and enter a stock", needs=WRITE & sees_all)


class CardOrderController(Controller):
    path = "/api/v1/card-orders"
    tags = ("cards",)
    place = posts("/", orders.place, "Order cards from whoever makes them above the company", needs=CENTRAL)
    list_orders = lists("/", ORDERS, CardOrderFilter, "Orders, newest first")
    show = gets("/{order_id:uuid}", queries.order, "One order with what happened to it")
    send = posts("/{order_id:uuid}/sending", orders.send, "The order's document left", needs=CENTRAL)
    confirm = posts("/{order_id:uuid}/confirmation", orders.confirm, "The maker confirmed it", needs=CENTRAL)
    deliver = posts("/{order_id:uuid}/deliveries", orders.deliver, "So many came", needs=CENTRAL)
    complain = posts(
        "/{order_id:uuid}/shortfalls", orders.complain, "The maker was told of missing cards", needs=CENTRAL
    )
    close = posts("/{order_id:uuid}/closing", orders.close, "What has not come is waited for no more", needs=CENTRAL)


class CardShipmentController(Controller):
    path = "/api/v1/card-shipments"
    tags = ("cards",)
    dispatch = posts("/", actions.dispatch, "Send cards one level down, or back up")
    list_shipments = lists(
        "/", SHIPMENTS, ShipmentFilter, "Shipments, newest first", values=lambda act: {"units": act.by.units_seen}
    )
    show = gets("/{shipment_id:uuid}", queries.shipment, "One shipment")
    receive = posts("/{shipment_id:uuid}/receipt", actions.receive, "Count what arrived")


class CardWriteOffController(Controller):
    path = "/api/v1/card-write-offs"
    tags = ("cards",)
    write_off = posts("/", actions.write_off, "Cards of a stock are spoilt, destroyed or missing")


class CardStockController(Controller):
    path = "/api/v1/card-stocks"
    tags = ("cards",)

    @get("/", needs=READ, summary="What each unit has, and what is on its way to it")
    async def list_stocks(self, by: Principal, kind: str | None = None) -> list[StockView]:
        return await queries.stocks(kind, by=by)

    balances = gets(
        "/balances", queries.balances, "Where all cards made are; for the head office", needs=READ & sees_all
    )
    movements = lists(
        "/movements",
        MOVEMENTS,
        MovementFilter,
        "The ledger, newest first",
        values=lambda act: {"units": act.by.units_seen},
    )
