"""Asking for cards, making, shipping level by level, counting on arrival, writing off (S12-6)."""

from datetime import datetime
from uuid import UUID

import asyncpg

from guibin.approvals import actions as approvals
from guibin.approvals.actions import Decided
from guibin.audit.actions import noted
from guibin.cases import Case
from guibin.context import Act
from guibin.events import at_once
from guibin.notices.actions import Notice, notify
from guibin.policy.cards import CardKind
from guibin.policy.packs import Policy
from guibin_tenants import org_units
from guibin_tenants.keys import hands_of
from guibin_tenants.principals import Principal
from guibin_tenants.receivers import standing_unit
from guibin_tenants.refusals import Invalid
from guibin_tenants.rows import add, change, given, locked
from guibin_tenants.scope import ALL_UNITS, fetch_one, fetch_value, savepoint

from . import queries
from .ledger import Account, Movement, move, tell_if_low
from .queries import BatchView, CardRequestView, ShipmentView, WriteOffView
from .refusals import AlreadyReceived, MadeElsewhere, NotApproved, NotCentral, OtherUnit, OwnShipment, RequestFilled
from .requests import NewCardBatch, NewCardReceipt, NewCardRequest, NewCardShipment, NewCardWriteOff
from .tables import CardBatch, CardReceipt, CardRequest, CardShipment, CardWriteOff

REQUEST = "card_request"


async def ask(new: NewCardRequest, act: Act) -> CardRequestView:
    """File a quantity request; the kind's flow decides. Raises Invalid, OtherUnit, NotAnApplicant."""
    kind = stocked(act.policy, new.kind)
    unit_id = await unit_of(new.unit_id, act.by)
    flow = act.policy.approval(kind.quantity_approval)
    if flow is None:
        raise Invalid.at("kind", "a kind with an approval flow", value=kind.quantity_approval)
    request_id = await add(CardRequest, act, clause=kind.clause, **given(new) | {"unit_id": unit_id})
    approval_id = await approvals.ask(Case(REQUEST, request_id), act, flow=flow, note=new.reason, org_unit_id=unit_id)
    await change(CardRequest, request_id, approval_id=approval_id)
    await _note("card_request.ask", REQUEST, request_id, act)
    return await queries.request(request_id, by=act.by)


@at_once(Decided, about=REQUEST)
async def request_decided(decided: Decided, act: Act) -> None:
    """Approved, the request may be shipped for; whoever asked hears how it ended."""
    row = await locked(CardRequest, decided.subject_id)
    await change(CardRequest, row["id"], outcome=decided.outcome, decided_at=act.now)
    notice = Notice(
        "card_request_approved" if decided.approved else "card_request_refused",
        Case(REQUEST, decided.subject_id),
        staff_ids=(row["asked_by"],),
        details={"kind": row["kind"], "count": str(row["quantity"])},
    )
    await notify(notice, key=f"card-request/{decided.approval_id}", now=act.now)


async def make(new: NewCardBatch, act: Act) -> BatchView:
    """Cards were made: they enter the stock of a unit, the head office's by default. Raises Invalid, NotCentral, MadeElsewhere."""
    kind = stocked(act.policy, new.kind)
    refuse_partial(act.by)
    if kind.made_above is not None:
        raise MadeElsewhere("Order them (POST /api/v1/card-orders) and record what is delivered")
    unit_id = await org_units.or_head_office(new.unit_id, field="unit_id")
    await standing_unit(unit_id, field="unit_id")
    batch_id = await add(CardBatch, act, **given(new) | {"unit_id": unit_id})
    made = Movement(
        kind=kind.name,
        quantity=new.quantity,
        from_account="made",
        to_account="stock",
        to_unit_id=unit_id,
        subject=Case("card_batch", batch_id),
    )
    await move(made, act)
    await _note("card_batch.make", "card_batch", batch_id, act)
    return await queries.BATCHES.one(batch_id)


async def dispatch(new: NewCardShipment, act: Act) -> ShipmentView:
    """Send cards one level down for an approved request, or back up; they are in transit until they are counted.

    Raises Invalid, OtherUnit, NotApproved, RequestFilled, OutOfStock.
    """
    kind = stocked(act.policy, new.kind)
    _refuse_other_unit(new.from_unit_id, act.by)
    await _refuse_leap(new)
    shipment_id = await add(CardShipment, act, **given(new))
    sent = Movement(
        kind=kind.name,
        quantity=new.quantity,
        from_account="stock",
        from_unit_id=new.from_unit_id,
        to_account="transit",
        subject=Case("card_shipment", shipment_id),
    )
    await tell_if_low(kind, sent, await move(sent, act), act)
    await _tell_shipped(new, shipment_id, act.now)
    await _note("card_shipment.dispatch", "card_shipment", shipment_id, act)
    return await queries.shipment(shipment_id, by=act.by)


async def receive(shipment_id: UUID, new: NewCardReceipt, act: Act) -> ShipmentView:
    """Count what arrived: it is the unit's stock from now on, and what is missing is written off with its reason.

    Raises NotFound, OtherUnit, OwnShipment, AlreadyReceived, Invalid.
    """
    sent = await queries.shipment(shipment_id, by=act.by)
    _refuse_other_unit(sent.to_unit_id, act.by)
    if act.by.is_person and sent.dispatched_by in await hands_of(act.by, now=act.now):
        raise OwnShipment()
    missing = sent.quantity - new.received
    if missing < 0:
        fix = "what came beyond it is dispatched by the sender as a shipment of its own"
        raise Invalid.at("received", f"at most {sent.quantity}", fix, str(new.received))
    if missing and not new.reason.strip():
        raise Invalid.at("reason", "not empty when cards are missing", "say what is known")
    receipt_id = await _count(shipment_id, new, missing, act)
    accounts: tuple[tuple[int, Account, UUID | None], ...] = (
        (new.received, "stock", sent.to_unit_id),
        (missing, "written_off", None),
    )
    for quantity, account, unit_id in accounts:
        if quantity:
            arrived = Movement(
                kind=sent.kind,
                quantity=quantity,
                from_account="transit",
                to_account=account,
                to_unit_id=unit_id,
                subject=Case("card_receipt", receipt_id),
            )
            await move(arrived, act)
    if missing:
        await _tell_missing(sent, missing, act.now)
    await _note("card_shipment.receive", "card_shipment", shipment_id, act)
    return await queries.shipment(shipment_id, by=act.by)


async def write_off(new: NewCardWriteOff, act: Act) -> WriteOffView:
    """Cards of a stock that were spoilt or destroyed, or are not there. Raises Invalid, OtherUnit, OutOfStock."""
    kind = stocked(act.policy, new.kind)
    _refuse_other_unit(new.unit_id, act.by)
    await standing_unit(new.unit_id, field="unit_id")
    write_off_id = await add(CardWriteOff, act, **given(new))
    gone = Movement(
        kind=kind.name,
        quantity=new.quantity,
        from_account="stock",
        from_unit_id=new.unit_id,
        to_account="written_off",
        subject=Case("card_write_off", write_off_id),
    )
    await tell_if_low(kind, gone, await move(gone, act), act)
    await _note("card_write_off.write", "card_write_off", write_off_id, act)
    return await queries.WRITE_OFFS.one(write_off_id)


def refuse_partial(by: Principal) -> None:
    """Raises NotCentral unless the caller sees the whole company."""
    if by.units != ALL_UNITS:
        raise NotCentral()


def stocked(policy: Policy, name: str) -> CardKind:
    """The kind, if a stock of it is kept. Raises Invalid."""
    kind = policy.card(name)
    if kind is None or not kind.quantity_approval:
        known = ", ".join(card.name for card in policy.cards if card.quantity_approval) or "the policy has none"
        raise Invalid.at("kind", "a kind of card kept in stock", f"one of: {known}", name)
    return kind


async def unit_of(given: UUID | None, by: Principal) -> UUID:
    """The unit named, or one's own, or the head office. Raises OtherUnit, Invalid."""
    unit_id = await org_units.or_head_office(given or by.org_unit_id, field="unit_id")
    await standing_unit(unit_id, field="unit_id")
    _refuse_other_unit(unit_id, by)
    return unit_id


def _refuse_other_unit(unit_id: UUID, by: Principal) -> None:
    if not by.covers(unit_id):
        raise OtherUnit()


async def _refuse_leap(new: NewCardShipment) -> None:
    """One level at a time, and down only for an approved request that has that much left."""
    await standing_unit(new.from_unit_id, field="from_unit_id")
    await standing_unit(new.to_unit_id, field="to_unit_id")
    parents = {
        child: await fetch_value("select parent_id from org_unit where id = $1", child)
        for child in (new.from_unit_id, new.to_unit_id)
    }
    if parents[new.from_unit_id] == new.to_unit_id:
        if new.request_id is not None:
            raise Invalid.at("request_id", "none for cards that go back up", "leave it out")
        return
    if parents[new.to_unit_id] != new.from_unit_id:
        rule = "the unit right under or above from_unit_id"
        fix = "cards go level by level: ship them to the unit between first"
        raise Invalid.at("to_unit_id", rule, fix, str(new.to_unit_id))
    await _refuse_unasked(new)


async def _refuse_unasked(new: NewCardShipment) -> None:
    if new.request_id is None:
        raise Invalid.at("request_id", "required", "name the approved request it is for")
    row = await fetch_one(
        "select kind, unit_id, quantity, outcome from card_request where id = $1 for update", new.request_id
    )
    if row is None or row["kind"] != new.kind:
        rule = f"a request for {new.kind}"
        raise Invalid.at("request_id", rule, value=str(new.request_id))
    if row["outcome"] != "approved":
        raise NotApproved(f"The request is {row['outcome'] or 'not decided yet'}")
    below = await org_units.visible_from(new.to_unit_id)
    if below != ALL_UNITS and row["unit_id"] not in below:
        rule = "the unit that asked, or one above it"
        raise Invalid.at("to_unit_id", rule, value=str(new.to_unit_id))
    sent = await fetch_value(
        "select coalesce(sum(s.quantity - coalesce(r.missing, 0)), 0) from card_shipment s"
        " left join card_receipt r on r.tenant_id = s.tenant_id and r.shipment_id = s.id"
        " where s.request_id = $1 and s.to_unit_id = $2",
        new.request_id,
        new.to_unit_id,
    )
    if sent + new.quantity > row["quantity"]:
        raise RequestFilled(f"{row['quantity'] - sent} of {row['quantity']} left to ship there, {new.quantity} given")


async def _count(shipment_id: UUID, new: NewCardReceipt, missing: int, act: Act) -> UUID:
    try:
        async with savepoint():
            return await add(CardReceipt, act, shipment_id=shipment_id, missing=missing, **given(new))
    except asyncpg.UniqueViolationError:
        raise AlreadyReceived() from None


async def _tell_shipped(new: NewCardShipment, shipment_id: UUID, now: datetime) -> None:
    notice = Notice(
        "card_shipped",
        Case("card_shipment", shipment_id),
        org_unit_id=new.to_unit_id,
        to_department=True,
        roles=("manager",),
        details={"kind": new.kind, "count": str(new.quantity)},
    )
    await notify(notice, key=f"card-shipped/{shipment_id}", now=now)


async def _tell_missing(sent: ShipmentView, missing: int, now: datetime) -> None:
    notice = Notice(
        "card_missing",
        Case("card_shipment", sent.id),
        staff_ids=(sent.dispatched_by,),
        org_unit_id=sent.from_unit_id,
        to_department=True,
        roles=("manager",),
        details={"kind": sent.kind, "count": str(missing)},
    )
    await notify(notice, key=f"card-missing/{sent.id}", now=now)


async def _note(action: str, subject: str, subject_id: UUID, act: Act) -> None:
    await noted(action, act, subject=subject, subject_id=subject_id, shown=0)
