"""Paid services and their periods (S07-25)."""

import contextlib
import re
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET, Struct

from guibin.amounts import in_minor
from guibin.audit.actions import AuditNote, done, noted
from guibin.audit.attempts import attempt
from guibin.cases import Case
from guibin.context import Act
from guibin.events import OrdersOpened, tell_at_once
from guibin.notation.spelling import code, line, wrong_code
from guibin.policy.money import Money
from guibin.sealing.seeing import AMOUNTS, shows
from guibin_tenants.refusals import Invalid
from guibin_tenants.rows import add, change, given, locked, many, missing
from guibin_tenants.scope import fetch_one, savepoint

from . import queries
from .corrections import Subject, put_right
from .refusals import NumberTaken, NumberUnusable
from .requests import NewOrder, OrderCorrection
from .tables import ProductOrder

# What of an order can be put right.
CONTENT = ("product", "price", "currency", "started_on", "ends_on")
_CURRENCY = re.compile(r"[A-Z]{3}")


class OrderView(Struct, frozen=True):
    """A paid service from `started_on` until before `ends_on`; `price` is None for whoever does not see amounts."""

    id: UUID
    customer_id: UUID
    number: str
    product: str
    price: Annotated[int | None, shows(AMOUNTS)]
    currency: str
    started_on: date
    ends_on: date
    ended_at: datetime | None


# SQL: orders `o`, each with its customer `c`; a condition may follow.
ORDERS = f"product_order o {queries.customer_of('c', 'o')}"


def order_of(alias: str, row: str) -> str:
    """SQL: the join of the order that the row `row` names as its `order_id`."""
    return f"join product_order {alias} on {alias}.tenant_id = {row}.tenant_id and {alias}.id = {row}.order_id"


def followed(within_days: int) -> str:
    """SQL: whether order `o` is followed by another of the same product, begun so many days before its end at most."""
    return (
        "exists (select from product_order f where f.tenant_id = o.tenant_id and f.customer_id = o.customer_id"
        " and f.product = o.product and f.id <> o.id and f.ended_at is null and f.ends_on > o.ends_on"
        f" and f.started_on > o.started_on and f.started_on >= o.ends_on - {within_days})"
    )


async def list_orders(customer_id: UUID, act: Act) -> list[OrderView]:
    """What the customer has and had, the last to end first. Raises NotFound."""
    await queries.customer(customer_id)
    await noted("order.read", act, customer_id=customer_id)
    return await many(OrderView, "from product_order where customer_id = $1 order by ends_on desc, id", customer_id)


@contextlib.asynccontextmanager
async def naming_order(number: str, customer_id: UUID, act: Act) -> AsyncIterator[None]:
    """Where an order is given its number. Raises NumberTaken, or NumberUnusable for one out of sight: either tells that there
    is such an order, so it is on record as asked for, and so often an hour and no more.
    """
    tried = AuditNote(
        action="order.open", subject="order", customer_id=customer_id, fields=("number",), shown=0, asked=True
    )
    async with attempt(tried, act):
        try:
            async with savepoint():
                yield
        except asyncpg.UniqueViolationError:
            if await fetch_one("select true from product_order where number = $1", number):
                raise NumberTaken(f"There is an order {number!r} already") from None
            raise NumberUnusable() from None


async def order(customer_id: UUID, new: NewOrder, act: Act) -> OrderView:
    """Record a service that the customer pays for, from `started_on` to `ends_on`, both days included; its price is kept in the
    currency's minor unit. On record, and told to whatever waits for orders. Raises NotFound; Invalid for a number or product
    that is empty or an end before the start; NumberTaken where another customer in sight has an order of this number, NumberUnusable
    where one out of sight has."""
    await queries.customer(customer_id)
    new = msgspec.structs.replace(new, number=code(new.number), product=line(new.product))
    if not (new.number and new.product):
        raise Invalid.at("product" if new.number else "number", "required")
    if wrong_code(new.number):
        raise Invalid.at("number", wrong_code(new.number), value=new.number)
    _refuse_backwards(new.started_on, new.ends_on)
    values = given(new) | {"price": minor_of(new.price), "currency": new.price.currency}
    async with naming_order(new.number, customer_id, act):
        order_id = await add(ProductOrder, customer_id=customer_id, created_at=act.now, **values)
    await done("open", Case("order", order_id, customer_id), act)
    await tell_at_once(OrdersOpened((customer_id,)), act)
    return OrderView(id=order_id, customer_id=customer_id, ended_at=None, **values)


async def correct_order(customer_id: UUID, order_id: UUID, new: OrderCorrection, act: Act) -> OrderView:
    """Put an order right, and say why (S07-10); reminders and renewals follow. Raises NotFound, or Invalid when nothing differs."""
    row = await locked(ProductOrder, order_id)
    if row["customer_id"] != customer_id:
        raise missing(ProductOrder, order_id)
    before = {name: row[name] for name in CONTENT}
    after = before | {
        name: value
        for name, value in (("product", new.product), ("started_on", new.started_on), ("ends_on", new.ends_on))
        if value is not UNSET
    }
    if isinstance(new.price, Money):
        after |= {"price": minor_of(new.price), "currency": new.price.currency}
    _refuse_backwards(after["started_on"], after["ends_on"])
    fields = await put_right(Subject("order", order_id, customer_id), (before, after), new.reason, act)
    await change(
        ProductOrder,
        order_id,
        product=after["product"],
        price=after["price"],
        currency=after["currency"],
        started_on=after["started_on"],
        ends_on=after["ends_on"],
    )
    await done("correct", Case("order", order_id, customer_id), act, fields=fields)
    return msgspec.convert(dict(row) | after, OrderView)


def _refuse_backwards(started_on: date, ends_on: date) -> None:
    if ends_on <= started_on:
        raise Invalid.at("ends_on", "after started_on", value=ends_on.isoformat())


def minor_of(price: Money) -> int:
    """The price in minor units. Raises Invalid for one below 0 or in no currency; imports ask it as well."""
    minor = in_minor(price, field="price.amount")
    if minor < 0:
        raise Invalid.at("price.amount", "0 or more", value=price.amount)
    if not _CURRENCY.fullmatch(price.currency):
        raise Invalid.at("price.currency", "an ISO 4217 code", "CNY", price.currency[:60])
    return minor
