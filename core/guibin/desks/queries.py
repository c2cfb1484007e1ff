"""Where the desks are, and which one a hall hands over to."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.policy.packs import Policy
from guibin.profiles.queries import seen_by
from guibin.sla import calendars
from guibin.sla.calendars import BUSINESS
from guibin_tenants.rows import missing, read, shown
from guibin_tenants.scope import fetch, fetch_value

from .requests import Kind
from .tables import Desk


class DeskView(Struct, frozen=True):
    """A desk of an org unit; `staff_ids` are who sits there now."""

    id: UUID
    org_unit_id: UUID
    org_unit_code: str
    org_unit_name: str
    kind: Kind
    name: str
    hours: str
    staff_ids: tuple[UUID, ...]
    opened_at: datetime
    opened_by_name: str
    closed_at: datetime | None
    closing_reason: str | None


_DESK = """select d.id, d.org_unit_id, u.code as org_unit_code, u.name as org_unit_name, d.kind, d.name, d.hours, d.opened_at,
    d.opened_by_name, d.closed_at, d.closing_reason, array(
        select s.staff_id from desk_seat s where s.tenant_id = d.tenant_id and s.desk_id = d.id and s.until_at is null
        order by s.since_at, s.id) as staff_ids
    from desk d join org_unit u on u.tenant_id = d.tenant_id and u.id = d.org_unit_id"""
# The hall's own desk, else that of the unit above it: small halls send customers to the main hall they belong to.
_NEAREST = f"""with recursive above (tenant_id, id, parent_id, depth) as (
        select tenant_id, id, parent_id, 0 from org_unit where id = $1
        union all
        select u.tenant_id, u.id, u.parent_id, a.depth + 1 from org_unit u
        join above a on u.tenant_id = a.tenant_id and u.id = a.parent_id where a.depth < 32
    )
    {_DESK} join above on above.tenant_id = d.tenant_id and above.id = d.org_unit_id
    where d.closed_at is null and d.kind = any ($2) and ($3::uuid is null or {seen_by("d", "$3")})
    order by above.depth limit 1"""


def sits_with(staff_id: str, person: str) -> str:
    """SQL: whether somebody sits at a desk where the person does, or is that person there; both are expressions."""
    return (
        f"{staff_id} = any (array(select o.staff_id from desk_seat m join desk_seat o on o.tenant_id = m.tenant_id"
        f" and o.desk_id = m.desk_id and o.until_at is null where m.staff_id = {person} and m.until_at is null))"
    )


async def desks(*, closed: bool = False, kind: Kind | None = None) -> list[DeskView]:
    """Every desk and venue by its unit's code, those that closed only on demand; of one kind with `kind`."""
    return await read(
        DeskView,
        f"{_DESK} where ($1 or d.closed_at is null) and ($2::text is null or d.kind = $2) order by u.code, d.kind, d.opened_at",
        closed,
        kind,
    )


class Today(Struct, frozen=True):
    """The hours of an org unit today, empty when it is closed, and whether it is open now."""

    hours: tuple[str, ...]
    open: bool


class Offered(Struct, frozen=True, kw_only=True):
    """A service that is given in venues of these kinds alone: to whom, and whether on a proof."""

    item: str
    kinds: tuple[Kind, ...]
    tiers: tuple[str, ...]
    on_proof: bool
    clause: str


async def opens(org_unit_id: UUID, at: datetime) -> Today:
    """By the calendar that counts in the org unit."""
    calendar = (await calendars.of_unit(BUSINESS, org_unit_id)).calendar
    windows = calendar.windows_on(at.astimezone(calendar.zone).date())
    return Today(tuple(str(window) for window in windows), calendar.open_at(at))


def offers(policy: Policy) -> list[Offered]:
    """What the policy gives where, in its own order."""
    return [
        Offered(
            item=item.name,
            kinds=item.venues or ("desk",),
            tiers=tuple(dict.fromkeys(each.tier for each in policy.entitlements if each.item == item.name)),
            on_proof=item.proof_minutes > 0,
            clause=item.clause,
        )
        for item in policy.service_items
        if item.venues or item.at_desks
    ]


async def by_id(desk_id: UUID) -> DeskView:
    """Raises NotFound."""
    rows = shown(DeskView, await fetch(f"{_DESK} where d.id = $1", desk_id))
    if not rows:
        raise missing(Desk, desk_id)
    return rows[0]


class Hall(Struct, frozen=True):
    """An org unit with an open desk."""

    id: UUID
    name: str


async def halls() -> list[Hall]:
    """The main business halls by code: where a dedicated desk is open; a venue alone makes none (S07-3)."""
    return await read(
        Hall,
        "select u.id, u.name from org_unit u where exists (select from desk d where d.tenant_id = u.tenant_id"
        " and d.org_unit_id = u.id and d.kind = 'desk' and d.closed_at is null) order by u.code",
    )


async def has_desk(unit_id: UUID | None) -> bool:
    """Whether a desk is open in the org unit."""
    found: bool = await fetch_value(
        "select exists (select from desk where org_unit_id = $1 and closed_at is null and kind = 'desk')", unit_id
    )
    return found


async def seated(staff_id: UUID) -> bool:
    """Whether somebody sits at a desk now."""
    found: bool = await fetch_value(
        "select exists (select from desk_seat where staff_id = $1 and until_at is null)", staff_id
    )
    return found


async def nearest(
    org_unit_id: UUID, kinds: Sequence[Kind] = ("desk",), *, customer_id: UUID | None = None
) -> DeskView | None:
    """The desk that serves this unit: its own, or that of the nearest unit above which has one; so with other venues.

    For a customer, only one whose org unit sees them (S02-6).
    """
    return next(iter(shown(DeskView, await fetch(_NEAREST, org_unit_id, list(kinds), customer_id))), None)


async def at(org_unit_id: UUID) -> list[DeskView]:
    """What this hall has itself."""
    return await read(
        DeskView, f"{_DESK} where d.org_unit_id = $1 and d.closed_at is null order by d.opened_at", org_unit_id
    )
