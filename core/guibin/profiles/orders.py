"""Paid services and their periods (S07-25)."""

import re
from datetime import datetime
from uuid import UUID

import asyncpg

from guibin.audit.actions import AuditNote, record
from guibin.money import to_minor
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.scope import savepoint

from . import queries
from .queries import OrderView
from .reactions import OrderOpened, order_opened
from .refusals import NumberTaken
from .requests import NewOrder
from .tables import ProductOrder

_CURRENCY = re.compile(r"[A-Z]{3}")


async def order(customer_id: UUID, new: NewOrder, *, by: Principal, now: datetime) -> OrderView:
    """Record a paid service. Raises Invalid, or NumberTaken."""
    await queries.customer(customer_id)
    if new.ends_on <= new.started_on:
        raise Invalid(fields=(FieldError("ends_on", "after started_on", value=new.ends_on.isoformat()),))
    price = to_minor(new.price, field="price.amount")
    if price < 0:
        raise Invalid(fields=(FieldError("price.amount", "0 or more", value=new.price.amount),))
    if not _CURRENCY.fullmatch(new.price.currency):
        raise Invalid(fields=(FieldError("price.currency", "an ISO 4217 code", "CNY", new.price.currency[:60]),))
    row = ProductOrder(
        customer_id=customer_id,
        number=new.number,
        product=new.product,
        price=price,
        currency=new.price.currency,
        started_on=new.started_on,
        ends_on=new.ends_on,
        created_at=now,
    )
    try:
        async with savepoint():
            await ProductOrder.insert(row)
    except asyncpg.UniqueViolationError:
        raise NumberTaken(f"There is an order {new.number!r} already") from None
    await record(AuditNote(action="order.open", customer_id=customer_id, fields=(new.product,)), by=by, now=now)
    await order_opened(OrderOpened(customer_id, row.id), by=by, now=now)
    return queries.order_view(row.to_dict())
