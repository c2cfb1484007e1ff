"""Telling staff, by name or by role."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.cases import Case
from guibin.context import Act
from guibin.events import ErasureBegins, at_once
from guibin.policy.posts import ROLES
from guibin.profiles.queries import place_of, serves
from guibin_tenants.above import FromAbove, NamedFromAbove
from guibin_tenants.absences import away
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import execute, fetch_column, fetch_many, fetch_value
from guibin_tenants.tables import BLANK

# Whoever holds the role nearest above the matter is told: managers of the customer's own unit before those of the
# branch. An account manager is the customer's own. Who is away is passed over: the next above with the same role is
# told, or else the first of the further levels ($11 says which level a role of $3 belongs to) at which somebody is there.
# Whoever stands in for somebody who is away hears in their place; of a customer also what they would by name.
# Whatever an account manager hears, the customer's team hears (S10-4).
# What is for a department ($12) is its managers', else those of the nearest unit above; of the head office only whoever is
# a manager and nothing else ($13), since its posts are everybody's heads and no department's.
# Whoever is named in $14 hears nothing, whatever they hold: of a role they alone hold, the next above hears.
# A role that nobody holds goes to the tenant's admins, because something nobody hears of is worse than something the
# wrong person hears of.
# Of what is for the head office ($15) no admin of an outlet hears, even if nobody else is there (S02-6).
_SEES_IT = """(not $15 or s.org_unit_id is null or exists (
            select from org_unit u where u.tenant_id = s.tenant_id and u.id = s.org_unit_id and u.parent_id is null))"""
_TELL = f"""
with recursive place as (
    {place_of("$1")}
), above (tenant_id, id, parent_id, depth) as (
    select u.tenant_id, u.id, u.parent_id, 0 from org_unit u
    where case when not $15 then coalesce($2::uuid, (select org_unit_id from place)) end = u.id
        or (u.parent_id is null and ($15 or coalesce($2::uuid, (select org_unit_id from place)) is null))
    union all
    select u.tenant_id, u.id, u.parent_id, a.depth + 1
    from org_unit u join above a on u.tenant_id = a.tenant_id and u.id = a.parent_id where a.depth < 32
), asked (role, level) as (
    select * from unnest($3::text[], $11::int[])
), named (id) as (
    select unnest($4::uuid[])
    union
    select s.id from place p join staff s on $16 and s.tenant_id = p.tenant_id and s.left_at is null
        and {serves("s", "$1", "p.account_manager_id")} and s.id <> all ($14::uuid[])
), holding as (
    select r.level, r.role, s.tenant_id, s.id, a.depth
    from asked r join staff s on s.left_at is null and r.role = any (s.roles)
    join above a on a.tenant_id = s.tenant_id
        and (a.id = s.org_unit_id or (s.org_unit_id is null and a.parent_id is null))
        and (not $12 or a.parent_id is not null or s.roles <@ $13::text[]) and s.id <> all ($14::uuid[])
    where r.role not in ('account_manager', 'tenant_admin')
    union all
    select r.level, r.role, s.tenant_id, s.id, 0
    from asked r join place p on r.role = 'account_manager'
    join staff s on s.tenant_id = p.tenant_id and s.left_at is null and {serves("s", "$1", "p.account_manager_id")}
        and s.id <> all ($14::uuid[])
    union all
    select r.level, r.role, s.tenant_id, s.id, 0
    from asked r join staff s on s.left_at is null and r.role = 'tenant_admin' and 'tenant_admin' = any (s.roles)
        and s.id <> all ($14::uuid[]) and {_SEES_IT}
), standing (staff_id, deputy_id) as (
    select a.staff_id, d.id from staff_absence a join staff d on d.tenant_id = a.tenant_id and d.id = a.deputy_id
        and d.left_at is null and d.id <> all ($14::uuid[]) and not {away("d", "$10")}
    where a.from_at <= $10 and a.until_at > $10
), present as (
    select h.level, h.role, h.id, h.depth from holding h where not {away("h", "$10")}
    union
    select h.level, h.role, n.deputy_id, h.depth from holding h join standing n on n.staff_id = h.id
), there as (
    select level, role, id, rank() over (partition by level, role order by depth) as nearness from present
), vacant as (
    select from asked where level = 0 and role not in (select role from holding)
), away as (
    select from asked where level = 0 and role in (select role from holding)
        and role not in (select role from there where level = 0)
), next_level as (
    select min(level) as level from there where level > 0 and exists (select from away)
), readers as (
    select id from there where nearness = 1 and (level = 0 or level = (select level from next_level))
    union
    select s.id from staff s where s.left_at is null and 'tenant_admin' = any (s.roles) and s.id <> all ($14::uuid[])
        and {_SEES_IT} and (
        exists (select from vacant) or (exists (select from away) and (select level from next_level) is null))
    union
    select s.id from staff s where s.left_at is null and s.id in (select id from named) and s.id <> all ($14::uuid[])
    union
    select deputy_id from standing where $1 is not null and staff_id in (select id from named)
)
insert into staff_notice (id, staff_id, kind, key, subject, subject_id, customer_id, details, told_at)
select gen_random_uuid(), id, $5, $6, $7, $8, $1, $9::jsonb, $10::timestamptz from readers
on conflict (tenant_id, staff_id, key) do nothing
returning key, staff_id
"""


class Notice(Struct, frozen=True):
    """What is told, about what, to whom: `staff_ids` by name, `roles` by the nearest who hold them.

    `otherwise` are the roles of further levels, in order, for when whoever holds one of `roles` is away.
    `org_unit_id` is where to look for roles when it is not the customer's own unit; the head office without either, or where
    it is for those `at_head_office` whoever the customer's unit has. With
    `to_department` it is that unit's own matter: without a manager there, those of the nearest unit above hear, and the
    admins that the unit has none.
    With `to_serving` the account manager and the team of the customer hear as if they were named.
    Nobody of `but` is told, by name or by role: the matter is against them.
    `details` are figures and numbers for the text `notice.<kind>`, never personal data.
    """

    kind: str
    about: Case
    org_unit_id: UUID | None = None
    to_department: bool = False
    at_head_office: bool = False
    roles: tuple[str, ...] = ()
    otherwise: tuple[tuple[str, ...], ...] = ()
    staff_ids: tuple[UUID, ...] = ()
    to_serving: bool = False
    but: tuple[UUID, ...] = ()
    details: dict[str, str] = {}


class Telling(Struct, frozen=True):
    """A notice that is told at `now`, once per `key`."""

    notice: Notice
    key: str
    now: datetime


# The one kind whose `details` have words of the company's own, which may name a customer: erasure blanks them.
TOLD_BY_RULE = "told_by_rule"
SendingOn = Callable[[Notice, str, tuple[UUID, ...], datetime], Awaitable[None]]
# Sends a notice, known by its key, on to who was told now, in the transaction of the notice.
SENT_ON: FromAbove[SendingOn] = FromAbove("notices by mail and chat")
# Told in the transaction whose inbox is another now.
INBOX_CHANGED: NamedFromAbove[Callable[[Sequence[UUID], datetime], None]] = NamedFromAbove()


async def notify(notice: Notice, *, key: str, now: datetime) -> tuple[UUID, ...]:
    """Tell everybody once per `key`; who was told now."""
    (told,) = await notify_all([Telling(notice, key=key, now=now)])
    return told


async def notify_all(several: Sequence[Telling]) -> list[tuple[UUID, ...]]:
    """As `notify`, for several, none of whose keys is another's, in order."""
    if not several:
        return []
    told: dict[str, list[UUID]] = {one.key: [] for one in several}
    for row in await fetch_many(_TELL, [_values(one) for one in several]):
        told[row["key"]].append(row["staff_id"])
    found = [tuple(told[one.key]) for one in several]
    for one, readers in zip(several, found, strict=True):
        await _tell_further(one, readers)
    return found


def _values(one: Telling) -> tuple[Any, ...]:
    notice = one.notice
    asked = [(role, level) for level, roles in enumerate((notice.roles, *notice.otherwise)) for role in roles]
    return (
        notice.about.customer_id,
        notice.org_unit_id,
        [role for role, _ in asked],
        list(notice.staff_ids),
        notice.kind,
        one.key,
        notice.about.subject,
        notice.about.id,
        msgspec.json.encode(notice.details).decode(),
        one.now,
        [level for _, level in asked],
        notice.to_department,
        sorted(ROLES),
        list(notice.but),
        notice.at_head_office,
        notice.to_serving,
    )


async def _tell_further(one: Telling, told: tuple[UUID, ...]) -> None:
    notice, now = one.notice, one.now
    await SENT_ON()(notice, one.key, told, now)
    _changed(told, now)
    if told and notice.to_department and notice.org_unit_id is not None:
        await _tell_unmanaged(notice.org_unit_id, now)


async def _tell_unmanaged(unit_id: UUID, now: datetime) -> None:
    """Once a month the admins hear that a unit other than the head office has no manager of its own."""
    name = await fetch_value(
        "select name from org_unit u where u.id = $1 and u.parent_id is not null and not exists (select from staff s"
        " where s.tenant_id = u.tenant_id and s.org_unit_id = u.id and s.left_at is null and 'manager' = any (s.roles))",
        unit_id,
    )
    if name is not None:
        notice = Notice("unit_unmanaged", Case("org_unit", unit_id), roles=("tenant_admin",), details={"unit": name})
        await notify(notice, key=f"unmanaged/{unit_id}/{now:%Y-%m}", now=now)


async def serving(customer_id: UUID | None, *, but: UUID | None = None) -> tuple[UUID, ...]:
    """Who is directly responsible for the customer, the account manager, and the team; without `but`, who did it (S05-3)."""
    return tuple(
        await fetch_column(
            f"select s.id from ({place_of('$1')}) p join staff s on s.tenant_id = p.tenant_id and s.left_at is null"
            f" and {serves('s', '$1', 'p.account_manager_id')} where s.id is distinct from $2 order by s.id",
            customer_id,
            but,
        )
    )


async def mark_read(notice_id: UUID, act: Act) -> None:
    """The reader has seen it. Raises NotFound for anybody else's notice."""
    touched = await execute(
        "update staff_notice set read_at = coalesce(read_at, $3) where id = $1 and staff_id = $2",
        notice_id,
        act.by.id,
        act.now,
    )
    if not touched:
        raise NotFound(f"There is no notice {notice_id} for you")
    _changed([act.by.id], act.now)


@at_once(ErasureBegins)
async def forget_words(erased: ErasureBegins, act: Act) -> None:
    """What a company's own rules said of an erased customer is not kept; that they said something is."""
    await execute(
        "update staff_notice set details = details || jsonb_build_object('what', $2::text)"
        " where customer_id = $1 and kind = $3",
        erased.customer_id,
        BLANK,
        TOLD_BY_RULE,
    )


async def mark_all_read(act: Act) -> int:
    """How many were unread."""
    read = await execute(
        "update staff_notice set read_at = $2 where staff_id = $1 and read_at is null", act.by.id, act.now
    )
    _changed([act.by.id] if read else [], act.now)
    return read


def _changed(reader_ids: Sequence[UUID], now: datetime) -> None:
    for callback in INBOX_CHANGED.values():
        callback(reader_ids, now)
