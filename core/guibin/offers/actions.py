"""Putting something up, buying, taking back. Purchases of one offer come one after another."""

from datetime import timedelta
from string import Template
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from guibin.amounts import in_minor
from guibin.audit.actions import done, noted
from guibin.cases import Case
from guibin.context import Act
from guibin.entitlements import actions as entitlements
from guibin.entitlements.actions import NewRedemption
from guibin.policy.activities import HeadStart
from guibin.profiles import wishes
from guibin.profiles.queries import unit_of_open
from guibin.tiers import queries as tiers
from guibin_tenants.refusals import FieldError, NotFound, refuse
from guibin_tenants.rows import add, add_all, change, given, locked
from guibin_tenants.scope import fetch_one, fetch_value

from . import queries
from .queries import OfferView, PurchaseView
from .refusals import AlreadyReturned, CustomerHasEnough, NotYetOpen, OfferClosed, SoldOut, TopicDeclined
from .requests import NewOffer, NewPurchase, NewReturn
from .tables import Offer, OfferPurchase, OfferReturn


async def put_up(new: NewOffer, act: Act) -> OfferView:
    """Offer so many units. Raises Invalid with every wrong field."""
    price = in_minor(new.price, field="price.amount")
    problems = []
    if new.closes_at <= max(act.now, new.opens_at):
        problems.append(FieldError("closes_at", "after the opening, and to come", "", str(new.closes_at)))
    if new.topic and new.topic not in act.policy.topics:
        known = f"one of: {', '.join(act.policy.topics)}"
        problems.append(FieldError("topic", "a topic of the policy", known, new.topic))
    if price < 0:
        problems.append(FieldError("price.amount", "0 or more", "", new.price.amount))
    if not (len(new.price.currency) == 3 and new.price.currency.isascii() and new.price.currency.isupper()):
        problems.append(FieldError("price.currency", "a currency such as CNY", "", new.price.currency[:60]))
    refuse(problems, "The offer was not put up")
    terms = {"head_starts": act.policy.head_starts, "policy_version": act.policy.version}
    offer_id = await add(Offer, act, **given(new) | terms | {"price": price, "currency": new.price.currency})
    await done("put_up", Case("offer", offer_id), act, shown=0)
    return await queries.offer(offer_id, act)


async def buy(offer_id: UUID, new: NewPurchase, act: Act) -> PurchaseView:
    """Sell so many units to a customer, early where the tier has a head start; early uses one unit of the tier's right.

    Raises NotFound, NotYetOpen with the moment it opens for this customer, OfferClosed, SoldOut, CustomerHasEnough, TopicDeclined, and
    what entitlements refuse.
    """
    row = await locked(Offer, offer_id)
    await unit_of_open(new.customer_id)
    if row["topic"] and not new.asked and row["topic"] in await wishes.declined(new.customer_id, wishes.TOPIC):
        raise TopicDeclined(f"{row['topic']}: `asked` says that the customer asks for it themselves")
    start = await _head_start(row, new.customer_id, act)
    _refuse_closed(row, start, act)
    await _refuse_too_many(row, new)
    early = act.now < row["opens_at"]
    redemption_id = await _use_right(new.customer_id, start, act) if early else None
    await change(Offer, offer_id, sold=row["sold"] + new.quantity)
    purchase_id = await add(
        OfferPurchase,
        act,
        offer_id=offer_id,
        early=early,
        scheme=start.scheme if early and start else "",
        tier=start.tier if early and start else "",
        redemption_id=redemption_id,
        bought_at=act.now,
        **{name: value for name, value in given(new).items() if name != "asked"},
    )
    return await _noted("offer.buy", purchase_id, act)


async def take_back(purchase_id: UUID, new: NewReturn, act: Act) -> PurchaseView:
    """The units can be bought again, and the right to buy early is given back. Raises NotFound, AlreadyReturned."""
    purchase = await fetch_one(
        "select offer_id, quantity, redemption_id from offer_purchase where id = $1", purchase_id
    )
    if purchase is None:
        raise NotFound(f"There is no purchase {purchase_id}")
    offer = await locked(Offer, purchase["offer_id"])
    returned = {"purchase_id": purchase_id, "reason": new.reason, "returned_at": act.now}
    if not await add_all(OfferReturn, act, [returned], unless=("purchase_id",)):
        raise AlreadyReturned()
    await change(Offer, offer["id"], sold=offer["sold"] - purchase["quantity"])
    if purchase["redemption_id"] is not None:
        await entitlements.reverse(purchase["redemption_id"], act, reason=new.reason[:1_000])
    return await _noted("offer.return", purchase_id, act)


async def _head_start(row: asyncpg.Record, customer_id: UUID, act: Act) -> HeadStart | None:
    """The longest that any of the customer's tiers has today."""
    held = await tiers.current_tiers([customer_id], on=act.today)
    mine = held.get(customer_id, {})
    starts = queries.longest_first(msgspec.json.decode(row["head_starts"], type=list[HeadStart]))
    return next((start for start in starts if mine.get(start.scheme) == start.tier), None)


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
    if start is None:
        return None
    right = (start.scheme, start.tier, start.item)
    if right not in {(each.scheme, each.tier, each.item) for each in act.policy.entitlements}:
        return None
    new = NewRedemption(customer_id=customer_id, item=start.item, scheme=start.scheme)
    return (await entitlements.redeem(new, act)).id


async def _noted(action: str, purchase_id: UUID, act: Act) -> PurchaseView:
    purchase = await queries.PURCHASES.one(purchase_id)
    await noted(action, act, subject="offer_purchase", subject_id=purchase_id, customer_id=purchase.customer_id)
    return purchase
