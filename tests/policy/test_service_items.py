"""Service items: which limit applies, what is taken off a price, and items and rights that contradict themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from known_parts import KNOWN, wrong
from msgspec.structs import replace

from guibin.policy.deadlines import Days, Hours
from guibin.policy.milestones import Milestone
from guibin.policy.service_items import (
    Discount,
    Entitlement,
    Evidence,
    FieldIs,
    Pool,
    ServiceItem,
    ServiceRhythm,
    StepLimit,
    TimeLimit,
)
from guibin.policy.tier_limits import TierLimit

OFF_NETWORK = (FieldIs("network", "off"), FieldIs("urgent", False))
FAST = TimeLimit("fast", Days(1), when=OFF_NETWORK, tiers=("gold",))
SLOW = TimeLimit("slow", Days(5), when=OFF_NETWORK)
USUAL = TimeLimit("usual", Days(3))
ITEM = ServiceItem(
    "repair",
    steps=("asked", "appointment", "done"),
    time_limits=(FAST, SLOW, USUAL),
    approval="signing",
    form="registration",
)


def test_the_first_limit_whose_facts_and_tiers_all_fit_applies():
    off = {"network": "off", "urgent": False}

    assert ITEM.limit_for(off, ["silver", "gold"]) == FAST
    assert ITEM.limit_for(off, ["silver"]) == SLOW
    assert ITEM.limit_for({"network": "off"}, ["gold"]) == USUAL
    assert ITEM.limit_for({}, []) == USUAL
    assert replace(ITEM, time_limits=(FAST,)).limit_for({}, ["gold"]) is None


@pytest.mark.rule("S07-5")
def test_another_tiers_limit_is_one_for_the_same_situation():
    from_approval = replace(FAST, name="approved", counted_from="approval", tiers=())

    assert ITEM.limit_beside(SLOW, ["gold"]) == FAST
    assert ITEM.limit_beside(FAST, ["silver"]) == SLOW
    assert ITEM.limit_beside(USUAL, ["gold"]) == USUAL
    assert replace(ITEM, time_limits=(from_approval, SLOW)).limit_beside(FAST, []) == SLOW
    assert replace(ITEM, time_limits=(FAST,)).limit_beside(FAST, ["silver"]) is None


def test_a_steps_clock_has_a_name_and_the_time_of_the_tier():
    own = StepLimit("done", Hours(8), faster=(TierLimit(("gold",), Hours(2)),))

    assert own.milestone == "step:done"
    assert [own.under(tiers).within for tiers in (("gold",), ("silver",))] == [Hours(2), Hours(8)]


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        (TimeLimit("x", Days(1), until="done", skips=("asked",)), None),
        (TimeLimit("x", Days(1), counted_from="approval"), None),
        (TimeLimit("x", Days(1), counted_from="appointment"), None),
        (TimeLimit("x", Days(1), until="paid"), "paid"),
        (TimeLimit("x", Days(1), skips=("done", "paid")), "paid"),
        (TimeLimit("x", Days(1), until="done", skips=("done",)), "done"),
        (TimeLimit("x", Days(1), counted_from="appointment", skips=("appointment",)), "appointment"),
    ],
)
def test_a_limit_counts_between_steps_of_its_item(limit, value):
    found = [] if value is None else [("item.time_limits.x", value)]

    assert wrong(replace(ITEM, time_limits=(limit,)).check(KNOWN, "item")) == found


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, []),
        ({"proof_minutes": 24 * 60}, []),
        ({"proof_minutes": 24 * 60 + 1}, [("item.proof_minutes", "1441")]),
        ({"proof_minutes": -1}, [("item.proof_minutes", "-1")]),
        ({"approval": "other"}, [("item", "other")]),
        ({"form": "other"}, [("item", "other")]),
        ({"milestones": (Milestone("news", Hours(1)),) * 2}, [("item.milestones.news", "news")]),
        ({"step_limits": (StepLimit("done", Hours(1)),)}, []),
        ({"step_limits": (StepLimit("asked", Hours(1)),)}, [("item.step_limits", "asked")]),
        ({"evidence": (Evidence("asked", ("result",)),)}, []),
        ({"evidence": (Evidence("paid", ("result",)),)}, [("item.evidence", "paid")]),
        (
            {"approval": "", "time_limits": (TimeLimit("x", Days(1), counted_from="approval"),)},
            [("item.time_limits.x", "approval")],
        ),
        (
            {"steps": ("done",), "time_limits": (TimeLimit("x", Days(1), counted_from="appointment"),)},
            [("item.time_limits.x", "appointment")],
        ),
    ],
)
def test_an_item_names_what_there_is(changed, found):
    assert wrong(replace(ITEM, **changed).check(KNOWN, "item")) == found


def test_what_is_served_in_a_rhythm_has_steps():
    assert wrong(ServiceRhythm("repair", "month", ()).check(KNOWN, "rhythm")) == []
    assert wrong(ServiceRhythm("lounge", "month", ()).check(KNOWN, "rhythm")) == [("rhythm", "lounge")]


def test_an_item_needs_the_words_of_its_parts():
    assert [*replace(ITEM, time_limits=(USUAL,)).named_texts()] == [
        "service_item.repair.title",
        "service_item.repair.content",
        "service_item.repair.standard",
        "service_item.repair.channel",
        "service_item.repair.process",
        "step.asked",
        "step.appointment",
        "step.done",
        "time_limit.usual",
    ]


@given(st.integers(0, 10**9), st.integers(1, 100), st.none() | st.integers(1, 10**6))
def test_what_is_taken_off_is_the_share_rounded_down_and_never_above_the_ceiling(price, percent, ceiling):
    off = Discount(percent, ceiling).off(price)

    assert off in (ceiling, Discount(percent).off(price))
    assert off <= (price if ceiling is None else ceiling)
    assert 0 <= price * percent - 100 * Discount(percent).off(price) < 100


RIGHT = Entitlement("club", "gold", "lounge", quota=4)


@pytest.mark.parametrize(
    ("changed", "place", "value"),
    [
        ({}, None, None),
        ({"quota": 0}, None, None),
        ({"quota": -1}, "", "-1"),
        ({"item": "x"}, "", "x"),
        ({"tier": "bronze"}, "", "club/bronze"),
        ({"period": "rolling_days", "days": 1}, None, None),
        ({"period": "rolling_days"}, "", "0"),
        ({"pool": Pool(("executive",), 4)}, None, None),
        ({"pool": Pool(("executive",), 5)}, ".pool.per_person", "5"),
        ({"pool": Pool(("executive",), 0)}, ".pool.per_person", "0"),
        ({"pool": Pool(("executive",), 99), "quota": None}, None, None),
        ({"pool": Pool((), 1)}, ".pool.roles", "none"),
        ({"discount": Discount(1, 1)}, None, None),
        ({"discount": Discount(100)}, None, None),
        ({"discount": Discount(0)}, ".discount.percent", "0"),
        ({"discount": Discount(101)}, ".discount.percent", "101"),
        ({"discount": Discount(20, 0)}, ".discount.ceiling", "0"),
        ({"discount": Discount(20, unit="cny")}, ".discount.unit", "cny"),
        ({"discount": Discount(20, unit="YUAN")}, ".discount.unit", "YUAN"),
    ],
)
def test_a_right_can_be_used_and_shared(changed, place, value):
    right = replace(RIGHT, **changed)
    found = [] if place is None else [(f"rights.{right.tier}.{right.item}{place}", value)]

    assert wrong(right.check(KNOWN, "rights")) == found
