"""Account managers outlet by outlet: who serves how many VIPs, and which VIPs nobody serves (S12-4)."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from guibin.notices.actions import Notice, notify
from guibin.web.listing import Listing, Order
from guibin_tenants.rows import shown
from guibin_tenants.scope import fetch

from .queries import holding


class ManagerLoad(Struct, frozen=True):
    """One account manager of the outlet's customers, full- or part-time."""

    staff_id: UUID
    name: str
    part_time: bool
    customers: int
    vips: int


class Outlet(Struct, frozen=True, kw_only=True):
    """An org unit with customers: its VIPs, how many of them nobody serves, and who serves the others."""

    org_unit_id: UUID
    code: str
    name: str
    vips: int
    vips_without_manager: int
    managers: tuple[ManagerLoad, ...]


class Unserved(Struct, frozen=True):
    """A VIP without an account manager who works here."""

    customer_id: UUID
    number: str
    org_unit_id: UUID


def _vip(customer: str, day: str) -> str:
    return (
        f"exists (select from membership m where m.tenant_id = {customer}.tenant_id and m.customer_id = {customer}.id"
        f" and {holding('m', day)})"
    )


def _alone(customer: str, day: str) -> str:
    """SQL: a VIP whom nobody serves; somebody who has left serves nobody."""
    return (
        f"{customer}.closed_at is null and {_vip(customer, day)} and not exists (select from staff s"
        f" where s.tenant_id = {customer}.tenant_id and s.id = {customer}.account_manager_id and s.left_at is null)"
    )


UNSERVED = Listing(
    view=Unserved,
    source="customer x",
    order=Order({"x.id": UUID}),
    columns={"customer_id": "x.id"},
    holds=_alone("x", "$today"),
)


async def outlets(*, on: date) -> list[Outlet]:
    """Every outlet whose customers are visible from here, by code; managers by how many VIPs they serve."""
    rows = await fetch(
        "with base as (select c.org_unit_id, s.id as staff_id, s.name, coalesce(s.part_time, false) as part_time,"
        f" {_vip('c', '$1')} as vip from customer c left join staff s on s.tenant_id = c.tenant_id"
        "   and s.id = c.account_manager_id and s.left_at is null where c.closed_at is null"
        "), load as (select org_unit_id, staff_id, name, part_time, count(*)::int as customers,"
        "   count(*) filter (where vip)::int as vips from base group by 1, 2, 3, 4)"
        " select u.id as org_unit_id, u.code, u.name, sum(l.vips)::int as vips,"
        " coalesce(sum(l.vips) filter (where l.staff_id is null), 0)::int as vips_without_manager,"
        " coalesce(jsonb_agg(jsonb_build_object('staff_id', l.staff_id, 'name', l.name, 'part_time', l.part_time,"
        "   'customers', l.customers, 'vips', l.vips) order by l.vips desc, l.name, l.staff_id)"
        "   filter (where l.staff_id is not null), '[]')::text as managers"
        " from load l join org_unit u on u.id = l.org_unit_id group by 1, 2, 3 order by 2",
        on,
    )
    return shown(Outlet, rows)


async def tell_unserved(today: date, *, now: datetime) -> None:
    """The leader of each outlet hears once a day how many of its VIPs nobody serves."""
    rows = await fetch(
        f"select c.org_unit_id, count(*)::int as vips from customer c where {_alone('c', '$1')} group by 1 order by 1",
        today,
    )
    for row in rows:
        notice = Notice(
            kind="vips_without_manager",
            subject="org_unit",
            subject_id=row["org_unit_id"],
            org_unit_id=row["org_unit_id"],
            roles=("manager",),
            details={"count": str(row["vips"])},
        )
        await notify(notice, key=f"vips-without-manager/{row['org_unit_id']}/{today}", now=now)
