"""Tiers, the schemes they belong to, and the value score beside them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from .checking import Known, Problems, a_role, there_is
from .criteria import (
    VALUE_SCORE,
    Criterion,
    Metric,
    bound_problems,
    bounds_of,
    metrics_in,
    settings_in,
    with_settings,
)
from .problems import PolicyProblem
from .words import Clause, Named

DAYS_MAX = 1_098


class Tier(Struct, frozen=True, forbid_unknown_fields=True):
    """One tier. Without a criterion it is given by application only.

    `expectation` is what its members are hoped to do: shown to those who serve them, no condition (S06-2). `strategy`
    names how they are served, as texts `strategy.<name>` (S06-3). Their account managers sit at the level `served_at` of
    the tree of org units or above it: 0 is the head office, 1 what is directly under it (S04-3). `approval` is the flow
    of applications for this tier, where it is not the scheme's.
    """

    name: Named
    criterion: Criterion | None = None
    clause: Clause = ""
    expectation: Criterion | None = None
    strategy: tuple[Named, ...] = ()
    served_at: int | None = None
    approval: Named = ""


class Dimension(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the value score: 0 at `low` and below, 100 at `high` and above, `weight` in percent.

    `name` says what it stands for, such as loyalty, as the text `dimension.<name>`; empty, the metric's own title.
    """

    metric: Named
    weight: int
    low: int
    high: int
    name: Named = ""

    def points(self, value: int | None) -> Fraction:
        """The share of 100 that a figure earns; an unknown one earns nothing."""
        if value is None:
            return Fraction(0)
        return Fraction(100 * min(max(value - self.low, 0), self.high - self.low), self.high - self.low)


def value_score(dimensions: Sequence[Dimension], measures: Mapping[str, int | None]) -> int | None:
    """The weighted points, rounded down, 0 to 100; None when no figure is known."""
    if all(measures.get(dimension.metric) is None for dimension in dimensions):
        return None
    return int(sum(d.weight * d.points(measures.get(d.metric)) for d in dimensions) / 100)


class Consequence(Struct, frozen=True, forbid_unknown_fields=True):
    """What an assessment brings beside the tier to those who make one of `moves`, in one of `tiers` or any (S13-3).

    A `reward` gives `units` of the service item more, a `penalty` withholds the item, both for `days` from the
    assessment's day. Its title is the text `consequence.<name>`.
    """

    name: Named
    kind: Literal["reward", "penalty"]
    moves: tuple[Literal["start", "upgrade", "keep", "grace", "downgrade"], ...]
    item: Named
    units: int = 0
    days: int = 90
    tiers: tuple[Named, ...] = ()
    clause: Clause = ""

    def problems_of(self, scheme: "TierScheme", known: Known, path: str) -> Problems:
        """What of it does not fit the scheme and what its tiers are entitled to."""
        tiers = {tier.name for tier in scheme.tiers}
        for tier in self.tiers:
            if tier not in tiers:
                yield PolicyProblem(path, tier, "a tier of the scheme", f"one of {sorted(tiers)}")
        places = [(scheme.name, self.item, tier) for tier in self.tiers or tiers]
        quotas = [known.quotas[place] for place in places if place in known.quotas]
        if not quotas:
            yield PolicyProblem(path, self.item, "a service item that the tiers are entitled to", "add an entitlement")
        if self.kind == "reward" and (self.units < 1 or None in quotas):
            yield PolicyProblem(path, f"{self.units} of {self.item}", "1 or more units of an item with a quota")
        if self.kind == "penalty" and self.units:
            yield PolicyProblem(path, str(self.units), "0 units: a penalty withholds the item")
        if not self.moves or not 1 <= self.days <= DAYS_MAX:
            yield PolicyProblem(
                path, f"{self.days} days after {list(self.moves)}", f"1 to {DAYS_MAX} days after a move"
            )


class TierScheme(Struct, frozen=True, forbid_unknown_fields=True):
    """Tiers from high to low for some kinds of customer.

    `approval` is the flow of applications and exceptions, `form` what an application fills in (S13-2); `list_approval` that of a whole assessment (S04-2).
    `voluntary` schemes take nobody without consent to the purpose of the scheme's name (S02-2). A customer who fails
    keeps the tier for `grace_days`. `indicator_approval` is the flow by which an outlet asks for an indicator more
    (S12-2); without one the standard is one for the whole company (S02-4). With `on_fact` a new fact has its customer
    assessed at once (S11-5, S12-1), and `told` are the roles that hear of whoever qualifies by it. With `recognised_by`
    nobody is put up before somebody with one of these roles has recognised the customer, and with `registered` nobody
    becomes a member by assessment without an approved registration on `form` (S13-6).
    """

    name: Named
    customer_kinds: tuple[Named, ...]
    metrics: tuple[Metric, ...]
    tiers: tuple[Tier, ...]
    reassess_every: Literal["month", "quarter", "year"] = "year"
    grace_days: int = 0
    voluntary: bool = False
    approval: Named = ""
    form: Named = ""
    recognised_by: tuple[Named, ...] = ()
    registered: bool = False
    list_approval: Named = ""
    indicator_approval: Named = ""
    exception_days_max: int = 366
    on_fact: bool = False
    told: tuple[Named, ...] = ()
    value_score: tuple[Dimension, ...] = ()
    consequences: tuple[Consequence, ...] = ()
    clause: Clause = ""

    def tier(self, name: str) -> Tier | None:
        """The tier of this name."""
        return next((tier for tier in self.tiers if tier.name == name), None)

    def rank(self, name: str | None) -> int:
        """Height: 1 for the lowest tier, 0 for none."""
        names = [tier.name for tier in self.tiers]
        return len(names) - names.index(name) if name in names else 0

    def check(self, known: Known, path: str) -> Problems:
        """Criteria, metrics, value score, flows and consequences name what there is."""
        metrics = {metric.name for metric in self.metrics}
        judged = metrics | ({VALUE_SCORE} if self.value_score else set())
        for tier in self.tiers:
            for criterion in (tier.criterion, tier.expectation):
                if criterion is not None:
                    yield from _named_in(criterion, judged, known, f"{path}.tiers.{tier.name}")
        for metric in self.metrics:
            yield from metric.problems_of(known, f"{path}.metrics.{metric.name}")
        for kind in self.customer_kinds:
            if known.kinds and kind not in known.kinds:
                yield PolicyProblem(f"{path}.customer_kinds", kind, "a customer kind", f"one of {known.kinds}")
        yield from self._weightless(judged, known, path)
        if self.value_score and sum(dimension.weight for dimension in self.value_score) != 100:
            yield PolicyProblem(f"{path}.value_score", str(len(self.value_score)), "weights that add up to 100")
        for dimension in self.value_score:
            if dimension.metric not in metrics:
                yield PolicyProblem(f"{path}.value_score", dimension.metric, "a metric of the scheme")
            if dimension.low >= dimension.high:
                yield PolicyProblem(f"{path}.value_score.{dimension.metric}", str(dimension.low), "low under high")
        flows = (self.approval, self.list_approval, self.indicator_approval, *(tier.approval for tier in self.tiers))
        for flow in flows:
            yield from there_is(path, flow, known.flows, "an approval flow")
        yield from there_is(f"{path}.form", self.form, known.forms, "a form")
        yield from self._registration_problems(known, path)
        for role in self.told:
            yield from a_role(f"{path}.told", role, known)
        names = [one.name for one in self.consequences]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield PolicyProblem(f"{path}.consequences", name, "each name once", "rename one of them")
        for consequence in self.consequences:
            yield from consequence.problems_of(self, known, f"{path}.consequences.{consequence.name}")

    def _weightless(self, judged: set[str], known: Known, path: str) -> Problems:
        """What is declared and would weigh nothing: a part of the score, the score in a criterion, a metric nobody reads (S01-4)."""
        for dimension in self.value_score:
            if not 1 <= dimension.weight <= 100:
                place = f"{path}.value_score.{dimension.metric}"
                yield PolicyProblem(
                    place, str(dimension.weight), "a weight of 1 to 100", "give it a weight, or take it out"
                )
        judging = [c for tier in self.tiers for c in (tier.criterion, tier.expectation) if c is not None]
        for bound in (bound for c in judging for bound in bounds_of(with_settings(c, known.figures), VALUE_SCORE)):
            if isinstance(bound, int) and not 1 <= bound <= 100:
                yield PolicyProblem(
                    path, f"value_score {bound}", "a bound of 1 to 100 points", "else the score decides nothing"
                )
        read = {name for criterion in judging for name in metrics_in(criterion)}
        read |= {dimension.metric for dimension in self.value_score} | set(known.claims.get(self.form, ()))
        for name in sorted(judged - {VALUE_SCORE} - read):
            fix = "weigh it in the value score or in a criterion, or take it out"
            yield PolicyProblem(f"{path}.metrics.{name}", name, "a metric that weighs something", fix)

    def _registration_problems(self, known: Known, path: str) -> Problems:
        for role in self.recognised_by:
            yield from a_role(f"{path}.recognised_by", role, known)
        if self.registered and not self.form:
            yield PolicyProblem(f"{path}.registered", "true", "only with a form", "name the registration form")
        for metric in known.claims.get(self.form, ()):
            if metric not in {one.name for one in self.metrics}:
                yield PolicyProblem(f"{path}.form", metric, "claims of metrics of the scheme", f"change {self.form}")

    def named_texts(self) -> Iterator[str]:
        """Its title, and those of its tiers, figures, ways of serving and consequences."""
        yield f"scheme.{self.name}"
        yield from (f"tier.{tier.name}" for tier in self.tiers)
        yield from (f"metric.{metric.name}" for metric in self.metrics)
        yield from (f"dimension.{dimension.name}" for dimension in self.value_score if dimension.name)
        yield from (f"strategy.{name}" for tier in self.tiers for name in tier.strategy)
        yield from (f"consequence.{one.name}" for one in self.consequences)


def _named_in(criterion: Criterion, judged: Collection[str], known: Known, path: str) -> Problems:
    for name in sorted(metrics_in(criterion) - set(judged)):
        yield PolicyProblem(path, name, "a metric of the scheme", f"one of {sorted(judged)}")
    for name in sorted(settings_in(criterion) - known.figures.keys()):
        yield PolicyProblem(path, name, "a setting of the policy", f"one of {sorted(known.figures)}")
    figured = with_settings(criterion, known.figures)
    if not settings_in(figured):
        yield from bound_problems(figured, path)
