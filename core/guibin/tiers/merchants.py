"""The register of partner merchants: purchases at them are told apart (S06-6)."""

from datetime import date, datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.notation.plausible import Plausible
from guibin.policy.words import Code, Title
from guibin.web.listing import Listing, Order
from guibin_tenants.refusals import Conflict, Invalid
from guibin_tenants.rows import add, change, given, locked
from guibin_tenants.scope import fetch, savepoint

from .tables import Merchant


class MerchantKnown(Conflict):
    """There is a merchant with this code."""


class NewMerchant(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A partner from `since_on`, today by default. Purchases name it by its code."""

    code: Code
    name: Title
    since_on: date | None = None


class NewPartnershipEnd(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first day on which it is no partner, today by default. Purchases before it stay a partner's."""

    until_on: date | None = None


class MerchantView(Struct, frozen=True, kw_only=True):
    """A merchant, and from when until before when it is a partner."""

    id: UUID
    code: str
    name: str
    since_on: date
    until_on: date | None
    registered_by_name: str
    registered_at: datetime


class MerchantFilter(Struct, frozen=True, kw_only=True):
    """`partner` are those that are one today."""

    partner: bool = False


MERCHANTS = Listing(
    view=MerchantView,
    source="merchant x",
    order=Order({"x.code": str}),
    filters={"partner": "x.since_on <= $today and (x.until_on is null or x.until_on > $today)"},
)


async def codes() -> frozenset[str]:
    """The code of every merchant on the register."""
    return frozenset(row["code"] for row in await fetch("select code from merchant"))


async def register(new: NewMerchant, act: Act) -> MerchantView:
    """Put a partner merchant on the register, from `since_on`, else today. On record. Raises MerchantKnown where the code is on it already."""
    try:
        async with savepoint():
            made = await add(Merchant, act, **given(new) | {"since_on": new.since_on or act.today})
    except asyncpg.UniqueViolationError:
        raise MerchantKnown(
            f"{new.code} is on the register: end its partnership, or give this one another code"
        ) from None
    await noted("merchant.register", act, subject="merchant", subject_id=made)
    return await MERCHANTS.one(made, today=act.today)


async def end(merchant_id: UUID, new: NewPartnershipEnd, act: Act) -> MerchantView:
    """It is no partner any more. Raises NotFound, Invalid for a day before it became one."""
    row = await locked(Merchant, merchant_id)
    until_on = new.until_on or act.today
    if until_on < row["since_on"]:
        raise Invalid.at("until_on", f"not before {row['since_on']}", "the day it became a partner", str(until_on))
    await change(Merchant, merchant_id, until_on=until_on)
    await noted("merchant.end", act, subject="merchant", subject_id=merchant_id)
    return await MERCHANTS.one(merchant_id, today=act.today)
