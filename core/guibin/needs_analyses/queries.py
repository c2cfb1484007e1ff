"""Reading analyses of needs, and how much each department has done of its own accord."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from guibin.cases.followed import FOLLOWED, Followed
from guibin.context import Act
from guibin.profiles.queries import customer_of
from guibin.web.listing import Listing, newest_first
from guibin_tenants.principals import may
from guibin_tenants.rows import many, read

from .requests import AnalysedIn
from .tables import NeedsAnalysis


class NeedsAnalysisView(Struct, frozen=True, kw_only=True):
    """An analysis; `outcome` is empty until it was followed up."""

    id: UUID
    customer_id: UUID
    customer_number: str
    department_id: UUID | None
    department_name: str
    situation: str
    needs: str
    offers: str
    owner_id: UUID
    owner_name: str
    follow_up_on: date
    analysed_by_name: str
    analysed_at: datetime
    outcome: str
    followed_up_by_name: str
    followed_up_at: datetime | None


class NeedsAnalysisFilter(Struct, frozen=True, kw_only=True):
    """Of which customer or department; `open_only` those to be followed up, `overdue` past their day."""

    customer_id: UUID | None = None
    department_id: UUID | None = None
    owner_id: UUID | None = None
    open_only: bool = False
    overdue: bool = False


class DepartmentCount(Struct, frozen=True, kw_only=True):
    """What a department analysed unasked: of so many customers, how much was followed up, in time, and is late."""

    department_id: UUID | None
    department_name: str
    analyses: int
    customers: int
    followed_up: int
    in_time: int
    overdue: int


class OverdueAnalysis(Struct, frozen=True, kw_only=True):
    """One that nobody has followed up by its day."""

    id: UUID
    customer_id: UUID
    owner_id: UUID
    follow_up_on: date


LISTED = Listing(
    view=NeedsAnalysisView,
    source=f"needs_analysis x {customer_of('c', 'x')} join staff s on s.tenant_id = x.tenant_id and s.id = x.owner_id"
    " left join org_unit u on u.tenant_id = x.tenant_id and u.id = x.department_id",
    order=newest_first("x.analysed_at"),
    columns={"customer_number": "c.number", "owner_name": "s.name", "department_name": "coalesce(u.name, '')"},
    filters={
        "open_only": "x.followed_up_at is null",
        "overdue": "x.followed_up_at is null and x.follow_up_on < $today",
    },
)


async def counts(asked: AnalysedIn, act: Act) -> list[DepartmentCount]:
    """Per department, over the customers one may see."""
    day = "(x.followed_up_at at time zone $4)::date"
    return await read(
        DepartmentCount,
        "select x.department_id, coalesce(u.name, '') as department_name, count(*)::int as analyses,"
        " count(distinct x.customer_id)::int as customers, count(x.followed_up_at)::int as followed_up,"
        f" (count(*) filter (where {day} <= x.follow_up_on))::int as in_time,"
        " (count(*) filter (where x.followed_up_at is null and x.follow_up_on < $3))::int as overdue"
        " from needs_analysis x left join org_unit u on u.tenant_id = x.tenant_id and u.id = x.department_id"
        " where ($1::date is null or (x.analysed_at at time zone $4)::date >= $1)"
        " and ($2::date is null or (x.analysed_at at time zone $4)::date < $2)"
        " group by 1, 2 order by 2, 1",
        asked.since,
        asked.before,
        act.today,
        act.company.time_zone,
    )


async def overdue(first: date, before: date) -> list[OverdueAnalysis]:
    """Those of these days that nobody has followed up; of customers whose archive is open."""
    return await many(
        OverdueAnalysis,
        f"from (select x.id, x.customer_id, x.owner_id, x.follow_up_on from needs_analysis x {customer_of('c', 'x')}"
        " and c.closed_at is null where x.followed_up_at is null and x.follow_up_on >= $1 and x.follow_up_on < $2) late"
        " order by follow_up_on, id",
        first,
        before,
    )


FOLLOWED.give("needs_analysis", Followed(may("records:read"), NeedsAnalysis))
