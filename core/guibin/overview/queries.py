"""Customers by what several rooms know of them: their tier, when they were last reached, and whether that was too rarely."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from guibin.context import Act
from guibin.periods.days import local_day
from guibin.policy.words import up_to
from guibin.profiles import queries as profiles
from guibin.profiles.queries import CustomerFilter, CustomerView, Narrowing
from guibin.records import dues
from guibin.records.dues import AsOf
from guibin.tiers.queries import member
from guibin.web.listing import PageAsked
from guibin.web.paging import Page
from guibin.web.query_parameters import ChangedSince
from guibin_tenants.rows import many

# How customers can be sorted: the newest archive first, or whoever was not reached for longest.
Sorted = Literal["newest", "contact"]


class NewSearch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What staff type, a whole telephone, card or identity number, too, and which page of what is found."""

    q: Annotated[str, up_to(100, 1)]
    closed: bool = False
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, up_to(200)] | None = None


class CustomerSearch(CustomerFilter, frozen=True, kw_only=True):
    """`tier` is one held today, in any scheme. Not reached since `not_contacted_since`: no contact that reached them from then on.

    `missed` are those with fewer contacts in the last span that is over than their cadence asks for, and none since (S05-6).
    """

    tier: str | None = None
    not_contacted_since: Annotated[datetime, Meta(tz=True)] | None = None
    missed: bool = False
    sort: Annotated[Sorted, Meta(description="newest (the archive), or contact: not reached for longest first")] = (
        "newest"
    )


async def search(filters: CustomerSearch, page: PageAsked, act: Act) -> Page[CustomerView]:
    """Customers as staff type, narrowed by what is known of them; on record as any search. Raises TooManyLookUps."""
    return await profiles.find(filters, page, act, _narrowing(filters, act))


async def listed(
    filters: CustomerSearch, page: PageAsked, act: Act, changed_since: ChangedSince = None
) -> Page[CustomerView]:
    """As `search`; with `changed_since` those who changed since then, whatever the sort. Raises TooManyLookUps."""
    if changed_since is None:
        return await search(filters, page, act)
    return await profiles.changed_since(changed_since, filters, page, act, _narrowing(filters, act))


async def search_for(new: NewSearch, act: Act) -> Page[CustomerView]:
    """As `search`, by what no address may hold. Raises TooManyLookUps."""
    return await profiles.find(CustomerFilter(q=new.q, closed=new.closed), PageAsked(new.limit, new.cursor), act)


async def count(filters: CustomerSearch, act: Act) -> int:
    """How many there are, counted up to a thousand."""
    return await profiles.count(filters, _narrowing(filters, act))


def as_of(act: Act) -> AsOf:
    """Today, as contacts are counted."""
    zone = act.company.time_zone
    return AsOf(local_day(act.now, zone), zone, act.now)


def _narrowing(filters: CustomerSearch, act: Act) -> Narrowing:
    conditions: list[str] = []
    values: dict[str, object] = {}
    if filters.tier is not None:
        conditions.append(member("c", "$today::date", "m.tier = $tier"))
        values |= {"today": local_day(act.now, act.company.time_zone), "tier": filters.tier}
    if filters.not_contacted_since is not None:
        conditions.append(dues.not_reached_since("$since::timestamptz"))
        values["since"] = filters.not_contacted_since
    if filters.missed:
        condition, known = dues.missing_contact(act.policy.cadences, as_of(act))
        conditions.append(condition)
        values |= known
    order = (dues.LAST_REACHED, False) if filters.sort == "contact" else ("c.created_at", True)
    return Narrowing(conditions=tuple(conditions), values=values, key=order[0], downward=order[1])


async def standings(customer_ids: list[UUID], act: Act) -> dict[UUID, dues.Standing]:
    """How these customers were kept in touch with."""
    return await dues.standings(customer_ids, act.policy.cadences, as_of(act))


class Named(Struct, frozen=True):
    """Somebody or some place as it is called."""

    id: UUID
    name: str


async def names_of(customers: list[CustomerView]) -> dict[UUID, str]:
    """What the account managers and org units of these customers are called."""
    staff_ids = list({each.account_manager_id for each in customers if each.account_manager_id is not None})
    found = await many(
        Named,
        "from (select id, name from staff where id = any ($1) union all select id, name from org_unit where id = any ($2)) named",
        staff_ids,
        list({each.org_unit_id for each in customers}),
    )
    return {one.id: one.name for one in found}
