"""Who has how much (S05-3): everybody of the reader's units, what they owe, whom they look after, until when they are away."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import noted
from guibin.context import Act
from guibin.profiles.tables import Customer
from guibin_tenants import roles as composed_roles
from guibin_tenants.rows import many, name_of

from .queries import PersonCount, by_person
from .standing import CASES

# What is to come is said so far ahead.
AHEAD = timedelta(weeks=8)
DECIDE = "approvals:decide"


Uncovered = Literal["", "nobody", "away", "undecided"]


class Load(Struct, frozen=True, kw_only=True):
    """One member of staff: `customers` they look after, `cases` they have, all they owe, and what of it is late or due within the
    hour. `absence_id` and `away_until` while they are away."""

    staff_id: UUID
    staff_name: str
    roles: tuple[str, ...]
    org_unit_id: UUID | None
    unit_name: str
    customers: int
    cases: int
    owed: int
    late: int
    soon: int
    today: int
    absence_id: UUID | None
    away_until: datetime | None


class AbsentLine(Struct, frozen=True, kw_only=True):
    """An absence that runs or is to come, and who stands in. `uncovered` says what is missing: `nobody` stands in, the deputy
    is `away` at a time of it themselves, or may not decide (`undecided`) what waits for the one who is away, who `decides`."""

    id: UUID
    staff_id: UUID
    staff_name: str
    unit_name: str
    from_at: datetime
    until_at: datetime
    runs: bool
    deputy_id: UUID | None
    deputy_name: str
    notices_only: bool
    matters: tuple[str, ...]
    decides: bool
    uncovered: Uncovered


class _Absent(Struct, frozen=True, kw_only=True):
    id: UUID
    staff_id: UUID
    staff_name: str
    roles: tuple[str, ...]
    unit_name: str
    from_at: datetime
    until_at: datetime
    deputy_id: UUID | None
    deputy_name: str
    deputy_roles: tuple[str, ...]
    deputy_away: bool
    notices_only: bool
    matters: tuple[str, ...]


class _Person(Struct, frozen=True, kw_only=True):
    staff_id: UUID
    staff_name: str
    roles: tuple[str, ...]
    org_unit_id: UUID | None
    unit_name: str
    customers: int
    absence_id: UUID | None
    away_until: datetime | None


async def loads(act: Act) -> list[Load]:
    """Everybody who serves in the units that the reader sees, whoever has most that is late first. That it was read is on record."""
    people = await many(
        _Person,
        "from (select s.id as staff_id, s.name as staff_name, s.roles, s.org_unit_id, coalesce(u.name, '') as unit_name,"
        f" (select count(*)::int from {name_of(Customer)} c where c.account_manager_id = s.id and c.closed_at is null"
        " and c.erased_at is null) as customers, a.id as absence_id, a.until_at as away_until"
        " from staff s left join org_unit u on u.tenant_id = s.tenant_id and u.id = s.org_unit_id"
        " left join lateral (select a.id, a.until_at from staff_absence a where a.tenant_id = s.tenant_id and a.staff_id = s.id"
        " and a.from_at <= $2 and a.until_at > $2 order by a.until_at desc limit 1) a on true"
        " where s.left_at is null and s.roles <> '{auditor}' and ($1::uuid[] is null or s.org_unit_id = any ($1))) person",
        act.by.units_seen,
        act.now,
    )
    counts: dict[UUID, list[PersonCount]] = {}
    for each in await by_person(act):
        counts.setdefault(each.staff_id, []).append(each)
    found = [_load(person, counts.get(person.staff_id, [])) for person in people]
    await noted("team.load", act, subject="team", shown=len(found))
    return sorted(found, key=lambda load: (-load.late, -load.owed, load.unit_name, load.staff_name))


async def absences(act: Act) -> list[AbsentLine]:
    """Those of the reader's people that run or begin within so many weeks, soonest first, and what of them is uncovered. That
    it was read is on record."""
    found = await many(
        _Absent,
        "from (select a.id, a.staff_id, s.name as staff_name, s.roles, coalesce(u.name, '') as unit_name, a.from_at, a.until_at,"
        " a.deputy_id, coalesce(d.name, '') as deputy_name, coalesce(d.roles, '{}') as deputy_roles, exists (select from"
        " staff_absence o where o.tenant_id = d.tenant_id and o.staff_id = d.id and o.from_at < a.until_at"
        " and o.until_at > greatest(a.from_at, $2)) as deputy_away, a.notices_only, a.matters"
        " from staff_absence a join staff s on s.tenant_id = a.tenant_id and s.id = a.staff_id and s.left_at is null"
        " left join org_unit u on u.tenant_id = s.tenant_id and u.id = s.org_unit_id"
        " left join staff d on d.tenant_id = a.tenant_id and d.id = a.deputy_id and d.left_at is null"
        " where a.until_at > $2 and a.from_at < $3 and ($1::uuid[] is null or s.org_unit_id = any ($1))) absent"
        " order by from_at, staff_name, id",
        act.by.units_seen,
        act.now,
        act.now + AHEAD,
    )
    await noted("team.absences", act, subject="team", shown=len(found))
    return [await _absent(each, act) for each in found]


async def _absent(absent: _Absent, act: Act) -> AbsentLine:
    decides, can = [DECIDE in await composed_roles.permitted(roles) for roles in (absent.roles, absent.deputy_roles)]
    undecided = decides and (absent.notices_only or not can)
    uncovered: Uncovered = "away" if absent.deputy_away else "undecided" if undecided else ""
    return AbsentLine(
        **{name: getattr(absent, name) for name in AbsentLine.__struct_fields__ if hasattr(absent, name)},
        runs=absent.from_at <= act.now,
        decides=decides,
        uncovered=uncovered if absent.deputy_name else "nobody",
    )


def _load(person: _Person, counts: list[PersonCount]) -> Load:
    return Load(
        **{name: getattr(person, name) for name in _Person.__struct_fields__},
        cases=sum(each.count for each in counts if each.kind in CASES),
        owed=sum(each.count for each in counts),
        late=sum(each.late for each in counts),
        soon=sum(each.soon for each in counts),
        today=sum(each.today for each in counts),
    )
