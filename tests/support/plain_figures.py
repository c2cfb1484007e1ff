"""What tiers are made of, computed over lists in plain words: independent of the compilers and of the product's own judge."""

import calendar
import operator
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from guibin.policy.criteria import (
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
)
from guibin.policy.tiers import TierScheme

SIGNS = {AtLeast: operator.ge, MoreThan: operator.gt, AtMost: operator.le, LessThan: operator.lt}


class PlainFact(NamedTuple):
    """A fact as it is known; `order` says which of one day came last."""

    fact: str
    day: date
    value: int
    label: str = ""
    order: str = ""


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def plain_measure(metric: Metric, facts: list[PlainFact], as_of: date) -> int | None:
    """The definition of `Metric`, step by step."""
    ever = [one for one in facts if one.fact == metric.fact and one.day < as_of]
    standing = _standing(ever) if metric.aggregate in ("count", "max") else ever
    known = [one for one in standing if metric.at_least is None or one.value >= int(metric.at_least)]
    known = [one for one in known if not metric.labels or one.label in metric.labels]
    earlier: list[PlainFact] = []
    if metric.months:
        start = months_before(as_of, metric.months)
        earlier = [one for one in known if months_before(as_of, 2 * metric.months) <= one.day < start]
        known = [one for one in known if one.day >= start]
    values = [one.value for one in known]
    if metric.aggregate == "count":
        return sum(value >= 0 for value in values)
    nothing = 0 if metric.none_is_zero else None
    if not values:
        return nothing
    match metric.aggregate:
        case "sum":
            return sum(values)
        case "max":
            return max(values)
        case "last":
            return max(known, key=lambda one: (one.day, one.order)).value
        case "growth":
            before = sum(one.value for one in earlier)
            return (sum(values) - before) * 1000 // before if before > 0 else nothing
    match metric.divisor:
        case "present":
            months = len({(one.day.year, one.day.month) for one in known})
        case "charged":
            months = len({(one.day.year, one.day.month) for one in known if one.value >= 0})
        case "age":
            first, eve = min(one.day for one in ever), date.fromordinal(as_of.toordinal() - 1)
            months = (eve.year - first.year) * 12 + eve.month - first.month + 1
            months = max(metric.per, min(metric.months, months))
        case _:
            months = max(metric.months, 1)
    return sum(values) * metric.per // months if months else nothing


def _standing(facts: list[PlainFact]) -> list[PlainFact]:
    """Without what was refunded: first the latest of exactly the amount, then the latest amounts one after the other."""
    gone: set[int] = set()
    ordered = sorted(enumerate(facts), key=lambda one: (one[1].day, one[1].value < 0, one[1].order))
    for position, (place, refund) in enumerate(ordered):
        earlier = [at for at, one in ordered[:position] if at not in gone and one.value == -refund.value]
        if refund.value < 0 and earlier:
            gone |= {place, earlier[-1]}
    stack: list[list[int]] = []
    for place, one in ordered:
        if place in gone or one.value == 0:
            continue
        if one.value > 0:
            stack.append([place, one.value])
            continue
        left = -one.value
        while left and stack:
            taken = min(left, stack[-1][1])
            left, stack[-1][1] = left - taken, stack[-1][1] - taken
            if stack[-1][1] == 0:
                gone.add(stack.pop()[0])
    return [one for place, one in enumerate(facts) if place not in gone]


def plain_score(scheme: TierScheme, measures: dict[str, int | None]) -> int | None:
    """The value score, in fractions; None without any figure."""
    if all(measures[dimension.metric] is None for dimension in scheme.value_score):
        return None
    points = Fraction(0)
    for dimension in scheme.value_score:
        value = measures[dimension.metric]
        within = 0 if value is None else min(max(value, dimension.low), dimension.high) - dimension.low
        points += Fraction(dimension.weight * within, dimension.high - dimension.low)
    return int(points)


def plain_measures(scheme: TierScheme, facts: list[PlainFact], as_of: date) -> dict[str, int | None]:
    """Every figure of the scheme."""
    measures = {metric.name: plain_measure(metric, facts, as_of) for metric in scheme.metrics}
    return measures | ({"value_score": plain_score(scheme, measures)} if scheme.value_score else {})


def plain_tier(scheme: TierScheme, measures: dict[str, int | None], kind: str) -> str | None:
    """The first tier, from high to low, whose criterion holds."""
    reached = [t.name for t in scheme.tiers if t.criterion is not None and _holds(t.criterion, measures, kind)]
    return reached[0] if reached else None


def _holds(criterion: Criterion, measures: dict[str, int | None], kind: str) -> bool:
    match criterion:
        case AllOf(parts):
            return all(_holds(part, measures, kind) for part in parts)
        case AnyOf(parts):
            return any(_holds(part, measures, kind) for part in parts)
        case NoneOf(parts):
            return not any(_holds(part, measures, kind) for part in parts)
        case KindIs(kinds):
            return kind in kinds
    value: Any = measures[criterion.metric]
    if value is None:
        return False
    if isinstance(criterion, Between):
        return bool(criterion.low <= value and value < criterion.high)  # type: ignore[operator]  # settings are in place
    return bool(SIGNS[type(criterion)](value, criterion.bound))
