"""One more figure that lets the customers of one outlet into a tier, once it has been approved (S12-2)."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from .criteria import AnyOf, AtLeast, Metric
from .packs import Policy
from .texts import Text
from .tiers import Tier, TierScheme
from .words import Named


class Indicator(Struct, frozen=True, forbid_unknown_fields=True):
    """`metric` of at least `at_least` is one more way into `tier`, beside the standard, in `org_unit` and under it."""

    scheme: Named
    tier: Named
    metric: Metric
    at_least: int
    title: Text
    org_unit: Named


def with_indicators(policy: Policy, indicators: Iterable[Indicator]) -> Policy:
    """The policy with these in its schemes. One whose scheme or tier is gone, or whose name is taken, says nothing."""
    for indicator in indicators:
        scheme = next((scheme for scheme in policy.schemes if scheme.name == indicator.scheme), None)
        if scheme is not None and _fits(indicator, scheme):
            policy = replace(
                policy,
                schemes=tuple(_widened(one, indicator) if one is scheme else one for one in policy.schemes),
                texts={**policy.texts, f"metric.{indicator.metric.name}": indicator.title},
            )
    return policy


def _fits(indicator: Indicator, scheme: TierScheme) -> bool:
    tier = scheme.tier(indicator.tier)
    taken = indicator.metric.name in {metric.name for metric in scheme.metrics}
    return tier is not None and tier.criterion is not None and not taken


def _widened(scheme: TierScheme, indicator: Indicator) -> TierScheme:
    metric = replace(indicator.metric, org_units=(indicator.org_unit,))
    return replace(
        scheme,
        metrics=(*scheme.metrics, metric),
        tiers=tuple(
            _with_way(tier, AtLeast(metric.name, indicator.at_least)) if tier.name == indicator.tier else tier
            for tier in scheme.tiers
        ),
    )


def _with_way(tier: Tier, way: AtLeast) -> Tier:
    standard = tier.criterion
    assert standard is not None, "tiers without a criterion are given by application only"
    return replace(tier, criterion=AnyOf((standard, way)))
