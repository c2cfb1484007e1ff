"""Whether leaders of every level visit each customer, and how they rate the account managers they hear of (S09-3, S09-6)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import noted
from guibin.cases import Case
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.periods.spans import Window, window_of
from guibin.policy.cadence import VisitLevel
from guibin.profiles.queries import kept_until
from guibin.records.dues import reached
from guibin.tiers.queries import member
from guibin.web.listing import Listing, Order, placed
from guibin_tenants.rows import many
from guibin_tenants.scope import fetch

from .queries import is_visit

State = Literal["done", "planned", "due", "missed"]


class CoverageLine(Struct, frozen=True, kw_only=True):
    """A customer and a level that is to visit in the span: visited, planned, still due, or missed once it is over."""

    customer_id: UUID
    customer_number: str
    customer_name: str
    account_manager_id: UUID | None
    role: str
    span: str
    state: State
    visited_at: datetime | None
    visited_by_name: str | None
    planned_at: datetime | None
    planned_for_name: str | None
    created_at: datetime


class CoverageFilter(Struct, frozen=True, kw_only=True):
    """Which of them; all of the spans that run."""

    role: str | None = None
    state: State | None = None
    customer_id: UUID | None = None
    account_manager_id: UUID | None = None


class CoverageCount(Struct, frozen=True):
    """How a level stands with the customers of an org unit."""

    role: str
    span: str
    org_unit_id: UUID
    done: int
    planned: int
    due: int
    missed: int


class ManagerRating(Struct, frozen=True):
    """How leaders who visited rate an account manager, 1 to 5 on average."""

    staff_id: UUID
    staff_name: str
    ratings: int
    average: float


class RatingAsked(Struct, frozen=True, kw_only=True):
    """Of visits since then, inclusive; of all without."""

    since: datetime | None = None


_BY_LEVEL = (
    "exists (select from staff s where s.tenant_id = {0}.tenant_id and s.id = {0}.staff_id and r.role = any (s.roles)"
    " and (r.role = 'account_manager' or s.id is distinct from c.account_manager_id))"
)
_OWED = f"""
with rule as (
    select * from unnest($roles::text[], $spans::text[], $days::date[], $starts::timestamptz[], $ends::timestamptz[],
        $tiers::text[]) as r (role, span, on_day, starts_at, ends_at, tiers)
), owed as (
    select c.tenant_id, c.id, c.number, c.name, c.account_manager_id, c.org_unit_id, c.created_at, r.role, r.span,
        r.ends_at, v.happened_at as visited_at, v.staff_name as visited_by_name, p.planned_at,
        p.staff_name as planned_for_name
    from rule r join customer c on {kept_until("c", "r.ends_at")}
        and {member("c", "r.on_day", "(r.tiers = '' or m.tier = any (string_to_array(r.tiers, ',')))")}
    left join lateral (select i.happened_at, i.staff_name {reached("c")} and i.happened_at >= r.starts_at
        and i.happened_at < r.ends_at and i.direction = 'out' and (i.channel = 'visit' or {is_visit("i")})
        and {_BY_LEVEL.format("i")} order by i.happened_at desc limit 1) v on true
    left join lateral (select w.planned_at, w.staff_name from visit w where w.tenant_id = c.tenant_id
        and w.customer_id = c.id and w.state = 'planned' and w.planned_at < r.ends_at and {_BY_LEVEL.format("w")}
        order by w.planned_at limit 1) p on true
), judged as (
    select o.*, case when o.visited_at is not null then 'done' when o.ends_at <= $now then 'missed'
        when o.planned_at is not null then 'planned' else 'due' end as state from owed o
)
"""
LISTED = Listing(
    view=CoverageLine,
    source=f"({_OWED} select * from judged) x",
    order=Order({"x.created_at": datetime, "x.id": UUID, "x.role": str}),
    columns={"customer_id": "x.id", "customer_number": "x.number", "customer_name": "x.name"},
    filters={"customer_id": "x.id = $value"},
)


def asked(act: Act, on: date | None = None) -> dict[str, Any]:
    """The values of LISTED: the spans that hold the day, today by default."""
    levels = act.policy.visits.levels
    return _asked(levels, [window_of(level.span, on or act.today, act.company.time_zone) for level in levels], act)


async def counts(act: Act, on: date | None = None) -> list[CoverageCount]:
    """Level by level and org unit by org unit, of the spans that hold the day; what one may see."""
    of_state = ", ".join(
        f"count(*) filter (where j.state = '{state}')::int as {state}" for state in ("done", "planned", "due", "missed")
    )
    statement, values = placed(
        f"{_OWED} select j.role, j.span, j.org_unit_id, {of_state} from judged j group by 1, 2, 3 order by 1, 2, 3",
        asked(act, on) | {"now": act.now},
    )
    return [CoverageCount(**dict(row)) for row in await fetch(statement, *values)]


async def show_counts(act: Act) -> list[CoverageCount]:
    """As `counts`, on record; it names no customer."""
    found = await counts(act)
    await noted("visit_coverage.count", act, subject="visit", shown=len(found))
    return found


async def ratings(asked: RatingAsked, act: Act) -> list[ManagerRating]:
    """Of oneself, and for leaders of those they lead."""
    found = await many(
        ManagerRating,
        "from (select r.rated_id as staff_id, s.name as staff_name, count(*)::int as ratings,"
        " round(avg(r.manager_rating), 1)::float8 as average from visit_record r"
        " join staff s on s.tenant_id = r.tenant_id and s.id = r.rated_id"
        " where r.manager_rating is not null and ($1::timestamptz is null or r.carried_out_at >= $1)"
        " and (s.id = $2 or $3::boolean and ($4::uuid[] is null or s.org_unit_id = any ($4::uuid[])))"
        " group by 1, 2) rated order by average desc, staff_name, staff_id",
        asked.since,
        act.by.person,
        not act.by.is_person or bool({"manager", "tenant_admin"} & set(act.by.roles)),
        act.by.units_seen,
    )
    await noted("visit_rating.read", act, subject="visit", shown=len(found))
    return found


async def tell(act: Act) -> None:
    """The nearest of each level hear whom they still have to visit, month by month, and what their level missed in a span that
    ended with the day before."""
    yesterday, month = act.today - timedelta(days=1), f"{act.today:%Y-%m}"
    for count in await counts(act):
        if count.due:
            details = {"count": str(count.due), "span": count.span, "role": count.role}
            due = Notice(
                "visits_to_make",
                Case("company", act.company.id),
                count.org_unit_id,
                roles=(count.role,),
                details=details,
            )
            await notify(due, key=f"visits-to-make/{count.role}/{count.org_unit_id}/{month}", now=act.now)
    for count in await counts(act, yesterday):
        if count.missed:
            details = {"count": str(count.missed), "span": count.span, "role": count.role}
            missed = Notice(
                "visits_not_made",
                Case("company", act.company.id),
                count.org_unit_id,
                roles=(count.role, "tenant_admin"),
                details=details,
            )
            await notify(missed, key=f"visits-not-made/{count.role}/{count.org_unit_id}/{count.span}", now=act.now)


def _asked(levels: Sequence[VisitLevel], windows: Sequence[Window], act: Act) -> dict[str, Any]:
    last = timedelta(days=1)
    return {
        "roles": [level.role for level in levels],
        "spans": [window.name for window in windows],
        "days": [min(act.today, window.after_on - last) for window in windows],
        "starts": [window.starts_at for window in windows],
        "ends": [window.ends_at for window in windows],
        "tiers": [",".join(level.tiers) for level in levels],
    }
