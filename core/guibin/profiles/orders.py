"""Paid services and their periods (S07-25)."""

import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET

from guibin.amounts import in_minor
from guibin.audit.actions import AuditNote, record
from guibin.audit.attempts import attempt
from guibin.context import Act
from guibin.notation.spelling import code, line, wrong_code
from guibin.policy.money import Money
from guibin_tenants.refusals import FieldError, Invalid, NotFound
from guibin_tenants.scope import execute, fetch_one, savepoint

from . import queries
from .corrections import Subject, Value, differing, keep, refuse_idle
from .queries import OrderView
from .reactions import OrdersOpened, orders_opened
from .refusals import NumberTaken, NumberUnusable
from .requests import NewOrder, OrderCorrection
from .tables import ProductOrder

# What of an order can be put right.
CONTENT = ("product", "price", "currency", "started_on", "ends_on")
_CURRENCY = re.compile(r"[A-Z]{3}")


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
    """Record a paid service. Raises Invalid, NumberTaken, NumberUnusable."""
    await queries.customer(customer_id)
    new = msgspec.structs.replace(new, number=code(new.number), product=line(new.product))
    if not (new.number and new.product):
        raise Invalid(fields=(FieldError("product" if new.number else "number", "required"),))
    if wrong_code(new.number):
        raise Invalid(fields=(FieldError("number", wrong_code(new.number), value=new.number),))
    _refuse_backwards(new.started_on, new.ends_on)
    price = minor_of(new.price)
    row = ProductOrder(
        customer_id=customer_id,
        number=new.number,
        product=new.product,
        price=price,
        currency=new.price.currency,
        started_on=new.started_on,
        ends_on=new.ends_on,
        created_at=act.now,
    )
    async with naming_order(new.number, customer_id, act):
        await ProductOrder.insert(row)
    note = AuditNote(action="order.open", subject="order", subject_id=row.id, customer_id=customer_id)
    await record(note, act)
    await orders_opened(OrdersOpened((customer_id,)), act)
    return queries.order_view(row.to_dict())


async def correct_order(customer_id: UUID, order_id: UUID, new: OrderCorrection, act: Act) -> OrderView:
    """Put an order right, and say why (S07-10); reminders and renewals follow. Raises NotFound, or Invalid when nothing differs."""
    row = await fetch_one(
        "select * from product_order where customer_id = $1 and id = $2 for update", customer_id, order_id
    )
    if row is None:
        raise NotFound(f"There is no order {order_id}")
    before = {name: row[name] for name in CONTENT}
    after = before | {
        name: value
        for name, value in (("product", new.product), ("started_on", new.started_on), ("ends_on", new.ends_on))
        if value is not UNSET
    }
    if isinstance(new.price, Money):
        after |= {"price": minor_of(new.price), "currency": new.price.currency}
    _refuse_backwards(after["started_on"], after["ends_on"])
    altered = differing(told(before), told(after))
    refuse_idle(altered, new.reason)
    await execute(
        "update product_order set product = $2, price = $3, currency = $4, started_on = $5, ends_on = $6 where id = $1",
        order_id,
        *after.values(),
    )
    await keep(Subject("order", order_id, customer_id), altered, act, reason=new.reason)
    fields = tuple(one.field for one in altered)
    note = AuditNote(
        action="order.correct",
        subject="order",
        subject_id=order_id,
        customer_id=customer_id,
        fields=fields,
    )
    await record(note, act)
    return queries.order_view(dict(row) | after)


def told(values: Mapping[str, Any]) -> dict[str, Value]:
    """The columns of an order as its history tells them."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _refuse_backwards(started_on: date, ends_on: date) -> None:
    if ends_on <= started_on:
        raise Invalid(fields=(FieldError("ends_on", "after started_on", value=ends_on.isoformat()),))


def minor_of(price: Money) -> int:
    """The price in minor units. Raises Invalid for one below 0 or in no currency; imports ask it as well."""
    minor = in_minor(price, field="price.amount")
    if minor < 0:
        raise Invalid(fields=(FieldError("price.amount", "0 or more", value=price.amount),))
    if not _CURRENCY.fullmatch(price.currency):
        raise Invalid(fields=(FieldError("price.currency", "an ISO 4217 code", "CNY", price.currency[:60]),))
    return minor
