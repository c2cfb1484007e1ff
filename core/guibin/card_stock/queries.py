"""Reading requests, batches, shipments and stock: one's own units' and those under them."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.cases.followed import FOLLOWED, Followed
from guibin.cases.outcomes import Outcome
from guibin.cases.subjects import CUSTOMERS_OF
from guibin.sla.queries import OVERDUE, timer_of
from guibin.web.listing import Listing, newest_first
from guibin_tenants.principals import Principal, may
from guibin_tenants.rows import lines, read
from guibin_tenants.scope import ALL_UNITS

from .refusals import NotCentral
from .tables import CardBatch, CardOrder, CardRequest, CardShipment, CardWriteOff, State


class CardRequestView(Struct, frozen=True):
    """A quantity request; `shipped` is what has left for the unit itself, less what got lost on the way."""

    id: UUID
    kind: str
    unit_id: UUID
    quantity: int
    reason: str
    clause: str
    asked_by: UUID
    asked_by_name: str
    asked_at: datetime
    approval_id: UUID | None
    outcome: Outcome | None
    decided_at: datetime | None
    shipped: int


class BatchView(Struct, frozen=True):
    """Cards that were made."""

    id: UUID
    kind: str
    unit_id: UUID
    quantity: int
    note: str
    made_by_name: str
    made_at: datetime


class CardOrderView(Struct, frozen=True, kw_only=True):
    """An order to whoever makes the cards; `delivered` came so far, `claimed` was said to be missing; `due_at` is when all is due."""

    id: UUID
    number: str
    kind: str
    maker: str
    quantity: int
    note: str
    clause: str
    state: State
    ordered_by_name: str
    ordered_at: datetime
    sent_at: datetime | None
    delivered: int
    claimed: int
    due_at: datetime | None
    warn_at: datetime | None
    breached_at: datetime | None


class OrderEventLine(Struct, frozen=True):
    """What happened to an order."""

    kind: str
    quantity: int
    text: str
    written_by_name: str
    written_at: datetime


class CardOrderForm(CardOrderView, frozen=True, kw_only=True):
    """The order with everything that happened to it."""

    events: list[OrderEventLine]


class CardOrderFilter(Struct, frozen=True, kw_only=True):
    """Which orders; `open` are those that something is waited for of, `overdue` those that are late."""

    kind: str | None = None
    open: bool = False
    overdue: bool = False


class ShipmentView(Struct, frozen=True):
    """Cards on their way, or arrived when `received` is set."""

    id: UUID
    kind: str
    from_unit_id: UUID
    to_unit_id: UUID
    quantity: int
    request_id: UUID | None
    note: str
    dispatched_by: UUID
    dispatched_by_name: str
    dispatched_at: datetime
    received: int | None
    missing: int | None
    reason: str | None
    received_by_name: str | None
    received_at: datetime | None


class WriteOffView(Struct, frozen=True):
    """Cards nobody will get."""

    id: UUID
    kind: str
    unit_id: UUID
    quantity: int
    cause: str
    reason: str
    written_by_name: str
    written_at: datetime


class StockView(Struct, frozen=True):
    """How many cards of a kind a unit has, and how many are on their way to it."""

    kind: str
    unit_id: UUID
    quantity: int
    coming: int


class BalanceView(Struct, frozen=True):
    """Where the cards of a kind are: `made` is always the sum of the rest."""

    kind: str
    made: int
    in_stock: int
    in_transit: int
    issued: int
    written_off: int


class MovementView(Struct, frozen=True):
    """One line of the ledger."""

    id: UUID
    kind: str
    from_account: str
    from_unit_id: UUID | None
    to_account: str
    to_unit_id: UUID | None
    quantity: int
    subject: str
    subject_id: UUID
    moved_by_name: str
    moved_at: datetime


class CardRequestFilter(Struct, frozen=True):
    """Which requests; `waiting` are those approved of which something is still to be shipped."""

    waiting: bool = False


class ShipmentFilter(Struct, frozen=True):
    """Which shipments; `in_transit` leaves out those that arrived."""

    in_transit: bool = False


class MovementFilter(Struct, frozen=True):
    """Which movements: None does not filter."""

    kind: str | None = None


_SHIPPED = (
    "(select coalesce(sum(s.quantity - coalesce(r.missing, 0)), 0)::int from card_shipment s"
    " left join card_receipt r on r.tenant_id = s.tenant_id and r.shipment_id = s.id"
    " where s.request_id = x.id and s.to_unit_id = x.unit_id)"
)
_BETWEEN = "$units::uuid[] is null or x.from_unit_id = any ($units::uuid[]) or x.to_unit_id = any ($units::uuid[])"
# `$units`: those whose cards are the caller's to see, null for all.
REQUESTS = Listing(
    view=CardRequestView,
    source="card_request x",
    order=newest_first("x.asked_at"),
    columns={"shipped": _SHIPPED},
    filters={"waiting": f"x.outcome = 'approved' and {_SHIPPED} < x.quantity"},
    holds="$units::uuid[] is null or x.unit_id = any ($units::uuid[])",
)
SHIPMENTS = Listing(
    view=ShipmentView,
    source="card_shipment x left join card_receipt r on r.tenant_id = x.tenant_id and r.shipment_id = x.id",
    order=newest_first("x.dispatched_at"),
    columns={name: f"r.{name}" for name in ("received", "missing", "reason", "received_by_name", "received_at")},
    filters={"in_transit": "r.id is null"},
    holds=_BETWEEN,
)
MOVEMENTS = Listing(view=MovementView, source="card_movement x", order=newest_first("x.moved_at"), holds=_BETWEEN)
BATCHES = Listing(view=BatchView, source="card_batch x", order=newest_first("x.made_at"))
WRITE_OFFS = Listing(view=WriteOffView, source="card_write_off x", order=newest_first("x.written_at"))


_EVENTS = "(select coalesce(sum(e.quantity), 0)::int from card_order_event e where e.order_id = x.id and e.kind = '{}')"
ORDERS = Listing(
    view=CardOrderView,
    source=f"card_order x left join {timer_of('x', 'delivery')}",
    order=newest_first("x.ordered_at"),
    columns={
        "delivered": _EVENTS.format("delivered"),
        "claimed": _EVENTS.format("claimed"),
        "due_at": "t.due_at",
        "warn_at": "t.warn_at",
        "breached_at": "t.breached_at",
    },
    filters={
        "open": "x.state in ('ordered', 'sent', 'confirmed')",
        "overdue": OVERDUE,
    },
)
ORDER_FORM = ORDERS.wider(
    CardOrderForm, events=lines(OrderEventLine, "from card_order_event where order_id = x.id order by written_at, id")
)


async def order(order_id: UUID) -> CardOrderForm:
    """Raises NotFound, also for whoever does not see the head office's stock."""
    return await ORDER_FORM.one(order_id)


async def request(request_id: UUID, *, by: Principal) -> CardRequestView:
    """Raises NotFound, also for a request of a unit that is not to be seen from here."""
    return await REQUESTS.one(request_id, units=by.units_seen)


async def shipment(shipment_id: UUID, *, by: Principal) -> ShipmentView:
    """Raises NotFound, also for a shipment between units that are not to be seen from here."""
    return await SHIPMENTS.one(shipment_id, units=by.units_seen)


async def stocks(kind: str | None, *, by: Principal) -> list[StockView]:
    """Every unit's stock to be seen from here, by kind and unit."""
    return await read(
        StockView,
        "with coming as ("
        "  select s.tenant_id, s.kind, s.to_unit_id as unit_id, sum(s.quantity)::int as quantity from card_shipment s"
        "  where not exists (select from card_receipt r where r.tenant_id = s.tenant_id and r.shipment_id = s.id)"
        "  group by 1, 2, 3"
        ") select coalesce(k.kind, c.kind) as kind, coalesce(k.unit_id, c.unit_id) as unit_id,"
        " coalesce(k.quantity, 0) as quantity, coalesce(c.quantity, 0) as coming from card_stock k"
        " full join coming c on c.tenant_id = k.tenant_id and c.kind = k.kind and c.unit_id = k.unit_id"
        " where ($1::text is null or coalesce(k.kind, c.kind) = $1)"
        " and ($2::uuid[] is null or coalesce(k.unit_id, c.unit_id) = any ($2::uuid[])) order by 1, 2",
        kind,
        by.units_seen,
    )


async def balances(*, by: Principal) -> list[BalanceView]:
    """Where all cards of the company are, from the ledger alone. Raises NotCentral for whoever sees only some units."""
    if by.units != ALL_UNITS:
        raise NotCentral("The whole company's cards are shown to the head office")
    return await read(
        BalanceView,
        "select kind, sum(quantity) filter (where from_account = 'made')::int as made,"
        " (coalesce(sum(quantity) filter (where to_account = 'stock'), 0)"
        "   - coalesce(sum(quantity) filter (where from_account = 'stock'), 0))::int as in_stock,"
        " (coalesce(sum(quantity) filter (where to_account = 'transit'), 0)"
        "   - coalesce(sum(quantity) filter (where from_account = 'transit'), 0))::int as in_transit,"
        " coalesce(sum(quantity) filter (where to_account = 'issued'), 0)::int as issued,"
        " coalesce(sum(quantity) filter (where to_account = 'written_off'), 0)::int as written_off"
        " from card_movement group by kind order by kind",
    )


async def _nobodys(request_id: UUID, by: Principal) -> None:
    """A quantity of cards belongs to a unit, to no customer. Raises as `request`."""
    await request(request_id, by=by)


CUSTOMERS_OF.give("card_request", _nobodys)
for _subject, _table in (
    ("card_request", CardRequest),
    ("card_batch", CardBatch),
    ("card_order", CardOrder),
    ("card_shipment", CardShipment),
    ("card_write_off", CardWriteOff),
):
    FOLLOWED.give(_subject, Followed(may("cards:read"), _table))
