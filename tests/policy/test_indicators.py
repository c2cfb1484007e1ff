"""One more way into a tier for the customers of one outlet: only into a tier with a standard, under a name nobody has."""

import pytest
from msgspec.structs import replace
from pack_values import all_packs

from guibin.policy.criteria import AnyOf, AtLeast, Metric
from guibin.policy.indicators import Indicator, with_indicators
from guibin.policy.packs import Overrides, merge
from guibin.policy.texts import Text
from guibin.regulations.core import CORE


@pytest.fixture
def policy():
    return merge([all_packs().value("cable_tv")], CORE, Overrides(), version=1)


def judged(policy):
    """A scheme and one of its tiers that has a criterion."""
    return next((scheme, tier) for scheme in policy.schemes for tier in scheme.tiers if tier.criterion is not None)


def test_it_is_beside_the_standard_for_its_unit_and_has_its_title(policy):
    scheme, tier = judged(policy)
    own = Indicator(scheme.name, tier.name, Metric("visits", "visit"), 5, Text("来访", "visits"), "north")

    widened = with_indicators(policy, [own])
    found = next(each for each in widened.schemes if each.name == scheme.name)

    assert found.tier(tier.name).criterion == AnyOf((tier.criterion, AtLeast("visits", 5)))
    assert found.metrics == (*scheme.metrics, Metric("visits", "visit", org_units=("north",)))
    assert widened.texts["metric.visits"] == Text("来访", "visits")
    assert [each for each in found.tiers if each.name != tier.name] == [t for t in scheme.tiers if t.name != tier.name]
    assert [each for each in widened.schemes if each is not found] == [s for s in policy.schemes if s is not scheme]


def test_one_that_fits_nothing_says_nothing(policy):
    scheme, tier = judged(policy)
    own = Indicator(scheme.name, tier.name, Metric("visits", "visit"), 5, Text("来访", "visits"), "north")
    given = replace(tier, criterion=None)
    by_application = replace(
        policy,
        schemes=tuple(
            replace(each, tiers=tuple(given if t is tier else t for t in each.tiers)) if each is scheme else each
            for each in policy.schemes
        ),
    )

    assert with_indicators(policy, [replace(own, scheme="gone")]) == policy
    assert with_indicators(policy, [replace(own, tier="gone")]) == policy
    assert with_indicators(policy, [replace(own, metric=scheme.metrics[0])]) == policy
    assert with_indicators(by_application, [own]) == by_application
    assert with_indicators(policy, []) == policy
