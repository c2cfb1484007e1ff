"""Telling staff, by name or by role."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin_tenants.principals import Principal
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import execute, fetch

# Whoever holds the role nearest above the matter is told: managers of the customer's own unit before those of the
# branch. An account manager is the customer's own. A role that nobody holds goes to the tenant's admins, because
# something nobody hears of is worse than something the wrong person hears of.
_TELL = """
with recursive place as (
    select tenant_id, org_unit_id, account_manager_id from customer where id = $1
), above (tenant_id, id, parent_id, depth) as (
    select u.tenant_id, u.id, u.parent_id, 0 from org_unit u
    where u.id = coalesce($2::uuid, (select org_unit_id from place))
        or (coalesce($2::uuid, (select org_unit_id from place)) is null and u.parent_id is null)
    union all
    select u.tenant_id, u.id, u.parent_id, a.depth + 1
    from org_unit u join above a on u.tenant_id = a.tenant_id and u.id = a.parent_id where a.depth < 32
), holding as (
    select r.role, s.id, rank() over (partition by r.role order by a.depth) as nearness
    from unnest($3::text[]) as r (role)
    join staff s on s.left_at is null and r.role = any (s.roles)
    join above a on a.tenant_id = s.tenant_id
        and (a.id = s.org_unit_id or (s.org_unit_id is null and a.parent_id is null))
    where r.role not in ('account_manager', 'tenant_admin')
), own as (
    select 'account_manager' as role, s.id from place p
    join staff s on s.tenant_id = p.tenant_id and s.id = p.account_manager_id and s.left_at is null
    where 'account_manager' = any ($3::text[])
), found as (
    select role, id from holding where nearness = 1
    union all select role, id from own
), admins as (
    select s.id from staff s where s.left_at is null and 'tenant_admin' = any (s.roles)
        and exists (select 1 from unnest($3::text[]) as r (role) where r.role = 'tenant_admin'
            or r.role not in (select role from found))
), readers as (
    select id from found union select id from admins
    union select s.id from staff s where s.left_at is null and s.id = any ($4::uuid[])
)
insert into staff_notice (id, staff_id, kind, key, subject, subject_id, customer_id, details, told_at)
select gen_random_uuid(), id, $5, $6, $7, $8, $1, $9::jsonb, $10 from readers
on conflict (tenant_id, staff_id, key) do nothing
returning staff_id
"""


class Notice(Struct, frozen=True, kw_only=True):
    """What is told, about what, to whom: `staff_ids` by name, `roles` by the nearest who hold them.

    `org_unit_id` is where to look for roles when it is not the customer's own unit; the head office without either.
    `details` are figures and numbers for the text `notice.<kind>`, never personal data.
    """

    kind: str
    subject: str
    subject_id: UUID
    customer_id: UUID | None = None
    org_unit_id: UUID | None = None
    roles: tuple[str, ...] = ()
    staff_ids: tuple[UUID, ...] = ()
    details: dict[str, str] = {}


Told = Callable[[Notice, str, tuple[UUID, ...], datetime], Awaitable[None]]
_on_notice: list[Told] = []


def on_notice(callback: Told) -> Told:
    """Call the function with every notice, its key and who was told now, in its transaction. Registered at import."""
    if callback not in _on_notice:
        _on_notice.append(callback)
    return callback


async def notify(notice: Notice, *, key: str, now: datetime) -> tuple[UUID, ...]:
    """Tell everybody once per `key`; who was told now."""
    rows = await fetch(
        _TELL,
        notice.customer_id,
        notice.org_unit_id,
        list(notice.roles),
        list(notice.staff_ids),
        notice.kind,
        key,
        notice.subject,
        notice.subject_id,
        msgspec.json.encode(notice.details).decode(),
        now,
    )
    told = tuple(row["staff_id"] for row in rows)
    for callback in _on_notice:
        await callback(notice, key, told, now)
    return told


async def mark_read(notice_id: UUID, *, by: Principal, now: datetime) -> None:
    """The reader has seen it. Raises NotFound for anybody else's notice."""
    touched = await execute(
        "update staff_notice set read_at = coalesce(read_at, $3) where id = $1 and staff_id = $2",
        notice_id,
        by.id,
        now,
    )
    if not touched:
        raise NotFound(f"There is no notice {notice_id} for you")


async def mark_all_read(*, by: Principal, now: datetime) -> int:
    """How many were unread."""
    return await execute("update staff_notice set read_at = $2 where staff_id = $1 and read_at is null", by.id, now)
