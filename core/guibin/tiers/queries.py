"""Reading memberships, assessments and applications, and explaining them."""

from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.context import Act
from guibin.policy.tiers import TierScheme
from guibin.profiles.queries import customer_of
from guibin.web.listing import Listing, Order, PageAsked, newest_first
from guibin.web.paging import Page
from guibin_tenants.rows import missing, shown
from guibin_tenants.scope import fetch, fetch_one

from .explaining import Basis, Figures
from .moves import Move
from .tables import Assessment


class MembershipView(Struct, frozen=True):
    """A tier held from `starts_on` until before `ends_on`. `grace_until` is set while it no longer qualifies."""

    id: UUID
    customer_id: UUID
    scheme: str
    tier: str
    starts_on: date
    ends_on: date | None
    expires_on: date | None
    since_on: date
    basis: str
    basis_id: UUID | None
    reason: str
    ended_because: str
    recorded_at: datetime
    grace_until: date | None = None


class AssessmentRow(Struct, frozen=True):
    """An assessment as it is listed; `customers` are those in sight."""

    id: UUID
    scheme: str
    as_of: date
    policy_version: int
    customers: int
    assessed_by_name: str
    recorded_at: datetime
    applied_at: datetime | None


class ResultView(Struct, frozen=True):
    """What an assessment says of one customer; money in minor units. `objection` is what a pack said against the move."""

    customer_id: UUID
    tier: str | None
    held: str | None
    becomes: str | None
    move: Move
    clause: str
    measures: dict[str, int | None]
    objection: str | None = None


class ApplicationView(Struct, frozen=True):
    """An application and how it ended; `outcome` is None while it waits."""

    id: UUID
    customer_id: UUID
    kind: str
    scheme: str
    tier: str
    reason: str
    answers: dict[str, str | int | bool | None]
    expires_on: date | None
    clause: str
    applied_by: UUID
    applied_by_name: str
    applied_at: datetime
    approval_id: UUID | None
    outcome: str | None
    decided_at: datetime | None


class AssessmentFilter(Struct, frozen=True, kw_only=True):
    """Of one scheme."""

    scheme: str | None = None


class ResultFilter(Struct, frozen=True, kw_only=True):
    """Those who make one move."""

    move: Move | None = None


class ApplicationFilter(Struct, frozen=True, kw_only=True):
    """`waiting` leaves out those that were decided."""

    customer_id: UUID | None = None
    waiting: bool = False


ASSESSMENTS = Listing(
    view=AssessmentRow,
    source="assessment x",
    order=newest_first("x.recorded_at"),
    # How many the company has is not told to an outlet: it hears of its own.
    columns={
        "customers": "case when (select current_setting('guibin.units', true)) = '*' then x.customers else"
        " (select count(*)::int from assessment_result r where r.tenant_id = x.tenant_id and r.assessment_id = x.id) end"
    },
)
RESULTS = Listing(
    view=ResultView,
    source="assessment_result x",
    order=Order({"x.customer_id": UUID}),
    holds="x.assessment_id = $assessment_id",
)
APPLICATIONS = Listing(
    view=ApplicationView,
    source="application x",
    order=newest_first("x.applied_at"),
    columns={"answers": "x.form"},
    filters={"waiting": "x.decided_at is null"},
)


async def memberships_of(customer_id: UUID) -> list[MembershipView]:
    """Every period of the customer, by scheme, latest first."""
    rows = await fetch(
        "select m.*, g.until_on as grace_until from membership m"
        " left join grace_period g on g.tenant_id = m.tenant_id and g.membership_id = m.id and g.lifted_on is null"
        " where m.customer_id = $1 order by m.scheme, m.starts_on desc, m.recorded_at desc",
        customer_id,
    )
    return shown(MembershipView, rows)


def holding(alias: str, day: str) -> str:
    """SQL: whether the membership `alias` holds on a day: begun, not ended, not expired."""
    return (
        f"{alias}.starts_on <= {day} and ({alias}.ends_on is null or {alias}.ends_on > {day})"
        f" and ({alias}.expires_on is null or {alias}.expires_on > {day})"
    )


def in_scheme(customer: str, scheme: str, tier: str) -> str:
    """SQL: whether the customer `customer` is in the scheme, at the tier unless that is null, and was not ended in it."""
    return (
        f"exists (select from membership m where m.tenant_id = {customer}.tenant_id and m.customer_id = {customer}.id"
        f" and m.scheme = {scheme} and m.ends_on is null and ({tier}::text is null or m.tier = {tier}))"
    )


# What a customer's yearly file holds of them: of customer $1, from day $2 on and before day $3.
IN_FILE = (
    "select scheme, tier, starts_on, ends_on, basis from membership where customer_id = $1"
    " and starts_on < $3 and (ends_on is null or ends_on > $2) order by starts_on, id"
)


def holding_on(memberships: list[MembershipView], day: date) -> list[MembershipView]:
    """Those that hold on a day: begun, not ended, not expired. At most one per scheme."""
    return [
        m
        for m in memberships
        if m.starts_on <= day
        and (m.ends_on is None or day < m.ends_on)
        and (m.expires_on is None or day < m.expires_on)
    ]


async def current_tiers(customer_ids: list[UUID], *, on: date) -> dict[UUID, dict[str, str]]:
    """The tier each of these customers holds on a day, by scheme."""
    rows = await fetch(
        "select m.customer_id, m.scheme, m.tier from membership m"
        f" where m.customer_id = any ($1::uuid[]) and {holding('m', '$2')}",
        customer_ids,
        on,
    )
    tiers: dict[UUID, dict[str, str]] = {}
    for row in rows:
        tiers.setdefault(row["customer_id"], {})[row["scheme"]] = row["tier"]
    return tiers


async def bases_of(customer_id: UUID) -> list[Basis]:
    """The latest assessment of the customer under each scheme, with the scheme as it was then."""
    rows = await fetch(
        "select distinct on (a.scheme) a.id as assessment_id, a.as_of, a.policy_version, a.policy, a.recorded_at,"
        " a.applied_at, r.tier, r.held, r.becomes, r.move, r.clause, r.measures, r.objection,"
        " c.kind"
        " from assessment_result r"
        " join assessment a on a.tenant_id = r.tenant_id and a.id = r.assessment_id"
        f" {customer_of('c', 'r')}"
        " where r.customer_id = $1 and a.applied_at is not null order by a.scheme, a.recorded_at desc, a.id desc",
        customer_id,
    )
    return [
        Basis(
            scheme=msgspec.json.decode(row["policy"], type=TierScheme),
            figures=Figures(
                measures=msgspec.json.decode(row["measures"], type=dict[str, int | None]), kind=row["kind"] or ""
            ),
            assessment_id=row["assessment_id"],
            as_of=row["as_of"],
            policy_version=row["policy_version"],
            tier=row["tier"],
            held=row["held"],
            becomes=row["becomes"],
            move=row["move"],
            clause=row["clause"],
            objection=row["objection"] or "",
        )
        for row in rows
    ]


async def results(assessment_id: UUID, filters: ResultFilter, page: PageAsked, act: Act) -> Page[ResultView]:
    """Results of one assessment in the order of the customers' ids. Raises NotFound."""
    if await fetch_one("select id from assessment where id = $1", assessment_id) is None:
        raise missing(Assessment, assessment_id)
    return await RESULTS.page(filters, page, act, assessment_id=assessment_id)


async def application(application_id: UUID) -> ApplicationView:
    """Raises NotFound."""
    return await APPLICATIONS.one(application_id)
