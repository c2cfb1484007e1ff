"""Who goes from which tier to which: the flows, their drawing, and the rows behind each, beforehand and once in effect."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guibin.policy.tiers import Tier, TierScheme
from guibin.tiers.assessment import MoveCount
from guibin.tiers.drawing import drawn, migration

SCHEME = TierScheme(name="s", customer_kinds=("p",), metrics=(), tiers=(Tier("a"), Tier("b"), Tier("c")))
NAMES = st.sampled_from(["a", "b", "c", "gone", None])
MOVES = st.lists(st.builds(MoveCount, st.just("keep"), NAMES, NAMES, st.integers(1, 100_000)), max_size=30)


@given(MOVES)
def test_everybody_who_is_in_a_tier_before_or_after_is_in_one_flow(moves):
    found = migration(moves, SCHEME)

    assert sum(flow.customers for flow in found.flows) == sum(m.customers for m in moves if m.held or m.becomes)
    assert len({(flow.held, flow.becomes) for flow in found.flows}) == len(found.flows)


@given(MOVES)
def test_bars_lie_under_each_other_and_are_as_tall_as_what_flows_through_them(moves):
    picture = drawn(migration(moves, SCHEME))

    for side in (picture.before, picture.after):
        assert all(upper.y + upper.height < lower.y for upper, lower in pairwise(side))
        assert [bar.tier for bar in side] == [
            tier for tier in ("a", "b", "c", "gone", None) if tier in {b.tier for b in side}
        ]
    assert sum(bar.customers for bar in picture.before) == sum(bar.customers for bar in picture.after)
    assert all(bar.y + bar.height <= picture.height for bar in (*picture.before, *picture.after))


@pytest.mark.parametrize(
    ("held", "becomes", "way"),
    [
        ("b", "a", "up"),
        ("a", "b", "down"),
        ("a", "a", "stays"),
        (None, "c", "up"),
        ("c", None, "down"),
        ("gone", "c", "up"),
    ],
)
def test_the_way_is_that_of_the_schemes_order(held, becomes, way):
    (flow,) = migration([MoveCount("keep", held, becomes, 1)], SCHEME).flows

    assert flow.way == way


@given(MOVES)
def test_a_band_joins_its_bars(moves):
    picture = drawn(migration(moves, SCHEME))

    for band in picture.bands:
        (before,), (after,) = (
            [bar for bar in side if bar.tier == tier]
            for side, tier in ((picture.before, band.flow.held), (picture.after, band.flow.becomes))
        )
        begins, ends = [float(y) for y in re.findall(r"^M\d+,([\d.]+) .*? \d+,([\d.]+) L", band.path)[0]]
        assert before.y - 0.1 <= begins <= before.y + before.height
        assert after.y - 0.1 <= ends <= after.y + after.height
