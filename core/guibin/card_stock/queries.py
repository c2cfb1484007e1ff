"""Reading requests, batches, shipments and stock: one's own units' and those under them."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.web.paging import Cursor
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import ALL_UNITS, fetch, fetch_one

from .refusals import NotCentral


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
    outcome: str | None
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


_REQUEST = (
    "select q.id, q.kind, q.unit_id, q.quantity, q.reason, q.clause, q.asked_by, q.asked_by_name, q.asked_at,"
    " q.approval_id, q.outcome, q.decided_at, (select coalesce(sum(s.quantity - coalesce(r.missing, 0)), 0)"
    "   from card_shipment s left join card_receipt r on r.tenant_id = s.tenant_id and r.shipment_id = s.id"
    "   where s.tenant_id = q.tenant_id and s.request_id = q.id and s.to_unit_id = q.unit_id)::int as shipped"
    " from card_request q"
)
_SHIPMENT = (
    "select s.id, s.kind, s.from_unit_id, s.to_unit_id, s.quantity, s.request_id, s.note, s.dispatched_by,"
    " s.dispatched_by_name, s.dispatched_at, r.received, r.missing, r.reason, r.received_by_name, r.received_at"
    " from card_shipment s left join card_receipt r on r.tenant_id = s.tenant_id and r.shipment_id = s.id"
    " where ($1::uuid[] is null or s.from_unit_id = any ($1::uuid[]) or s.to_unit_id = any ($1::uuid[]))"
)


async def request(request_id: UUID, *, by: Principal) -> CardRequestView:
    """Raises NotFound, also for a request of a unit that is not to be seen from here."""
    row = await fetch_one(
        f"{_REQUEST} where q.id = $1 and ($2::uuid[] is null or q.unit_id = any ($2::uuid[]))", request_id, units_of(by)
    )
    if row is None:
        raise NotFound(f"There is no card request {request_id}")
    return msgspec.convert(dict(row), CardRequestView)


async def requests(*, waiting: bool, by: Principal, after: Cursor | None, limit: int) -> list[CardRequestView]:
    """Newest first; `waiting` are those approved of which something is still to be shipped."""
    rows = await fetch(
        f"select * from ({_REQUEST} where ($1::uuid[] is null or q.unit_id = any ($1::uuid[]))) f"
        " where (not $2 or (f.outcome = 'approved' and f.shipped < f.quantity))"
        " and ($3::timestamptz is null or (f.asked_at, f.id) < ($3, $4::uuid))"
        " order by f.asked_at desc, f.id desc limit $5",
        units_of(by),
        waiting,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), CardRequestView) for row in rows]


async def batch(batch_id: UUID) -> BatchView:
    """Raises NotFound."""
    row = await fetch_one(
        "select id, kind, unit_id, quantity, note, made_by_name, made_at from card_batch where id = $1", batch_id
    )
    if row is None:
        raise NotFound(f"There is no batch {batch_id}")
    return msgspec.convert(dict(row), BatchView)


async def shipment(shipment_id: UUID, *, by: Principal) -> ShipmentView:
    """Raises NotFound, also for a shipment between units that are not to be seen from here."""
    row = await fetch_one(f"{_SHIPMENT} and s.id = $2", units_of(by), shipment_id)
    if row is None:
        raise NotFound(f"There is no shipment {shipment_id}")
    return msgspec.convert(dict(row), ShipmentView)


async def shipments(*, in_transit: bool, by: Principal, after: Cursor | None, limit: int) -> list[ShipmentView]:
    """Newest first; `in_transit` leaves out those that arrived."""
    rows = await fetch(
        f"{_SHIPMENT} and (not $2 or r.id is null)"
        " and ($3::timestamptz is null or (s.dispatched_at, s.id) < ($3, $4::uuid))"
        " order by s.dispatched_at desc, s.id desc limit $5",
        units_of(by),
        in_transit,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), ShipmentView) for row in rows]


async def write_off(write_off_id: UUID) -> WriteOffView:
    """Raises NotFound."""
    row = await fetch_one(
        "select id, kind, unit_id, quantity, cause, reason, written_by_name, written_at from card_write_off where id = $1",
        write_off_id,
    )
    if row is None:
        raise NotFound(f"There is no write-off {write_off_id}")
    return msgspec.convert(dict(row), WriteOffView)


async def stocks(kind: str | None, *, by: Principal) -> list[StockView]:
    """Every unit's stock to be seen from here, by kind and unit."""
    rows = await fetch(
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
        units_of(by),
    )
    return [msgspec.convert(dict(row), StockView) for row in rows]


async def balances(*, by: Principal) -> list[BalanceView]:
    """Where all cards of the company are, from the ledger alone. Raises NotCentral for whoever sees only some units."""
    if by.units != ALL_UNITS:
        raise NotCentral("The whole company's cards are shown to the head office")
    rows = await fetch(
        "select kind, sum(quantity) filter (where from_account = 'made')::int as made,"
        " (coalesce(sum(quantity) filter (where to_account = 'stock'), 0)"
        "   - coalesce(sum(quantity) filter (where from_account = 'stock'), 0))::int as in_stock,"
        " (coalesce(sum(quantity) filter (where to_account = 'transit'), 0)"
        "   - coalesce(sum(quantity) filter (where from_account = 'transit'), 0))::int as in_transit,"
        " coalesce(sum(quantity) filter (where to_account = 'issued'), 0)::int as issued,"
        " coalesce(sum(quantity) filter (where to_account = 'written_off'), 0)::int as written_off"
        " from card_movement group by kind order by kind"
    )
    return [msgspec.convert(dict(row), BalanceView) for row in rows]


async def movements(kind: str | None, *, by: Principal, after: Cursor | None, limit: int) -> list[MovementView]:
    """The ledger newest first, as far as it touches units to be seen from here."""
    rows = await fetch(
        "select id, kind, from_account, from_unit_id, to_account, to_unit_id, quantity, subject, subject_id,"
        " moved_by_name, moved_at from card_movement where ($1::text is null or kind = $1)"
        " and ($2::uuid[] is null or from_unit_id = any ($2::uuid[]) or to_unit_id = any ($2::uuid[]))"
        " and ($3::timestamptz is null or (moved_at, id) < ($3, $4::uuid))"
        " order by moved_at desc, id desc limit $5",
        kind,
        units_of(by),
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), MovementView) for row in rows]


def units_of(by: Principal) -> list[UUID] | None:
    """The units whose cards are theirs to see; None for all."""
    return None if by.units == ALL_UNITS else list(by.units)  # type: ignore[arg-type]  # ALL_UNITS is the only text
