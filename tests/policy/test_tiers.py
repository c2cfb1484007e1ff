"""Tiers and the value score: points by their laws, heights, and schemes in which something would decide nothing."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from known_parts import KNOWN, wrong
from msgspec.structs import replace

from guibin.policy.criteria import AtLeast, Between, Metric
from guibin.policy.tiers import DAYS_MAX, Consequence, Dimension, Tier, TierScheme, value_score

LOYALTY = Dimension("spent", 100, 0, 200)
GOLD, SILVER = Tier("gold", AtLeast("spent", "top")), Tier("silver", AtLeast("spent", 10))
CLUB = TierScheme("club", ("person",), (Metric("spent", "spending"),), (GOLD, SILVER), approval="signing")
MORE = Consequence("more", "reward", ("keep",), "lounge", units=1, tiers=("gold",))
LESS = Consequence("less", "penalty", ("downgrade",), "lounge")


@given(st.integers(-50, 50), st.integers(1, 50), st.integers(-200, 200))
def test_points_rise_evenly_from_nothing_at_low_to_all_at_high(low, span, value):
    dimension = Dimension("spent", 100, low, low + span)
    points = dimension.points(value)

    assert 0 <= points <= 100
    assert (points == 0) is (value <= low)
    assert (points == 100) is (value >= low + span)
    if low < value < low + span:
        assert points - dimension.points(value - 1) == Fraction(100, span)
    assert dimension.points(None) == 0


def test_the_score_weighs_the_points_rounds_down_and_is_none_without_any_figure():
    parts = (Dimension("spent", 60, 0, 100), Dimension("visits", 40, 0, 10))

    assert value_score(parts, {"spent": 100, "visits": 10}) == 100
    assert value_score(parts, {"spent": 99, "visits": 0}) == 59
    assert value_score(parts, {"spent": 50}) == 30
    assert value_score(parts, {"spent": 0, "visits": None}) == 0
    assert value_score(parts, {"spent": None}) is None


def test_a_tier_stands_as_high_as_there_are_under_it():
    assert [CLUB.rank(name) for name in ("gold", "silver", "bronze", None)] == [2, 1, 0, 0]
    assert [CLUB.tier(name) for name in ("silver", "bronze")] == [SILVER, None]


def scored(*dimensions, **more):
    return {"value_score": dimensions, "metrics": (Metric("spent", "spending"), Metric("visits", "visit")), **more}


TWO = (Dimension("spent", 60, 0, 100), Dimension("visits", 40, 0, 10))


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, []),
        ({"form": "registration", "registered": True, "recognised_by": ("head",), "told": ("desk",)}, []),
        ({"customer_kinds": ("person", "dog")}, [(".customer_kinds", "dog")]),
        ({"told": ("nobody",)}, [(".told", "nobody")]),
        ({"recognised_by": ("nobody",)}, [(".recognised_by", "nobody")]),
        ({"registered": True}, [(".registered", "true")]),
        ({"form": "other"}, [(".form", "other")]),
        ({"approval": "other"}, [("", "other")]),
        ({"list_approval": "other"}, [("", "other")]),
        ({"indicator_approval": "other"}, [("", "other")]),
        ({"tiers": (replace(GOLD, approval="other"),)}, [("", "other")]),
        ({"tiers": (GOLD, Tier("silver", AtLeast("visits", 1)))}, [(".tiers.silver", "visits")]),
        ({"tiers": (GOLD, Tier("silver", AtLeast("spent", "mid")))}, [(".tiers.silver", "mid")]),
        ({"tiers": (GOLD, Tier("silver", expectation=Between("spent", 9, 9)))}, [(".tiers.silver", "9 to 9")]),
        ({"tiers": (GOLD, Tier("silver", Between("spent", "low", "top")))}, []),
        ({"tiers": (GOLD, Tier("silver", Between("spent", "top", "low")))}, [(".tiers.silver", "100 to 10")]),
        ({"tiers": (GOLD, Tier("silver", AtLeast("value_score", 5)))}, [(".tiers.silver", "value_score")]),
        ({"tiers": (Tier("gold"),)}, [(".metrics.spent", "spent")]),
        ({"tiers": (Tier("gold"),), "form": "registration"}, []),
        ({"tiers": (Tier("gold", expectation=AtLeast("spent", 1)),)}, []),
        ({"metrics": (Metric("spent", ""),)}, [(".metrics.spent", "")]),
        (
            {"metrics": (Metric("other", "x"),), "tiers": (Tier("gold", AtLeast("other", 1)),), "form": "registration"},
            [(".form", "spent")],
        ),
        (scored(*TWO), []),
        (scored(TWO[0], replace(TWO[1], weight=41)), [(".value_score", "2")]),
        (scored(replace(TWO[0], weight=100), replace(TWO[1], weight=0)), [(".value_score.visits", "0")]),
        (
            scored(replace(TWO[0], weight=101), replace(TWO[1], weight=-1)),
            [(".value_score.spent", "101"), (".value_score.visits", "-1")],
        ),
        (scored(replace(TWO[0], weight=100), tiers=(GOLD, Tier("silver", AtLeast("visits", 1)))), []),
        (scored(TWO[0], replace(TWO[1], low=10)), [(".value_score.visits", "10")]),
        (scored(TWO[0], replace(TWO[1], low=9)), []),
        (scored(*TWO, replace(TWO[0], metric="calls", weight=1)), None),
        (scored(*TWO, tiers=(GOLD, Tier("silver", AtLeast("value_score", 1)))), []),
        (scored(*TWO, tiers=(GOLD, Tier("silver", AtLeast("value_score", "top")))), []),
        (scored(*TWO, tiers=(GOLD, Tier("silver", AtLeast("value_score", 0)))), [("", "value_score 0")]),
        (
            scored(*TWO, tiers=(GOLD, Tier("silver", expectation=AtLeast("value_score", 101)))),
            [("", "value_score 101")],
        ),
        ({"consequences": (MORE, LESS)}, []),
        ({"consequences": (MORE, LESS, MORE)}, [(".consequences", "more")]),
        ({"consequences": (replace(MORE, tiers=("bronze",)),)}, None),
        ({"consequences": (replace(MORE, item="repair"),)}, [(".consequences.more", "repair")]),
        ({"consequences": (replace(MORE, units=0),)}, [(".consequences.more", "0 of lounge")]),
        ({"consequences": (replace(MORE, tiers=()),)}, [(".consequences.more", "1 of lounge")]),
        ({"consequences": (replace(LESS, units=1),)}, [(".consequences.less", "1")]),
        ({"consequences": (replace(MORE, moves=()),)}, [(".consequences.more", "90 days after []")]),
        ({"consequences": (replace(MORE, days=1), replace(LESS, days=DAYS_MAX))}, []),
        ({"consequences": (replace(MORE, days=0),)}, [(".consequences.more", "0 days after ['keep']")]),
        (
            {"consequences": (replace(MORE, days=DAYS_MAX + 1),)},
            [(".consequences.more", f"{DAYS_MAX + 1} days after ['keep']")],
        ),
    ],
)
@pytest.mark.rule("S01-4")
def test_a_scheme_names_what_there_is_and_everything_in_it_decides_something(changed, found):
    told = wrong(replace(CLUB, **changed).check(KNOWN, "scheme"))

    assert told == [(f"scheme{path}", value) for path, value in found or ()] if found is not None else told != []


def test_what_a_part_of_the_score_and_a_reward_name_is_there():
    calls = replace(TWO[1], metric="calls")
    wanting = replace(CLUB, value_score=(TWO[0], calls), consequences=(replace(MORE, tiers=("bronze", "gold")),))

    assert wrong(wanting.check(KNOWN, "s")) == [("s.value_score", "calls"), ("s.consequences.more", "bronze")]


def test_kinds_are_looked_at_where_the_policy_has_any():
    other = replace(CLUB, customer_kinds=("dog",))

    assert wrong(other.check(replace(KNOWN, kinds=()), "scheme")) == []


def test_a_scheme_needs_the_words_of_everything_it_shows():
    whole = replace(
        CLUB,
        tiers=(replace(GOLD, strategy=("visit", "call")), SILVER),
        value_score=(replace(LOYALTY, name="loyalty"), LOYALTY),
        consequences=(MORE,),
    )

    assert [*whole.named_texts()] == [
        "scheme.club",
        "tier.gold",
        "tier.silver",
        "metric.spent",
        "dimension.loyalty",
        "strategy.visit",
        "strategy.call",
        "consequence.more",
    ]
