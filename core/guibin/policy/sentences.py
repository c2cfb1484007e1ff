"""A criterion as a sentence for people, with the figures of one customer."""

from collections.abc import Mapping

from .criteria import (
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
from .texts import Text
from .tiers import TierScheme

_SIGNS = {AtLeast: "≥", MoreThan: ">", AtMost: "≤", LessThan: "<"}


def explain(
    criterion: Criterion, measures: Mapping[str, int | None], kind: str, language: str, scheme: TierScheme
) -> str:
    """The criterion with the customer's figures, as a sentence."""
    metrics = {metric.name: metric for metric in (*scheme.metrics, _SCORE)}
    return _sentence(criterion, measures, kind, language, metrics)


_SCORE = Metric(VALUE_SCORE, fact="", aggregate="last", months=0, unit="points")
_WORDS = {
    "zh-CN": {
        "and": "且",
        "or": "或",
        "none_of": "不属于",
        "none": "无记录",
        "kind": "客户类别为",
        "between": "在 {low}(含)至 {high}(不含)之间",
    },
    "en": {
        "and": " and ",
        "or": " or ",
        "none_of": "not ",
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
        case NoneOf(criteria):
            return words["none_of"] + _sentence(AnyOf(criteria), measures, kind, language, metrics)
        case KindIs(kinds):
            return f"{words['kind']} {'/'.join(kinds)} ({kind})"
        case _:
            metric = metrics[criterion.metric]
            value = measures.get(criterion.metric)
            shown = words["none"] if value is None else figure(value, metric.unit)
            return f"{metric_title(metric, language)} {shown} {_bound(criterion, metric.unit, words)}"


def _bound(criterion: AtLeast | MoreThan | AtMost | LessThan | Between, unit: str, words: Mapping[str, str]) -> str:
    if isinstance(criterion, Between):
        return words["between"].format(
            low=figure(number(criterion.low), unit), high=figure(number(criterion.high), unit)
        )
    return f"{_SIGNS[type(criterion)]} {figure(number(criterion.bound), unit)}"


def figure(value: int, unit: str) -> str:
    """A figure for people: minor units of a currency as a decimal amount, other units as they are."""
    if is_currency(unit):
        sign = "-" if value < 0 else ""
        return f"{sign}{abs(value) // 100:,}.{abs(value) % 100:02d} {unit}"
    return f"{value:,} {unit}"


def exact(value: int, unit: str, title: str, language: str) -> str:
    """A figure to the last digit: 21,643.31 元, CNY 21,643.31, 47 分. `title` is what the policy calls the unit, its key where it
    calls it nothing."""
    if not is_currency(unit):
        return f"{value:,} {unit if title == f'unit.{unit}' else title}".strip()
    amount = f"{value / 100:,.2f}"
    return f"{unit} {amount}" if language == "en" else f"{amount} {'元' if unit == 'CNY' else unit}"


def is_currency(unit: str) -> bool:
    """Whether it is a code of ISO 4217 rather than the name of something counted."""
    return len(unit) == 3 and unit.isupper()


def metric_title(metric: Metric, language: str) -> str:
    """What the metric is called, with its window."""
    if metric.name == VALUE_SCORE:
        return Text("价值评分", "value score").in_language(language)
    window = {"zh-CN": f"近{metric.months}个月", "en": f" over {metric.months} months"}
    yearly = metric.aggregate == "avg" and metric.per == 12
    aggregate = (_YEARLY if yearly else _AGGREGATES[metric.aggregate]).in_language(language)
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
    "growth": Text("增长率", "growth"),
}
_YEARLY = Text("年均", "yearly average")
