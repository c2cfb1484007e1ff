"""What was given, and how much of it."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import noted
from guibin.cases.followed import FOLLOWED, Followed
from guibin.context import Act
from guibin.web.listing import Listing, newest_first
from guibin_tenants.principals import may
from guibin_tenants.rows import read

from .tables import MaterialGiven

SUBJECT = "material_given"
Kind = Literal["brochure", "article", "demonstration"]


class GivingView(Struct, frozen=True, kw_only=True):
    """What a customer was given, free of charge."""

    id: UUID
    customer_id: UUID
    material: str
    kind: str
    quantity: int
    occasion: str
    note: str
    given_on: date
    given_by_name: str
    given_at: datetime


class GivingFilter(Struct, frozen=True, kw_only=True):
    """Which: None does not filter. `given_from` is inclusive, `given_before` exclusive."""

    customer_id: UUID | None = None
    material: str | None = None
    kind: Kind | None = None
    given_from: date | None = None
    given_before: date | None = None


class GivingCount(Struct, frozen=True):
    """How much of a material was given, to how many customers."""

    material: str
    kind: str
    quantity: int
    customers: int


LISTED = Listing(
    view=GivingView,
    source="material_given x",
    order=newest_first("x.given_at"),
    filters={"given_from": "x.given_on >= $value", "given_before": "x.given_on < $value"},
)
FOLLOWED.give(SUBJECT, Followed(may("records:read"), MaterialGiven))


async def counts(act: Act, given_from: date | None = None, given_before: date | None = None) -> list[GivingCount]:
    """By material, the most given first, of the customers who are seen from here."""
    await noted("material_given.count", act, subject=SUBJECT, shown=0)
    return await read(
        GivingCount,
        "select material, kind, sum(quantity)::int as quantity, count(distinct customer_id)::int as customers"
        " from material_given where ($1::date is null or given_on >= $1) and ($2::date is null or given_on < $2)"
        " group by material, kind order by 3 desc, 1",
        given_from,
        given_before,
    )
