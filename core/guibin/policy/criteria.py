"""Criteria as a tree of figures and bounds: judged for one customer here, for all of them by `tiers.figures`."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from .checking import Known, Problems
from .problems import PolicyProblem
from .words import Named

Aggregate = Literal["sum", "avg", "count", "max", "last", "growth"]
Figure = int | Named
"""A whole number, or the name of one of the policy's settings."""
VALUE_SCORE = "value_score"
"""What a criterion calls the value score of its scheme, 0 to 100."""
MONTHS_MAX = 1_200
NAME_CHARS_MAX = 60


class Metric(Struct, frozen=True, forbid_unknown_fields=True):
    """A figure of one customer, from its facts called `fact`.

    The window is half-open: from `months` calendar months before the as-of date (inclusive) to that date
    (exclusive); 0 months means all facts before it. `unit` is a currency (then in minor units) or a word such as
    `times`. Nothing in the window is unknown, with `none_is_zero` it is 0.

    `avg` is the sum of the window, over so many months, times `per` (12 gives a yearly average). The months are those
    of the `window`, so that a customer younger than it is measured against the whole; those `present`, that have a
    fact; those `charged`, that have one not below 0, so that a month of refunds alone is none; or the customer's `age` in calendar months since its first fact, at least `per` and at most the window.
    With `at_least` only facts of that value count, exactly at it included; with `labels` only facts labelled so. Both may
    be settings: the name of a figure, and in `labels_of` the name of one with words.
    With `partners` only purchases at merchants that were partners on their day count (S06-6).
    `linked` takes what the customer's organisations have as well, those it has a part in on the day (a link that has not
    ended): of its own and of theirs the highest of the latest figures, as of shares in cooperation or capital (S14-8).
    With `org_units` (codes) it is a figure of the customers of these units and those under them, of nobody else's.
    `count` and `max` look at what stands: a value below 0 is a refund or a reversal. It undoes the latest fact before it
    of exactly its amount; where there is none it consumes the latest ones before it, and one of which nothing remains is
    undone. Neither the undone nor the refunds are counted.
    `growth` is by how many per mille the window's sum exceeds that of the window before, unknown unless that is above 0.
    """

    name: Named
    fact: Named
    aggregate: Aggregate = "sum"
    months: int = 12
    unit: Named = "CNY"
    divisor: Literal["window", "present", "charged", "age"] = "window"
    per: int = 1
    none_is_zero: bool = False
    org_units: tuple[Named, ...] = ()
    at_least: Figure | None = None
    labels: tuple[Named, ...] = ()
    labels_of: Named = ""
    partners: bool = False
    linked: bool = False

    def problems_of(self, known: Known, path: str) -> Problems:
        """What is wrong with its settings and its window."""
        if isinstance(self.at_least, str) and self.at_least not in known.figures:
            yield PolicyProblem(path, self.at_least, "a setting of the policy", f"one of {sorted(known.figures)}")
        if self.labels_of and not known.words.get(self.labels_of):
            yield PolicyProblem(path, self.labels_of, "a setting of the policy with words")
        if self.name == VALUE_SCORE:
            yield PolicyProblem(path, self.name, "another name", "that is what the value score is called")
        if not 0 <= self.months <= MONTHS_MAX or not 1 <= self.per <= MONTHS_MAX:
            given = f"{self.months} months, per {self.per}"
            yield PolicyProblem(path, given, f"0 to {MONTHS_MAX} months, per 1 to {MONTHS_MAX}")
        if not self.fact or max(len(self.name), len(self.fact)) > NAME_CHARS_MAX:
            yield PolicyProblem(path, self.fact[:60], f"a name and a fact of 1 to {NAME_CHARS_MAX} characters")
        if self.linked and (self.aggregate != "last" or self.months):
            yield PolicyProblem(
                path, f"{self.aggregate} of {self.months} months", "the last figure of all time", "linked"
            )
        if self.months == 0 and (self.aggregate == "growth" or self.divisor == "age"):
            yield PolicyProblem(path, "0 months", "a window of months")


class AtLeast(Struct, frozen=True, tag="at_least", forbid_unknown_fields=True):
    """Exactly at the bound is in."""

    metric: Named
    bound: Figure


class MoreThan(Struct, frozen=True, tag="more_than", forbid_unknown_fields=True):
    """Exactly at the bound is out."""

    metric: Named
    bound: Figure


class AtMost(Struct, frozen=True, tag="at_most", forbid_unknown_fields=True):
    """Exactly at the bound is in."""

    metric: Named
    bound: Figure


class LessThan(Struct, frozen=True, tag="less_than", forbid_unknown_fields=True):
    """Exactly at the bound is out."""

    metric: Named
    bound: Figure


class Between(Struct, frozen=True, tag="between", forbid_unknown_fields=True):
    """`low` is in, `high` is out (S06-1)."""

    metric: Named
    low: Figure
    high: Figure


class KindIs(Struct, frozen=True, tag="kind_is", forbid_unknown_fields=True):
    """The customer is of one of these kinds."""

    kinds: tuple[Named, ...]


class AllOf(Struct, frozen=True, tag="all_of", forbid_unknown_fields=True):
    """Every one of them."""

    criteria: tuple["Criterion", ...]


class AnyOf(Struct, frozen=True, tag="any_of", forbid_unknown_fields=True):
    """At least one of them: 符合下列条件之一 (S02-8)."""

    criteria: tuple["Criterion", ...]


class NoneOf(Struct, frozen=True, tag="none_of", forbid_unknown_fields=True):
    """Not one of them holds: a figure without any fact satisfies no bound, and so is no hindrance."""

    criteria: tuple["Criterion", ...]


Bound = AtLeast | MoreThan | AtMost | LessThan | Between
Criterion = AtLeast | MoreThan | AtMost | LessThan | Between | KindIs | AllOf | AnyOf | NoneOf


def holds(criterion: Criterion, measures: Mapping[str, int | None], kind: str) -> bool:
    """Whether it holds for figures of one customer. A figure without any fact satisfies no bound."""
    match criterion:
        case AllOf(criteria):
            return all(holds(part, measures, kind) for part in criteria)
        case AnyOf(criteria):
            return any(holds(part, measures, kind) for part in criteria)
        case NoneOf(criteria):
            return not any(holds(part, measures, kind) for part in criteria)
        case KindIs(kinds):
            return kind in kinds
        case _:
            value = measures.get(criterion.metric)
            return value is not None and _within(criterion, value)


def metrics_in(criterion: Criterion) -> frozenset[str]:
    """The names of all metrics it looks at."""
    match criterion:
        case AllOf(criteria) | AnyOf(criteria) | NoneOf(criteria):
            return frozenset().union(*(metrics_in(part) for part in criteria))
        case KindIs():
            return frozenset()
        case _:
            return frozenset({criterion.metric})


def with_settings(criterion: Criterion, values: Mapping[str, int]) -> Criterion:
    """The criterion with settings replaced by their figures; a name that is no setting stays."""
    match criterion:
        case AllOf(criteria):
            return AllOf(tuple(with_settings(part, values) for part in criteria))
        case AnyOf(criteria):
            return AnyOf(tuple(with_settings(part, values) for part in criteria))
        case NoneOf(criteria):
            return NoneOf(tuple(with_settings(part, values) for part in criteria))
        case Between(metric, low, high):
            return Between(metric, _setting(low, values), _setting(high, values))
        case KindIs():
            return criterion
        case _:
            return type(criterion)(criterion.metric, _setting(criterion.bound, values))


def settings_in(criterion: Criterion) -> frozenset[str]:
    """The names of all settings it looks at."""
    match criterion:
        case AllOf(criteria) | AnyOf(criteria) | NoneOf(criteria):
            return frozenset().union(*(settings_in(part) for part in criteria))
        case KindIs():
            return frozenset()
        case Between(_, low, high):
            return frozenset(figure for figure in (low, high) if isinstance(figure, str))
        case _:
            return frozenset({criterion.bound} if isinstance(criterion.bound, str) else ())


def bounds_of(criterion: Criterion, metric: str) -> list[Figure]:
    """The bounds it holds a metric to."""
    match criterion:
        case AllOf(criteria) | AnyOf(criteria) | NoneOf(criteria):
            return [bound for part in criteria for bound in bounds_of(part, metric)]
        case KindIs():
            return []
        case Between():
            return [criterion.low, criterion.high] if criterion.metric == metric else []
        case _:
            return [criterion.bound] if criterion.metric == metric else []


def number(figure: Figure) -> int:
    """The figure of a criterion whose settings are in place. Raises ValueError where one is not."""
    if isinstance(figure, str):
        raise ValueError(f"the setting {figure} has no figure: take the scheme from the policy by its name")
    return figure


def _setting(figure: Figure, values: Mapping[str, int]) -> Figure:
    return values.get(figure, figure) if isinstance(figure, str) else figure


def _within(bound: Bound, value: int) -> bool:
    match bound:
        case AtLeast(_, limit):
            return value >= number(limit)
        case MoreThan(_, limit):
            return value > number(limit)
        case AtMost(_, limit):
            return value <= number(limit)
        case LessThan(_, limit):
            return value < number(limit)
        case Between(_, low, high):
            return number(low) <= value < number(high)


def bound_problems(criterion: Criterion, path: str) -> Problems:
    """Bounds nobody is between and lists of nothing; its settings are in place."""
    if isinstance(criterion, Between) and number(criterion.low) >= number(criterion.high):
        yield PolicyProblem(path, f"{criterion.low} to {criterion.high}", "low under high", "nobody is between them")
    if isinstance(criterion, AllOf | AnyOf | NoneOf):
        if not criterion.criteria:
            yield PolicyProblem(path, type(criterion).__name__, "at least one criterion")
        for part in criterion.criteria:
            yield from bound_problems(part, path)
