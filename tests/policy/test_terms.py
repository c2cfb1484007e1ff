"""Limits, warnings and whom a breach goes to: what a clock gets of them, and which of them could never be kept."""

import pytest
from known_parts import KNOWN, wrong

from guibin.policy.checking import a_tier, each_once, there_is, within
from guibin.policy.deadlines import AT_ONCE, AtOnce, BusinessDays, BusinessHours, Days, Hours, least_of
from guibin.policy.terms import Escalation, Terms, Timed, Watched
from guibin.policy.tier_limits import TierLimit, for_tiers


def test_a_clock_goes_by_what_its_limit_says_of_it():
    escalations = (Escalation("head", 30),)
    timed = Timed(warn_at_percent=60, escalations=escalations, calendar="business")
    watched = Watched(warn_at_percent=60, escalations=escalations)
    terms = Terms(limit=Hours(2), warn_at_percent=60, escalations=escalations, clause="7.1")

    assert watched.terms(Hours(2), clause="7.1") == terms
    assert timed.terms(Hours(2), clause="7.1") == Terms(
        limit=Hours(2), calendar="business", warn_at_percent=60, escalations=escalations, clause="7.1"
    )


@pytest.mark.parametrize("percent", [1, 99])
def test_a_warning_comes_after_the_start_and_before_the_breach(percent):
    assert wrong(Timed(warn_at_percent=percent, escalations=(Escalation("desk", 0),)).check(KNOWN, "x")) == []


@pytest.mark.parametrize("percent", [0, 100, -1])
def test_a_warning_at_either_end_is_none(percent):
    assert wrong(Watched(warn_at_percent=percent).check(KNOWN, "x")) == [("x.warn_at_percent", str(percent))]


def test_a_breach_goes_to_people_there_are_and_not_before_it():
    steps = (Escalation("nobody"), Escalation("desk", -1), Escalation("desk", 1))

    assert wrong(Timed(escalations=steps, calendar="lunar").check(KNOWN, "x")) == [
        ("x.calendar", "lunar"),
        ("x.escalations", "nobody, 0"),
        ("x.escalations", "desk, -1"),
    ]


@pytest.mark.rule("S07-5")
def test_of_several_faster_limits_the_first_that_fits_holds():
    faster = (TierLimit(("gold",), Hours(2)), TierLimit(("silver", "gold"), Hours(4)))

    assert [for_tiers(Hours(8), faster, tiers) for tiers in ((), ("bronze",), ("silver",), ("silver", "gold"))] == [
        Hours(8),
        Hours(8),
        Hours(4),
        Hours(2),
    ]
    assert wrong(TierLimit(("gold", "bronze"), Hours(0)).check(KNOWN, "x")) == [
        ("x.tiers", "bronze"),
        ("x.within", "0"),
    ]
    assert wrong(TierLimit(("gold",), AT_ONCE).check(KNOWN, "x")) == []
    assert wrong(TierLimit(("gold",), AtOnce(0)).check(KNOWN, "x")) == []


def test_the_end_of_a_day_may_be_todays_and_an_hour_is_one_at_least():
    assert [least_of(limit) for limit in (Days(0), BusinessDays(0), Hours(1), BusinessHours(1))] == [0, 0, 1, 1]
    assert wrong(TierLimit((), Days(-1)).check(KNOWN, "x")) == [("x.within", "-1")]


def test_bounds_are_in_and_names_stand_once():
    assert [wrong(within("x", figure, (2, 4))) for figure in (1, 2, 4, 5)] == [[("x", "1")], [], [], [("x", "5")]]
    assert wrong(each_once("x", ("a", "b"))) == []
    assert wrong(each_once("x", ("a", "b", "a"))) == [("x", "a, b, a")]
    assert [wrong(there_is("x", name, ("a",), "one")) for name in ("", "a", "b")] == [[], [], [("x", "b")]]
    assert wrong(a_tier("x", ("club", "gold"), KNOWN)) == []
    assert wrong(a_tier("x", ("other", "gold"), KNOWN)) == [("x", "other/gold")]
