"""Reading memberships, assessments and applications, and explaining them."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.cases.outcomes import Outcome
from guibin.context import Act
from guibin.policy.criteria import VALUE_SCORE
from guibin.policy.tiers import TierScheme
from guibin.profiles.queries import customer_of
from guibin.profiles.sheet_rows import DERIVED
from guibin.sealing.seeing import AMOUNTS, shows
from guibin.web.listing import Listing, Order, PageAsked, newest_first
from guibin.web.paging import Page
from guibin_tenants.rows import many, missing, read
from guibin_tenants.scope import fetch, fetch_one

from .explaining import Basis, Figures
from .moves import Move
from .tables import Assessment

# The tiers that a customer `c` is in, as a file of archives tells them.
DERIVED.give(
    "tier",
    "select string_agg(m.scheme || ':' || m.tier, '; ' order by m.scheme) from membership m"
    " where m.tenant_id = c.tenant_id and m.customer_id = c.id and m.ends_on is null",
)


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
    policy_version: int | None
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
    measures: Annotated[dict[str, int | None], shows(AMOUNTS)]
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
    policy_version: int
    clause: str
    applied_by: UUID
    applied_by_name: str
    applied_at: datetime
    approval_id: UUID | None
    outcome: Outcome | None
    decided_at: datetime | None


class FactView(Struct, frozen=True, kw_only=True):
    """A fact in its last form: `value` in minor units of a currency or a number of things, `revision` above 1 once corrected.

    `value` is None for whoever does not see amounts.
    """

    id: UUID
    customer_id: UUID
    metric: str
    occurred_on: date
    value: Annotated[int | None, shows(AMOUNTS)]
    unit: str
    label: str
    merchant: str
    source: str
    source_ref: str
    revision: int
    recorded_at: datetime


class Sum(Struct, frozen=True, kw_only=True):
    """One kind of fact in a span: how often, what it adds up to, and the last figure, known since `last_on`, also from before."""

    metric: str
    unit: str
    times: int
    total: int
    last: int
    last_on: date


class FactFilter(Struct, frozen=True, kw_only=True):
    """Of one kind, and of which days: `since` inclusive, `before` exclusive."""

    metric: str | None = None
    since: date | None = None
    before: date | None = None


class SchemeFilter(Struct, frozen=True, kw_only=True):
    """Of one scheme."""

    scheme: str | None = None


class ResultFilter(Struct, frozen=True, kw_only=True):
    """Those who make one move; who held one tier; who get one."""

    move: Move | None = None
    held: str | None = None
    becomes: str | None = None


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
# What is known of `x` now: what was corrected is shown as corrected, what was taken back is not there.
_STANDS = "x.value is not null and not exists (select from fact later where later.tenant_id = x.tenant_id and later.corrects = x.id)"
# Those of `$customer_id`, the latest day first.
FACTS = Listing(
    view=FactView,
    source="fact x",
    order=Order({"x.occurred_on": date, "x.id": UUID}, downward=True),
    filters={"since": "x.occurred_on >= $value", "before": "x.occurred_on < $value"},
    holds=f"x.customer_id = $customer_id and {_STANDS}",
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
    return await read(
        MembershipView,
        "select m.*, g.until_on as grace_until from membership m"
        " left join grace_period g on g.tenant_id = m.tenant_id and g.membership_id = m.id and g.lifted_on is null"
        " where m.customer_id = $1 order by m.scheme, m.starts_on desc, m.recorded_at desc",
        customer_id,
    )


def holding(alias: str, day: str) -> str:
    """SQL: whether the membership `alias` holds on a day: begun, not ended, not expired."""
    return (
        f"{alias}.starts_on <= {day} and ({alias}.ends_on is null or {alias}.ends_on > {day})"
        f" and ({alias}.expires_on is null or {alias}.expires_on > {day})"
    )


def member(customer: str, day: str, also: str = "true") -> str:
    """SQL: whether the customer `customer` holds a membership `m` on a day of which `also` is true."""
    return (
        f"exists (select from membership m where m.tenant_id = {customer}.tenant_id and m.customer_id = {customer}.id"
        f" and {holding('m', day)} and {also})"
    )


def tier_held(row: str, customer_id: str, scheme: str, day: str) -> str:
    """SQL: the tier that the customer, whom the row `row` names, holds in the scheme on a day, or null."""
    return (
        f"(select m.tier from membership m where m.tenant_id = {row}.tenant_id and m.customer_id = {customer_id}"
        f" and m.scheme = {scheme} and {holding('m', day)} order by m.starts_on desc limit 1)"
    )


def in_scheme(customer: str, scheme: str, tier: str) -> str:
    """SQL: whether the customer `customer` is in the scheme, at the tier unless that is null, and was not ended in it."""
    return (
        f"exists (select from membership m where m.tenant_id = {customer}.tenant_id and m.customer_id = {customer}.id"
        f" and m.scheme = {scheme} and m.ends_on is null and ({tier}::text is null or m.tier = {tier}))"
    )


def tiers_held(customer: str, day: str) -> str:
    """SQL: the tiers that the customer `customer` holds on a day, by scheme, as a document."""
    return (
        "coalesce((select jsonb_object_agg(m.scheme, m.tier) from membership m"
        f" where m.tenant_id = {customer}.tenant_id and m.customer_id = {customer}.id and {holding('m', day)}), '{{}}')"
    )


# What a customer's yearly file holds of them: of customer $1, from day $2 on and before day $3.
IN_FILE = (
    "select scheme, tier, starts_on, ends_on, basis from membership where customer_id = $1"
    " and starts_on < $3 and (ends_on is null or ends_on > $2) order by starts_on, id"
)


FACTS_IN_FILE = (
    "select x.metric, x.occurred_on, x.value, x.unit, x.label, x.source, x.source_ref, x.revision from fact x"
    f" where x.customer_id = $1 and x.occurred_on >= $2 and x.occurred_on < $3 and {_STANDS}"
    " order by x.metric, x.occurred_on, x.id"
)
# SQL: every judgement of customers, of assessments and on the spot; `applied` unless it still waits for its list to be approved.
JUDGEMENTS = """(
    select r.tenant_id, r.customer_id, a.id as assessment_id, a.scheme, a.as_of, a.policy_version, a.policy, a.recorded_at,
        r.tier, r.held, r.becomes, r.move, r.clause, r.measures, r.objection, a.applied_at is not null as applied
    from assessment_result r join assessment a on a.tenant_id = r.tenant_id and a.id = r.assessment_id
    union all
    select p.tenant_id, p.customer_id, p.id, p.scheme, p.as_of, p.policy_version, p.policy, p.appraised_at,
        p.tier, p.held, p.becomes, p.move, p.clause, p.measures, p.objection, true
    from appraisal p
)"""
# What was judged on one day and came out the same, of all and on the spot, stands there once.
SCORES_IN_FILE = (
    f"select j.scheme, j.as_of, (j.measures ->> '{VALUE_SCORE}')::int as score, j.tier, j.becomes from {JUDGEMENTS} j"
    " where j.customer_id = $1 and j.as_of >= $2 and j.as_of < $3 group by 1, 2, 3, 4, 5 order by j.as_of, max(j.recorded_at), 1"
)


async def drawn_up(customer_id: UUID, first_on: date, after_on: date) -> list[Sum]:
    """What stood and what moved, fact by fact: of the days from the first to before the last, and the latest figure by then."""
    return await many(
        Sum,
        "from (select x.metric, max(x.unit) as unit, count(*) filter (where x.occurred_on >= $2)::int as times,"
        " coalesce(sum(x.value) filter (where x.occurred_on >= $2), 0)::bigint as total,"
        " (array_agg(x.value order by x.occurred_on desc, x.recorded_at desc, x.id desc))[1] as last,"
        f" max(x.occurred_on) as last_on from fact x where x.customer_id = $1 and x.occurred_on < $3 and {_STANDS}"
        " group by x.metric) sums order by metric",
        customer_id,
        first_on,
        after_on,
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


async def tiers_of(customer_id: UUID | None, *, on: date) -> Collection[str]:
    """What the customer holds that day, of every scheme: time limits may depend on it (S07-5)."""
    if customer_id is None:
        return ()
    return (await current_tiers([customer_id], on=on)).get(customer_id, {}).values()


async def current_tiers(customer_ids: list[UUID], *, on: date) -> dict[UUID, dict[str, str]]:
    """The tier that each of these customers holds on a day of the company's, by scheme; whoever holds none is not among them."""
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


class Known(Struct, frozen=True):
    """A customer's kind, and the tiers held by scheme."""

    kind: str
    tiers: dict[str, str]


async def kinds_and_tiers(customer_ids: Collection[UUID | None], *, on: date) -> dict[UUID, Known]:
    """Of each that is in sight, in one statement, the kind and the tiers held on a day of the company's; an id that is None, unknown or
    behind a wall is not among them."""
    asked = [each for each in customer_ids if each is not None]
    if not asked:
        return {}
    rows = await fetch(
        "select c.id, c.kind, m.scheme, m.tier from customer c left join membership m on m.tenant_id = c.tenant_id"
        f" and m.customer_id = c.id and {holding('m', '$2')} where c.id = any ($1::uuid[])",
        asked,
        on,
    )
    found: dict[UUID, Known] = {}
    for row in rows:
        known = found.setdefault(row["id"], Known(row["kind"], {}))
        if row["scheme"] is not None:
            known.tiers[row["scheme"]] = row["tier"]
    return found


# Every judgement of the customers $1: of assessments that took effect, and on the spot.
_JUDGED = f"select * from {JUDGEMENTS} j where j.customer_id = any ($1) and j.applied"


async def bases_of(customer_id: UUID) -> list[Basis]:
    """The latest assessment of the customer under each scheme, with the scheme as it was then."""
    return (await bases_of_all([customer_id])).get(customer_id, [])


async def bases_of_all(customer_ids: Sequence[UUID]) -> dict[UUID, list[Basis]]:
    """As `bases_of`, of several customers."""
    rows = await fetch(
        f"select distinct on (x.customer_id, x.scheme) x.*, c.kind from ({_JUDGED}) x {customer_of('c', 'x')}"
        " order by x.customer_id, x.scheme, x.recorded_at desc, x.assessment_id desc",
        list(customer_ids),
    )
    found: dict[UUID, list[Basis]] = {}
    for row in rows:
        found.setdefault(row["customer_id"], []).append(_basis(row))
    return found


async def basis_of(customer_id: UUID, judgement_id: UUID) -> Basis | None:
    """What one assessment, or one on the spot, said of the customer; None where it said nothing."""
    row = await fetch_one(
        f"select x.*, c.kind from ({_JUDGED}) x {customer_of('c', 'x')} where x.assessment_id = $2",
        [customer_id],
        judgement_id,
    )
    return _basis(row) if row is not None else None


async def facts_used(customer_id: UUID, basis: Basis, *, most: int = 20) -> list[FactView]:
    """The latest facts that an assessment's figures were counted from, as they were known then."""
    return await many(
        FactView,
        "from (select distinct on (f.metric, f.occurred_on, f.source, f.source_ref) f.* from fact f where f.customer_id = $1"
        " and f.metric = any ($2) and f.occurred_on <= $3 and f.recorded_at <= (select coalesce("
        "(select a.known_at from assessment a where a.id = $4), (select p.appraised_at from appraisal p where p.id = $4)))"
        " order by f.metric, f.occurred_on, f.source, f.source_ref, f.revision desc) known where value is not null"
        " order by occurred_on desc, id desc limit $5",
        customer_id,
        sorted({metric.fact for metric in basis.scheme.metrics}),
        basis.as_of,
        basis.assessment_id,
        most,
    )


def _basis(row: Any) -> Basis:
    return Basis(
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


async def results(assessment_id: UUID, filters: ResultFilter, page: PageAsked, act: Act) -> Page[ResultView]:
    """Results of one assessment in the order of the customers' ids. Raises NotFound."""
    if await fetch_one("select id from assessment where id = $1", assessment_id) is None:
        raise missing(Assessment, assessment_id)
    return await RESULTS.page(filters, page, act, assessment_id=assessment_id)
