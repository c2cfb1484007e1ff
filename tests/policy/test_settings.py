"""Settings: criteria name a figure, the company sets it; and the value score's arithmetic."""

import pytest
from msgspec.structs import replace

from guibin.policy.criteria import AllOf, AnyOf, AtLeast, Between, KindIs, LessThan, Metric, holds
from guibin.policy.packs import Overrides, Pack, merge
from guibin.policy.settings import Setting
from guibin.policy.texts import Text
from guibin.policy.tiers import Dimension, Tier, TierScheme, value_score
from guibin.policy.validation import validate
from guibin.regulations.core import CORE

PACK = Pack(
    name="shop",
    regulation="a test's",
    customer_kinds=("member",),
    settings=(Setting("top", 1_000), Setting("low", 100)),
    schemes=(
        TierScheme(
            "club",
            customer_kinds=("member",),
            metrics=(Metric("spent", fact="spending"),),
            tiers=(
                Tier("a", AllOf((KindIs(("member",)), AnyOf((AtLeast("spent", "top"),))))),
                Tier("b", Between("spent", "low", "top"), expectation=AtLeast("spent", "low")),
                Tier("c", LessThan("spent", "low")),
            ),
        ),
    ),
    texts={
        key: Text("文", "text")
        for key in (
            "customer_kind.member",
            "scheme.club",
            "tier.a",
            "tier.b",
            "tier.c",
            "metric.spent",
            "setting.top",
            "setting.low",
        )
    },
)


def test_a_scheme_is_asked_for_with_the_companys_figures():
    policy = merge([PACK], CORE, Overrides(settings=(Setting("top", 500),)), version=1)

    scheme = policy.scheme("club")

    assert scheme.tier("a").criterion == AllOf((KindIs(("member",)), AnyOf((AtLeast("spent", 500),))))
    assert scheme.tier("b").criterion == Between("spent", 100, 500)
    assert scheme.tier("b").expectation == AtLeast("spent", 100)
    assert validate(policy) == ()


def test_a_criterion_without_its_setting_judges_nobody():
    with pytest.raises(ValueError, match="top"):
        holds(AtLeast("spent", "top"), {"spent": 1}, "member")


@pytest.mark.parametrize(
    ("change", "path", "value"),
    [
        (lambda p: replace(p, settings=(Setting("top", 1_000),)), "schemes.club.tiers.c", "low"),
        (
            lambda p: replace(p, settings=(Setting("top", 100), Setting("low", 100))),
            "schemes.club.tiers.b",
            "100 to 100",
        ),
        (lambda p: replace(p, settings=(*p.settings, Setting("top", 1))), "settings", "top"),
    ],
)
def test_settings_that_contradict_are_named(change, path, value):
    assert (path, value) in [(problem.path, problem.value) for problem in validate(change(PACK))]


@pytest.mark.parametrize(
    ("measures", "score"),
    [
        ({"a": 100, "b": 30}, 100),
        ({"a": 1_000, "b": 1_000}, 100),
        ({"a": 50, "b": 0}, 30),
        ({"a": -5, "b": -5}, 0),
        ({"a": None, "b": 10}, 13),
        ({"a": None, "b": None}, None),
        ({}, None),
    ],
)
def test_the_value_score_is_weighted_and_rounded_down(measures, score):
    dimensions = (Dimension("a", 60, 0, 100), Dimension("b", 40, 0, 30))

    assert value_score(dimensions, measures) == score
