"""Criteria as a tree of figures and bounds: judged for one customer here, for all of them by `compiling`."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

Aggregate = Literal["sum", "avg", "count", "max", "last"]


class Metric(Struct, frozen=True, forbid_unknown_fields=True):
    """A figure of one customer, from its facts called `fact`.

    The window is half-open: from `months` calendar months before the as-of date (inclusive) to that date
    (exclusive); 0 months means all facts before it. `avg` is the sum of the window divided by `months`, so a
    customer younger than the window is measured against the whole of it; with `over_present` it is divided by
    the months that have a fact. `unit` is a currency (then in minor units) or a word such as `times`.
    """

    name: str
    fact: str
    aggregate: Aggregate = "sum"
    months: int = 12
    unit: str = "CNY"
    over_present: bool = False


class AtLeast(Struct, frozen=True, tag="at_least", forbid_unknown_fields=True):
    """Exactly at the bound is in."""

    metric: str
    bound: int


class MoreThan(Struct, frozen=True, tag="more_than", forbid_unknown_fields=True):
    """Exactly at the bound is out."""

    metric: str
    bound: int


class AtMost(Struct, frozen=True, tag="at_most", forbid_unknown_fields=True):
    """Exactly at the bound is in."""

    metric: str
    bound: int


class LessThan(Struct, frozen=True, tag="less_than", forbid_unknown_fields=True):
    """Exactly at the bound is out."""

    metric: str
    bound: int


class Between(Struct, frozen=True, tag="between", forbid_unknown_fields=True):
    """`low` is in, `high` is out (S06-1)."""

    metric: str
    low: int
    high: int


class KindIs(Struct, frozen=True, tag="kind_is", forbid_unknown_fields=True):
    """The customer is of one of these kinds."""

    kinds: tuple[str, ...]


class AllOf(Struct, frozen=True, tag="all_of", forbid_unknown_fields=True):
    """Every one of them."""

    criteria: tuple["Criterion", ...]


class AnyOf(Struct, frozen=True, tag="any_of", forbid_unknown_fields=True):
    """At least one of them: 符合下列条件之一 (S02-8)."""

    criteria: tuple["Criterion", ...]


Bound = AtLeast | MoreThan | AtMost | LessThan | Between
Criterion = AtLeast | MoreThan | AtMost | LessThan | Between | KindIs | AllOf | AnyOf


def holds(criterion: Criterion, measures: Mapping[str, int | None], kind: str) -> bool:
    """Whether it holds for figures of one customer. A figure without any fact satisfies no bound."""
    match criterion:
        case AllOf(criteria):
            return all(holds(part, measures, kind) for part in criteria)
        case AnyOf(criteria):
            return any(holds(part, measures, kind) for part in criteria)
        case KindIs(kinds):
            return kind in kinds
        case _:
            value = measures.get(criterion.metric)
            return value is not None and _within(criterion, value)


def metrics_in(criterion: Criterion) -> frozenset[str]:
    """The names of all metrics it looks at."""
    match criterion:
        case AllOf(criteria) | AnyOf(criteria):
            return frozenset().union(*(metrics_in(part) for part in criteria))
        case KindIs():
            return frozenset()
        case _:
            return frozenset({criterion.metric})


def _within(bound: Bound, value: int) -> bool:
    match bound:
        case AtLeast(_, limit):
            return value >= limit
        case MoreThan(_, limit):
            return value > limit
        case AtMost(_, limit):
            return value <= limit
        case LessThan(_, limit):
            return value < limit
        case Between(_, low, high):
            return low <= value < high
