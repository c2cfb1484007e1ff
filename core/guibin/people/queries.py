"""Everybody who works or worked here: what they hold, where, and whether they are here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin.web.listing import Listing, Order, PageAsked
from guibin.web.paging import Page
from guibin_tenants import staff

State = Literal["here", "away", "left"]
_AWAY = (
    "(select max(a.until_at) from staff_absence a where a.tenant_id = x.tenant_id and a.staff_id = x.id"
    " and a.from_at <= $now and a.until_at > $now)"
)
_STATE = f"case when x.left_at is not null then 'left' when {_AWAY} is not null then 'away' else 'here' end"


class PeopleFilter(Struct, frozen=True, kw_only=True):
    """Who: by state, by a role or post they hold, by org unit; `q` begins the login or stands in the name."""

    state: State | None = None
    role: str | None = None
    post: str | None = None
    org_unit_id: UUID | None = None
    q: str | None = None


class PersonView(Struct, frozen=True, kw_only=True):
    """One of them: roles and posts in `roles`; `state` is `away` while an absence runs, `left` once the account ended."""

    id: UUID
    login: str
    name: str
    roles: tuple[str, ...]
    org_unit_id: UUID | None
    unit_name: str
    part_time: bool
    state: State
    away_until: datetime | None
    left_at: datetime | None
    created_at: datetime | None


PEOPLE: Listing[PersonView] = Listing(
    view=PersonView,
    source="staff x left join org_unit u on u.tenant_id = x.tenant_id and u.id = x.org_unit_id",
    order=Order({"x.login": str, "x.id": UUID}),
    holds="$units::uuid[] is null or x.org_unit_id = any($units::uuid[])",
    columns={"unit_name": "coalesce(u.name, '')", "state": _STATE, "away_until": _AWAY},
    filters={
        "state": f"{_STATE} = $value",
        "role": "$value = any (x.roles)",
        "post": "$value = any (x.roles)",
        "q": "(starts_with(x.login, lower($value)) or position(lower($value) in lower(x.name)) > 0)",
    },
)


async def people(filters: PeopleFilter, asked: PageAsked, act: Act) -> Page[PersonView]:
    """Those of the org units under one's own, by login."""
    return await PEOPLE.page(filters, asked, act, units=act.by.units_seen)


async def person(staff_id: UUID, act: Act) -> PersonView:
    """One of them. Raises NotFound."""
    found = await PEOPLE.where("x.id = $id", id=staff_id, units=act.by.units_seen, now=act.now)
    if not found:
        raise staff.unknown(staff_id)
    return found[0]


async def counts(selections: Any, act: Act) -> dict[str, int]:
    """How many each selection holds."""
    return await PEOPLE.counts(selections, act, units=act.by.units_seen)


def parted(roles: Sequence[str], act: Act) -> tuple[list[str], list[str]]:
    """Roles, and posts."""
    posts = {post.name for post in act.policy.posts}
    return [role for role in roles if role not in posts], [role for role in roles if role in posts]
