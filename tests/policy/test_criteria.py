"""Criteria: bounds to the point, trees by the laws of logic, and criteria that nobody could meet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from known_parts import KNOWN, wrong
from msgspec.structs import replace

from guibin.policy.criteria import (
    MONTHS_MAX,
    AllOf,
    AnyOf,
    AtLeast,
    AtMost,
    Between,
    KindIs,
    LessThan,
    Metric,
    MoreThan,
    NoneOf,
    bound_problems,
    bounds_of,
    holds,
    metrics_in,
    number,
    settings_in,
    with_settings,
)

SPENT = Metric("spent", "spending")
FIGURES = st.integers(-2, 2)
BOUNDS = st.one_of(
    st.builds(kind, st.sampled_from(["spent", "visits"]), FIGURES | st.sampled_from(["low", "top"]))
    for kind in (AtLeast, MoreThan, AtMost, LessThan)
) | st.builds(Between, st.just("spent"), FIGURES | st.just("low"), FIGURES | st.just("top"))
LEAVES = BOUNDS | st.builds(KindIs, st.sampled_from([(), ("person",), ("company", "person")]))
CRITERIA = st.recursive(
    LEAVES,
    lambda parts: st.one_of(st.builds(kind, st.lists(parts, max_size=3).map(tuple)) for kind in (AllOf, AnyOf, NoneOf)),
    max_leaves=6,
)
SETTINGS = {"low": -1, "top": 2}


@pytest.mark.parametrize(
    ("criterion", "held"),
    [
        (AtLeast("spent", 5), [5, 6, 7]),
        (MoreThan("spent", 5), [6, 7]),
        (AtMost("spent", 5), [3, 4, 5]),
        (LessThan("spent", 5), [3, 4]),
        (Between("spent", 4, 6), [4, 5]),
    ],
)
@pytest.mark.rule("S06-1")
def test_exactly_at_a_bound_is_in_or_out_as_it_says(criterion, held):
    assert [value for value in range(3, 8) if holds(criterion, {"spent": value}, "person")] == held
    assert not holds(criterion, {"spent": None}, "person")
    assert not holds(criterion, {}, "person")


@given(st.lists(LEAVES, max_size=3).map(tuple), FIGURES | st.none(), st.sampled_from(["person", "company"]))
@pytest.mark.rule("S02-8")
def test_all_any_and_none_of_are_what_they_say(parts, spent, kind):
    measures = {"spent": spent, "visits": 0}
    parts = tuple(with_settings(part, SETTINGS) for part in parts)
    each = [holds(part, measures, kind) for part in parts]

    assert holds(AllOf(parts), measures, kind) is (False not in each)
    assert holds(AnyOf(parts), measures, kind) is (True in each)
    assert holds(NoneOf(parts), measures, kind) is (True not in each)


def leaves(criterion):
    return (
        [leaf for part in criterion.criteria for leaf in leaves(part)]
        if hasattr(criterion, "criteria")
        else [criterion]
    )


def bounds(leaf):
    return [] if isinstance(leaf, KindIs) else [leaf.low, leaf.high] if isinstance(leaf, Between) else [leaf.bound]


@given(CRITERIA)
def test_a_tree_names_what_its_leaves_do(criterion):
    found = leaves(criterion)
    bounded = [leaf for leaf in found if not isinstance(leaf, KindIs)]

    assert metrics_in(criterion) == {leaf.metric for leaf in bounded}
    assert settings_in(criterion) == {bound for leaf in bounded for bound in bounds(leaf) if isinstance(bound, str)}
    assert bounds_of(criterion, "spent") == [b for leaf in bounded if leaf.metric == "spent" for b in bounds(leaf)]


@given(CRITERIA)
def test_settings_in_place_change_nothing_else(criterion):
    placed, found = with_settings(criterion, SETTINGS), leaves(criterion)

    assert settings_in(placed) == frozenset()
    assert [type(leaf) for leaf in leaves(placed)] == [type(leaf) for leaf in found]
    assert [SETTINGS.get(b, b) for leaf in found for b in bounds(leaf)] == [
        b for leaf in leaves(placed) for b in bounds(leaf)
    ]
    assert with_settings(placed, {}) == placed


def test_a_setting_that_there_is_not_stays_and_has_no_figure():
    kept = with_settings(AtLeast("spent", "other"), SETTINGS)

    assert kept == AtLeast("spent", "other")
    assert number(3) == 3
    with pytest.raises(ValueError, match="the setting other has no figure"):
        holds(kept, {"spent": 1}, "person")


def test_somebody_can_be_between_bounds_and_lists_hold_something():
    nobody = Between("spent", 4, 4)

    assert wrong(bound_problems(Between("spent", 4, 5), "c")) == []
    assert wrong(
        bound_problems(
            AnyOf(
                (KindIs(()), AllOf((nobody, NoneOf(())))),
            ),
            "c",
        )
    ) == [
        ("c", "4 to 4"),
        ("c", "NoneOf"),
    ]
    assert wrong(bound_problems(AllOf(()), "c")) == [("c", "AllOf")]


@pytest.mark.parametrize(
    ("changed", "value"),
    [
        ({}, None),
        ({"at_least": "top"}, None),
        ({"at_least": 3}, None),
        ({"at_least": "other"}, "other"),
        ({"labels_of": "areas"}, None),
        ({"labels_of": "none"}, "none"),
        ({"labels_of": "other"}, "other"),
        ({"name": "value_score"}, "value_score"),
        ({"months": 0}, None),
        ({"months": MONTHS_MAX, "per": MONTHS_MAX}, None),
        ({"months": -1}, "-1 months, per 1"),
        ({"months": MONTHS_MAX + 1}, f"{MONTHS_MAX + 1} months, per 1"),
        ({"per": 0}, "12 months, per 0"),
        ({"per": MONTHS_MAX + 1}, f"12 months, per {MONTHS_MAX + 1}"),
        ({"fact": ""}, ""),
        ({"fact": "x" * 60}, None),
        ({"fact": "x" * 61}, "x" * 60),
        ({"name": "x" * 61}, "spending"),
        ({"linked": True, "aggregate": "last", "months": 0}, None),
        ({"linked": True, "aggregate": "sum", "months": 0}, "sum of 0 months"),
        ({"linked": True, "aggregate": "last"}, "last of 12 months"),
        ({"aggregate": "growth"}, None),
        ({"aggregate": "growth", "months": 0}, "0 months"),
        ({"divisor": "age"}, None),
        ({"divisor": "age", "months": 0}, "0 months"),
    ],
)
def test_a_metric_has_a_window_and_names_what_there_is(changed, value):
    found = [] if value is None else [("metric", value)]

    assert wrong(replace(SPENT, **changed).problems_of(KNOWN, "metric")) == found
