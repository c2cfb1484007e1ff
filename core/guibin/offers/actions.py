"""Putting something up, buying, taking back. Purchases of one offer come one after another."""

from datetime import timedelta
from string import Template
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from guibin.amounts import in_minor
from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.entitlements import actions as entitlements
from guibin.entitlements.actions import NewRedemption
from guibin.periods.days import local_day
from guibin.policy.activities import HeadStart
from guibin.tiers import queries as tiers
from guibin_tenants.refusals import FieldError, Invalid, NotFound
from guibin_tenants.scope import execute, fetch_one, fetch_value
from guibin_tenants.tables import new_id

from . import queries
from .queries import OfferView, PurchaseView
from .refusals import AlreadyReturned, CustomerHasEnough, NotYetOpen, OfferClosed, SoldOut
from .requests import NewOffer, NewPurchase, NewReturn

# The service item that buying early uses, in companies whose policy has it.
ITEM = "priority_purchase"


async def put_up(new: NewOffer, act: Act) -> OfferView:
    """Offer so many units. Raises Invalid with every wrong field."""
    price = in_minor(new.price, field="price.amount")
    problems = []
    if new.closes_at <= max(act.now, new.opens_at):
        problems.append(FieldError("closes_at", "after the opening, and to come", "", str(new.closes_at)))
    if price < 0:
        problems.append(FieldError("price.amount", "0 or more", "", new.price.amount))
    if not (len(new.price.currency) == 3 and new.price.currency.isascii() and new.price.currency.isupper()):
        problems.append(FieldError("price.currency", "a currency such as CNY", "", new.price.currency[:60]))
    if problems:
        raise Invalid("The offer was not put up", fields=tuple(problems))
    offer_id = new_id()
    await execute(
        "insert into offer (id, title, text, quantity, sold, per_customer, price, currency, opens_at, closes_at,"
        " head_starts, policy_version, put_up_by, put_up_by_name, put_up_at)"
        " values ($1, $2, $3, $4, 0, $5, $6, $7, $8, $9, $10::jsonb, $11, $12, $13, $14)",
        offer_id,
        new.title,
        new.text,
        new.quantity,
        new.per_customer,
        price,
        new.price.currency,
        new.opens_at,
        new.closes_at,
        msgspec.json.encode(act.policy.head_starts).decode(),
        act.policy.version,
        act.by.id,
        act.by.name,
        act.now,
    )
    await record(AuditNote(action="offer.put_up", subject="offer", subject_id=offer_id, shown=0), act)
    return await queries.offer(offer_id, act)


async def buy(offer_id: UUID, new: NewPurchase, act: Act) -> PurchaseView:
    """Sell so many units to a customer, early where the tier has a head start; early uses one unit of the tier's right.

    Raises NotFound, NotYetOpen with the moment it opens for this customer, OfferClosed, SoldOut, CustomerHasEnough, and
    what entitlements refuse.
    """
    row = await _locked(offer_id)
    if await fetch_value("select true from customer where id = $1 and closed_at is null", new.customer_id) is None:
        raise NotFound(f"There is no customer {new.customer_id} with an open archive")
    start = await _head_start(row, new.customer_id, act)
    _refuse_closed(row, start, act)
    await _refuse_too_many(row, new)
    early = act.now < row["opens_at"]
    redemption_id = await _use_right(new.customer_id, start, act) if early else None
    purchase_id = new_id()
    await execute("update offer set sold = sold + $2 where id = $1", offer_id, new.quantity)
    await execute(
        "insert into offer_purchase (id, offer_id, customer_id, quantity, early, scheme, tier, redemption_id, bought_at,"
        " recorded_by, recorded_by_name) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        purchase_id,
        offer_id,
        new.customer_id,
        new.quantity,
        early,
        start.scheme if early and start else "",
        start.tier if early and start else "",
        redemption_id,
        act.now,
        act.by.id,
        act.by.name,
    )
    return await _noted("offer.buy", purchase_id, act)


async def take_back(purchase_id: UUID, new: NewReturn, act: Act) -> PurchaseView:
    """The units can be bought again, and the right to buy early is given back. Raises NotFound, AlreadyReturned."""
    found = await fetch_one("select offer_id, quantity, redemption_id from offer_purchase where id = $1", purchase_id)
    if found is None:
        raise NotFound(f"There is no purchase {purchase_id}")
    await _locked(found["offer_id"])
    written = await execute(
        "insert into offer_return (id, purchase_id, reason, returned_at, recorded_by, recorded_by_name)"
        " values ($1, $2, $3, $4, $5, $6) on conflict (tenant_id, purchase_id) do nothing",
        new_id(),
        purchase_id,
        new.reason,
        act.now,
        act.by.id,
        act.by.name,
    )
    if not written:
        raise AlreadyReturned()
    await execute("update offer set sold = sold - $2 where id = $1", found["offer_id"], found["quantity"])
    if found["redemption_id"] is not None:
        await entitlements.reverse(found["redemption_id"], act, reason=new.reason[:1_000])
    return await _noted("offer.return", purchase_id, act)


async def _locked(offer_id: UUID) -> asyncpg.Record:
    row = await fetch_one("select *, head_starts::text as starts from offer where id = $1 for update", offer_id)
    if row is None:
        raise NotFound(f"There is no offer {offer_id}")
    return row


async def _head_start(row: asyncpg.Record, customer_id: UUID, act: Act) -> HeadStart | None:
    """The longest that any of the customer's tiers has today."""
    held = await tiers.current_tiers([customer_id], on=local_day(act.now, act.company.time_zone))
    mine = held.get(customer_id, {})
    return next((start for start in queries.starts_of(row) if mine.get(start.scheme) == start.tier), None)


def _refuse_closed(row: asyncpg.Record, start: HeadStart | None, act: Act) -> None:
    opens_at = row["opens_at"] - timedelta(hours=start.hours if start else 0)
    if act.now < opens_at:
        tier = f"tier.{start.tier}" if start else "offer.everybody"
        at = f"{opens_at.astimezone(ZoneInfo(act.company.time_zone)):%Y-%m-%d %H:%M}"
        sentence = Template(act.policy.title("offer.not_yet_open", act.language))
        raise NotYetOpen(sentence.safe_substitute(tier=act.policy.title(tier, act.language), at=at))
    if act.now >= row["closes_at"]:
        raise OfferClosed(f"It closed at {row['closes_at']}")


async def _refuse_too_many(row: asyncpg.Record, new: NewPurchase) -> None:
    left = row["quantity"] - row["sold"]
    if new.quantity > left:
        raise SoldOut(f"{left} of {row['quantity']} are left, {new.quantity} were asked for")
    bought = await fetch_value(
        "select coalesce(sum(p.quantity), 0)::int from offer_purchase p where p.offer_id = $1 and p.customer_id = $2"
        " and not exists (select from offer_return r where r.tenant_id = p.tenant_id and r.purchase_id = p.id)",
        row["id"],
        new.customer_id,
    )
    if bought + new.quantity > row["per_customer"]:
        raise CustomerHasEnough(f"Each customer may buy {row['per_customer']}, this one has {bought}")


async def _use_right(customer_id: UUID, start: HeadStart | None, act: Act) -> UUID | None:
    if start is None or act.policy.service_item(ITEM) is None:
        return None
    new = NewRedemption(customer_id=customer_id, item=ITEM, scheme=start.scheme)
    return (await entitlements.redeem(new, act)).id


async def _noted(action: str, purchase_id: UUID, act: Act) -> PurchaseView:
    found = await queries.purchase(purchase_id)
    note = AuditNote(action=action, subject="offer_purchase", subject_id=purchase_id, customer_id=found.customer_id)
    await record(note, act)
    return found
