"""What a policy's schemes must agree on: metrics, bounds, weights, approval flows."""

from collections.abc import Iterator

from .criteria import VALUE_SCORE, AllOf, AnyOf, Between, Criterion, metrics_in, number, settings_in
from .packs import Pack, Policy
from .problems import PolicyProblem
from .settings import settled
from .tiers import TierScheme

MONTHS_MAX = 1_200
NAME_CHARS_MAX = 60


def tier_problems(policy: Pack | Policy) -> Iterator[PolicyProblem]:
    """Everything wrong with its schemes."""
    for scheme in policy.schemes:
        yield from _scheme(scheme, policy)


def _scheme(scheme: TierScheme, policy: Pack | Policy) -> Iterator[PolicyProblem]:
    path = f"schemes.{scheme.name}"
    metrics = {metric.name for metric in scheme.metrics}
    judged = metrics | ({VALUE_SCORE} if scheme.value_score else set())
    settings = {setting.name for setting in policy.settings}
    for tier, figured in zip(scheme.tiers, settled(scheme, policy.settings).tiers, strict=True):
        place = f"{path}.tiers.{tier.name}"
        for given, criterion in ((tier.criterion, figured.criterion), (tier.expectation, figured.expectation)):
            if given is None or criterion is None:
                continue
            for name in sorted(metrics_in(given) - judged):
                yield PolicyProblem(place, name, "a metric of the scheme", f"one of {sorted(judged)}")
            for name in sorted(settings_in(given) - settings):
                yield PolicyProblem(place, name, "a setting of the policy", f"one of {sorted(settings)}")
            if not settings_in(criterion):
                yield from _bounds(criterion, place)
    yield from _metrics(scheme, policy, path)
    for kind in scheme.customer_kinds:
        if policy.customer_kinds and kind not in policy.customer_kinds:
            yield PolicyProblem(f"{path}.customer_kinds", kind, "a customer kind", f"one of {policy.customer_kinds}")
    if scheme.value_score and sum(dimension.weight for dimension in scheme.value_score) != 100:
        yield PolicyProblem(f"{path}.value_score", str(len(scheme.value_score)), "weights that add up to 100")
    for dimension in scheme.value_score:
        if dimension.metric not in metrics:
            yield PolicyProblem(f"{path}.value_score", dimension.metric, "a metric of the scheme")
        if dimension.low >= dimension.high:
            yield PolicyProblem(f"{path}.value_score.{dimension.metric}", str(dimension.low), "low under high")
    names = {flow.name for flow in policy.approvals}
    for flow in (
        scheme.approval,
        scheme.list_approval,
        scheme.indicator_approval,
        *(tier.approval for tier in scheme.tiers),
    ):
        if flow and flow not in names:
            yield PolicyProblem(path, flow, "an approval flow", f"one of {sorted(names)}")


def _metrics(scheme: TierScheme, policy: Pack | Policy, path: str) -> Iterator[PolicyProblem]:
    figures = {setting.name: setting.words for setting in policy.settings}
    for metric in scheme.metrics:
        place = f"{path}.metrics.{metric.name}"
        if isinstance(metric.at_least, str) and metric.at_least not in figures:
            yield PolicyProblem(place, metric.at_least, "a setting of the policy", f"one of {sorted(figures)}")
        if metric.labels_of and not figures.get(metric.labels_of):
            yield PolicyProblem(place, metric.labels_of, "a setting of the policy with words")
        if metric.name == VALUE_SCORE:
            yield PolicyProblem(place, metric.name, "another name", "that is what the value score is called")
        if not 0 <= metric.months <= MONTHS_MAX or not 1 <= metric.per <= MONTHS_MAX:
            given = f"{metric.months} months, per {metric.per}"
            yield PolicyProblem(place, given, f"0 to {MONTHS_MAX} months, per 1 to {MONTHS_MAX}")
        if not metric.fact or max(len(metric.name), len(metric.fact)) > NAME_CHARS_MAX:
            yield PolicyProblem(place, metric.fact[:60], f"a name and a fact of 1 to {NAME_CHARS_MAX} characters")
        if metric.months == 0 and (metric.aggregate == "growth" or metric.divisor == "age"):
            yield PolicyProblem(place, "0 months", "a window of months")


def _bounds(criterion: Criterion, path: str) -> Iterator[PolicyProblem]:
    if isinstance(criterion, Between) and number(criterion.low) >= number(criterion.high):
        yield PolicyProblem(path, f"{criterion.low} to {criterion.high}", "low under high", "nobody is between them")
    if isinstance(criterion, AllOf | AnyOf):
        if not criterion.criteria:
            yield PolicyProblem(path, type(criterion).__name__, "at least one criterion")
        for part in criterion.criteria:
            yield from _bounds(part, path)
