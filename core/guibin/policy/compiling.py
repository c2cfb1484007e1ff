"""Schemes compiled: to one SQL statement over the whole customer base, and to a sentence for one customer."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from .criteria import (
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
)
from .texts import Text
from .tiers import TierScheme

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


def assessment_sql(scheme: TierScheme) -> Statement:
    """Who reaches which tier as of `$1` (date, exclusive) with what was known at `$2` (timestamptz, inclusive).

    Columns: `customer_id`, `tier` (null when none is reached) and `measures` (jsonb by metric). Facts that were
    corrected count with their latest revision known at `$2`.
    """
    values = _Values(first=3)
    measures: list[str] = []
    columns: list[str] = []
    names: dict[str, str] = {}
    for number, metric in enumerate(scheme.metrics):
        measures.append(f"{_aggregate(metric, values)} as m{number}")
        # Nothing counted is 0; every other figure of nothing is unknown.
        column = f"coalesce(g.m{number}, 0)" if metric.aggregate == "count" else f"g.m{number}"
        names[metric.name] = column
        columns.append(f"{values.add(metric.name, 'text')}, {column}")
    facts = values.add(sorted({metric.fact for metric in scheme.metrics}), "text[]")
    cases = " ".join(
        f"when {_condition(tier.criterion, names, values)} then {values.add(tier.name, 'text')}"
        for tier in scheme.tiers
        if tier.criterion is not None
    )
    kinds = values.add(list(scheme.customer_kinds), "text[]")
    sql = f"""
        with known as (
            select tenant_id, customer_id, metric, occurred_on, value, recorded_at, source_ref from fact f
            where metric = any ({facts}) and occurred_on < $1::date and recorded_at <= $2::timestamptz
                and value is not null and not exists (
                    select from fact later where later.tenant_id = f.tenant_id and later.corrects = f.id
                        and later.recorded_at <= $2::timestamptz)
        ), g as (
            select tenant_id, customer_id, {", ".join(measures) or "null"} from known
            group by tenant_id, customer_id
        )
        select c.id as customer_id,
            case {cases or "when false then null"} end as tier,
            jsonb_build_object({", ".join(columns)}) as measures
        from customer c left join g on g.tenant_id = c.tenant_id and g.customer_id = c.id
        where c.kind = any ({kinds}) and c.closed_at is null
    """
    return Statement(sql, tuple(values.values))


def explain(
    criterion: Criterion, measures: Mapping[str, int | None], kind: str, language: str, scheme: TierScheme
) -> str:
    """The criterion with the customer's figures, as a sentence."""
    metrics = {metric.name: metric for metric in scheme.metrics}
    return _sentence(criterion, measures, kind, language, metrics)


def _aggregate(metric: Metric, values: _Values) -> str:
    where = f"metric = {values.add(metric.fact, 'text')}"
    if metric.months:
        where += f" and occurred_on >= ($1::date - make_interval(months => {values.add(metric.months, 'int')}))::date"
    match metric.aggregate:
        case "count":
            return f"count(*) filter (where {where})"
        case "max":
            return f"max(value) filter (where {where})"
        case "last":
            return f"(array_agg(value order by occurred_on desc, recorded_at desc, source_ref desc) filter (where {where}))[1]"
        case "avg":
            divisor = (
                f"nullif(count(distinct date_trunc('month', occurred_on)) filter (where {where}), 0)"
                if metric.over_present
                else values.add(max(metric.months, 1), "int")
            )
            return f"floor(sum(value) filter (where {where}) / {divisor})::bigint"
        case _:
            return f"(sum(value) filter (where {where}))::bigint"


def _condition(criterion: Criterion, names: Mapping[str, str], values: _Values) -> str:
    match criterion:
        case AllOf(criteria):
            return "(" + (" and ".join(_condition(part, names, values) for part in criteria) or "true") + ")"
        case AnyOf(criteria):
            return "(" + (" or ".join(_condition(part, names, values) for part in criteria) or "false") + ")"
        case KindIs(kinds):
            return f"c.kind = any ({values.add(list(kinds), 'text[]')})"
        case Between(metric, low, high):
            column = names[metric]
            low_place, high_place = values.add(low, "bigint"), values.add(high, "bigint")
            return f"coalesce({column} >= {low_place} and {column} < {high_place}, false)"
        case _:
            return f"coalesce({names[criterion.metric]} {_SIGNS[type(criterion)]} {values.add(criterion.bound, 'bigint')}, false)"


_WORDS = {
    "zh-CN": {
        "and": "且",
        "or": "或",
        "none": "无记录",
        "kind": "客户类别为",
        "between": "在 {low}(含)至 {high}(不含)之间",
    },
    "en": {
        "and": " and ",
        "or": " or ",
        "none": "no fact",
        "kind": "customer kind is",
        "between": "from {low} to below {high}",
    },
}


def _sentence(
    criterion: Criterion, measures: Mapping[str, int | None], kind: str, language: str, metrics: Mapping[str, Metric]
) -> str:
    words = _WORDS["en" if language == "en" else "zh-CN"]
    match criterion:
        case AllOf(criteria) | AnyOf(criteria):
            joint = words["and"] if isinstance(criterion, AllOf) else words["or"]
            return "(" + joint.join(_sentence(part, measures, kind, language, metrics) for part in criteria) + ")"
        case KindIs(kinds):
            return f"{words['kind']} {'/'.join(kinds)} ({kind})"
        case _:
            metric = metrics[criterion.metric]
            value = measures.get(criterion.metric)
            shown = words["none"] if value is None else figure(value, metric.unit)
            return f"{metric_title(metric, language)} {shown} {_bound(criterion, metric.unit, words)}"


def _bound(criterion: AtLeast | MoreThan | AtMost | LessThan | Between, unit: str, words: Mapping[str, str]) -> str:
    if isinstance(criterion, Between):
        return words["between"].format(low=figure(criterion.low, unit), high=figure(criterion.high, unit))
    sign = {">=": "≥", "<=": "≤"}.get(_SIGNS[type(criterion)], _SIGNS[type(criterion)])
    return f"{sign} {figure(criterion.bound, unit)}"


def figure(value: int, unit: str) -> str:
    """A figure for people: minor units of a currency as a decimal amount, other units as they are."""
    if len(unit) == 3 and unit.isupper():
        sign = "-" if value < 0 else ""
        return f"{sign}{abs(value) // 100:,}.{abs(value) % 100:02d} {unit}"
    return f"{value:,} {unit}"


def metric_title(metric: Metric, language: str) -> str:
    """What the metric is called, with its window."""
    window = {"zh-CN": f"近{metric.months}个月", "en": f" over {metric.months} months"}
    aggregate = _AGGREGATES[metric.aggregate].in_language(language)
    if not metric.months:
        return f"{metric.name}{aggregate}"
    if language == "en":
        return f"{aggregate} of {metric.fact}{window['en']}"
    return f"{window['zh-CN']}{metric.fact}{aggregate}"


_AGGREGATES = {
    "sum": Text("合计", "sum"),
    "avg": Text("月均", "monthly average"),
    "count": Text("次数", "count"),
    "max": Text("最大值", "maximum"),
    "last": Text("最新值", "latest value"),
}
