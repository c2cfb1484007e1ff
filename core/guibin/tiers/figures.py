"""Schemes compiled to one SQL statement over the whole customer base; `criteria.holds` judges one customer the same."""

from collections.abc import Mapping
from math import lcm
from typing import Any
from uuid import UUID

from msgspec import Struct

from guibin.policy.criteria import (
    VALUE_SCORE,
    AllOf,
    AnyOf,
    AtLeast,
    AtMost,
    Between,
    Criterion,
    KindIs,
    LessThan,
    Metric,
    MoreThan,
    NoneOf,
    number,
)
from guibin.policy.tiers import TierScheme
from guibin.profiles.counts import REFERRED_BY
from guibin.profiles.queries import OPEN

_SIGNS = {AtLeast: ">=", MoreThan: ">", AtMost: "<=", LessThan: "<"}


class Statement(Struct, frozen=True):
    """SQL with `$n` parameters; `$1` is the as-of date."""

    sql: str
    values: tuple[Any, ...]


class _Values:
    """Collects parameters; values never become part of the text."""

    def __init__(self, first: int) -> None:
        self.values: list[Any] = []
        self._first = first

    def add(self, value: Any, cast: str) -> str:
        self.values.append(value)
        return f"${self._first + len(self.values) - 1}::{cast}"


def assessment_sql(scheme: TierScheme, *, first: int = 3, only: UUID | None = None) -> Statement:
    """Who reaches which tier as of `$1` (date, exclusive) with what was known at `$2` (timestamptz, inclusive).

    Of one customer, with `only`.

    The statement's own values are `$first` and the following.

    Columns: `customer_id`, `tier` (null when none is reached) and `measures` (jsonb by metric). Facts that were
    corrected count with their latest revision known at `$2`. A scheme with a value score has it among the measures.
    """
    values = _Values(first=first)
    measures = [f"{_aggregate(metric, values)} as m{place}" for place, metric in enumerate(scheme.metrics)]
    names = {metric.name: _column(place, metric, values) for place, metric in enumerate(scheme.metrics)}
    columns = [f"{values.add(name, 'text')}, {column}" for name, column in names.items()]
    score = "null::int"
    if scheme.value_score:
        score = _score(scheme, names, values)
        names[VALUE_SCORE] = "v.score"
        columns.append(f"'{VALUE_SCORE}', v.score")
    more = ", merchant" if any(metric.partners for metric in scheme.metrics) else ""
    counted = sorted({metric.fact for metric in scheme.metrics if metric.aggregate in UNDONE_BY})
    remaining, source = "", "known"
    if counted:
        remaining = f", {UNDONE.format(counted=values.add(counted, 'text[]'))}"
        source = "(select k.*, k.id in (select id from undone) as undone from known k) known"
    facts = values.add(sorted({metric.fact for metric in scheme.metrics}), "text[]")
    cases = " ".join(
        f"when {_condition(tier.criterion, names, values)} then {values.add(tier.name, 'text')}"
        for tier in scheme.tiers
        if tier.criterion is not None
    )
    kinds = values.add(list(scheme.customer_kinds), "text[]")
    one = values.add(only, "uuid") if only is not None else ""
    of_one, being_one = (f" and f.customer_id = {one}", f" and c.id = {one}") if one else ("", "")
    known = _KNOWN.format(facts=facts, of=of_one, more=more)
    through = sorted({metric.fact for metric in scheme.metrics if metric.linked})
    if through:
        theirs = f" and l.customer_id = {one}" if one else ""
        known = _WITH_LINKED.format(
            own=_KNOWN.format(facts=facts, of=of_one, more=f"{more}, {_NEWEST}"),
            linked=_KNOWN.format(facts=values.add(through, "text[]"), of="", more=f"{more}, {_NEWEST}"),
            of=theirs,
            more=more,
        )
    if REFERRAL in {metric.fact for metric in scheme.metrics}:
        recommended = f" and l.of_customer_id = {one}" if one else ""
        blank = ", '' as label"
        blank += ", null as merchant" if more else ""
        blank += ", true as newest" if through else ""
        known += _REFERRED.format(of=recommended, more=blank)
    sql = f"""
        with known as ({known}){remaining}, g as (
            select tenant_id, customer_id, {", ".join(measures) or "null"} from {source}
            group by tenant_id, customer_id
        )
        select c.tenant_id, c.id as customer_id,
            case {cases or "when false then null"} end as tier,
            jsonb_build_object({", ".join(columns)}) as measures
        from (select * from {OPEN} and c.kind = any ({kinds}){being_one}) c
        left join g on g.tenant_id = c.tenant_id and g.customer_id = c.id
        cross join lateral (select {score} as score) v
    """
    return Statement(sql, tuple(values.values))


# What was known of these facts before `$1`, corrected ones in their last form.
_KNOWN = """
            select id, tenant_id, customer_id, metric, occurred_on, value, recorded_at, source_ref, label{more} from fact f
            where metric = any ({facts}) and occurred_on < $1::date and recorded_at <= $2::timestamptz
                and value is not null{of} and not exists (
                    select from fact later where later.tenant_id = f.tenant_id and later.corrects = f.id
                        and later.recorded_at <= $2::timestamptz)"""
_NEWEST = (
    "row_number() over (partition by f.tenant_id, f.customer_id, f.metric"
    " order by f.occurred_on desc, f.recorded_at desc, f.source_ref desc) = 1 as newest"
)
# Of whom an archive says that somebody recommended them, that one recommended them, on the day their archive was opened: the
# archive is the one truth about it, and the figure of a period counts the same (S01-4). A fact says it of somebody without an archive.
REFERRAL = "referral"
_REFERRED = f""" union all
            select l.id, l.tenant_id, l.of_customer_id, '{REFERRAL}', c.created_at::date, 1, c.created_at, l.id::text{{more}}
            from customer_link l join customer c on c.tenant_id = l.tenant_id and c.id = l.customer_id
            where l.role = '{REFERRED_BY}' and c.created_at::date < $1::date and c.created_at <= $2::timestamptz{{of}}"""
# A customer's own facts, and those of the organisations it had a part in on the last day that counts (S14-8).
_WITH_LINKED = f"""{{own}} union all
            select k.id, k.tenant_id, l.customer_id, k.metric, k.occurred_on, k.value, k.recorded_at, k.source_ref, k.label{{more}},
                k.newest from ({{linked}}) k
            join customer_link l on l.tenant_id = k.tenant_id and l.of_customer_id = k.customer_id
                and l.role <> '{REFERRED_BY}' and (l.ended_on is null or l.ended_on >= $1::date){{of}}"""


# What is counted one by one looks at refunds; sums and averages have them in their figures already.
UNDONE_BY = frozenset({"count", "max"})
_ORDER = "order by occurred_on, value < 0, recorded_at, source_ref, id"
# Brackets close: the running number of open purchases falls below what it was at the purchase. Of one day, purchases come first.
_PAIRED = f"""select *, case when value > 0 then min(open) over later < open else least(0, min(open) over before) <= open end as pair
            from (select *, sum(sign(value)) over (partition by {{by}} {_ORDER}) as open from {{of}}) opened
            window later as (partition by {{by}} {_ORDER} rows between 1 following and unbounded following),
            before as (partition by {{by}} {_ORDER} rows between unbounded preceding and 1 preceding)"""
_OF = "id, tenant_id, customer_id, metric, occurred_on, value, recorded_at, source_ref, label, size"
_SAME = "tenant_id, customer_id, metric"
_REST = f"select {_OF} from {{of}} where coalesce(pair, false) is false"
# A purchase of which nothing remains once later refunds are taken from the latest purchases.
_CONSUMED = f"""select id, value > 0 and coalesce(min(total) over (partition by {{by}} {_ORDER}
                rows between 1 following and unbounded following) <= total - value, false) as whole
            from (select *, sum(value) over (partition by {{by}} {_ORDER}) as total from {{of}}) summed"""
# A refund undoes the latest purchase before it of exactly its amount: of the same thing where it says of which, of any where it
# does not. Refunds left over consume the latest purchases that are left, of what they say; one of which nothing remains is
# undone as well (S06-6).
# After a `known` with all facts of the metrics that count; the fragment ends with `undone`.
UNDONE = f"""sized as (
            select k.id, k.tenant_id, k.customer_id, k.metric, k.occurred_on, k.value, k.recorded_at, k.source_ref, k.label,
                abs(k.value) as size from known k where metric = any ({{counted}}) and value <> 0 and exists (
                select from known r where r.tenant_id = k.tenant_id and r.customer_id = k.customer_id
                    and r.metric = k.metric and r.value < 0)
        ), alike as ({_PAIRED.format(by=f"{_SAME}, label, size", of="sized where label <> ''")}
        ), any_of as ({_PAIRED.format(by=f"{_SAME}, size", of=f"({_REST.format(of='alike')} and value > 0 union all select {_OF} from sized where label = '') r")}
        ), left_alike as ({_CONSUMED.format(by=f"{_SAME}, label", of=f"({_REST.format(of='alike')}) r")}
        ), left_over as ({_CONSUMED.format(by=_SAME, of=f"({_REST.format(of='any_of')} and id not in (select id from left_alike where whole)) r")}
        ), undone as (
            select id from alike where pair union all select id from any_of where pair
            union all select id from left_alike where whole union all select id from left_over where whole
        )"""


def _column(place: int, metric: Metric, values: _Values) -> str:
    """The figure of a customer. Nothing counted is 0; every other figure of nothing is unknown, unless the metric says 0."""
    zero = metric.aggregate == "count" or metric.none_is_zero
    column = f"coalesce(g.m{place}, 0)" if zero else f"g.m{place}"
    if not metric.org_units:
        return column
    codes = values.add(list(metric.org_units), "text[]")
    return f"case when {_IN_UNITS.format(codes=codes)} then {column} end"


# The units of these codes and all under them: looked up once for the statement, whoever the customer.
_IN_UNITS = """c.org_unit_id in (
    with recursive below as (
        select tenant_id, id from org_unit where code = any ({codes})
        union select u.tenant_id, u.id from org_unit u
            join below b on u.tenant_id = b.tenant_id and u.parent_id = b.id
    ) select id from below)"""


# Bought at a merchant that was a partner on that day (S06-6).
_AT_PARTNER = """exists (select from merchant p where p.tenant_id = known.tenant_id and p.code = known.merchant
    and p.since_on <= known.occurred_on and (p.until_on is null or p.until_on > known.occurred_on))"""


def _aggregate(metric: Metric, values: _Values) -> str:
    fact = values.add(metric.fact, "text")
    months = values.add(metric.months, "int") if metric.months else ""
    where = f"metric = {fact}"
    if months:
        where += f" and occurred_on >= ($1::date - make_interval(months => {months}))::date"
    if metric.at_least is not None:
        where += f" and value >= {values.add(number(metric.at_least), 'bigint')}"
    if metric.labels:
        where += f" and label = any ({values.add(list(metric.labels), 'text[]')})"
    if metric.partners:
        where += f" and {_AT_PARTNER}"
    match metric.aggregate:
        case "count":
            return f"count(*) filter (where {where} and value >= 0 and not undone)"
        case "max":
            return f"max(value) filter (where {where} and not undone)"
        case "last" if metric.linked:
            return f"max(value) filter (where {where} and newest)"
        case "last":
            return f"(array_agg(value order by occurred_on desc, recorded_at desc, source_ref desc) filter (where {where}))[1]"
        case "avg":
            per = values.add(metric.per, "int")
            return f"floor(sum(value) filter (where {where}) * {per} / {_divisor(metric, where, values)})::bigint"
        case "growth":
            before = (
                f"nullif(greatest(sum(value) filter (where metric = {fact} and not ({where}) and occurred_on >="
                f" ($1::date - make_interval(months => 2 * {months}))::date), 0), 0)"
            )
            return f"floor((sum(value) filter (where {where}) - {before}) * 1000 / {before})::bigint"
        case _:
            return f"(sum(value) filter (where {where}))::bigint"


def _divisor(metric: Metric, where: str, values: _Values) -> str:
    """The months an average is taken over."""
    match metric.divisor:
        case "present" | "charged":
            counted = where if metric.divisor == "present" else f"{where} and value >= 0"
            return f"nullif(count(distinct date_trunc('month', occurred_on)) filter (where {counted}), 0)"
        case "age":
            first = f"min(occurred_on) filter (where metric = {values.add(metric.fact, 'text')})"
            age = f"{_months('($1::date - 1)')} - {_months(first)} + 1"
            return f"greatest({values.add(metric.per, 'int')}, least({values.add(metric.months, 'int')}, {age}))"
        case _:
            return values.add(max(metric.months, 1), "int")


def _months(day: str) -> str:
    return f"(extract(year from {day}) * 12 + extract(month from {day}))::int"


def _score(scheme: TierScheme, names: Mapping[str, str], values: _Values) -> str:
    """Weighted points as whole numbers over one denominator, so that nothing is lost before rounding down."""
    whole = lcm(*(dimension.high - dimension.low for dimension in scheme.value_score))
    parts = []
    for dimension in scheme.value_score:
        column, low = names[dimension.metric], values.add(dimension.low, "bigint")
        span = dimension.high - dimension.low
        earned = f"least(greatest(coalesce({column} - {low}, 0), 0), {values.add(span, 'bigint')})"
        parts.append(f"{earned} * {values.add(str(dimension.weight * whole // span), 'text')}::numeric")
    known = ", ".join(dict.fromkeys(names[dimension.metric] for dimension in scheme.value_score))
    total = f"div({' + '.join(parts)}, {values.add(str(whole), 'text')}::numeric)::int"
    return f"case when coalesce({known}) is null then null else {total} end"


def _condition(criterion: Criterion, names: Mapping[str, str], values: _Values) -> str:
    match criterion:
        case AllOf(criteria):
            return "(" + (" and ".join(_condition(part, names, values) for part in criteria) or "true") + ")"
        case AnyOf(criteria):
            return "(" + (" or ".join(_condition(part, names, values) for part in criteria) or "false") + ")"
        case NoneOf(criteria):
            return f"(not {_condition(AnyOf(criteria), names, values)})"
        case KindIs(kinds):
            return f"c.kind = any ({values.add(list(kinds), 'text[]')})"
        case Between(metric, low, high):
            column = names[metric]
            low_place, high_place = values.add(number(low), "bigint"), values.add(number(high), "bigint")
            return f"coalesce({column} >= {low_place} and {column} < {high_place}, false)"
        case _:
            bound = values.add(number(criterion.bound), "bigint")
            return f"coalesce({names[criterion.metric]} {_SIGNS[type(criterion)]} {bound}, false)"
