"""Targets beside a case's end: the clock each gets, and which of them could never be reached or told."""

import pytest
from known_parts import KNOWN, wrong
from msgspec.structs import replace

from guibin.policy.deadlines import AT_ONCE, Days, Hours
from guibin.policy.milestones import Milestone, own_names
from guibin.policy.terms import Escalation, Terms
from guibin.policy.tier_limits import TierLimit

NEWS = Milestone(
    "news",
    Hours(24),
    recurrence="sequential",
    further_warnings=(50,),
    warned_roles=("desk",),
    told_of_success=("head",),
    stands_while_waiting=False,
    faster=(TierLimit(("gold",), Hours(8)),),
    escalations=(Escalation("manager"),),
    calendar="business",
    warn_at_percent=90,
)


def test_its_clock_says_everything_it_does_and_stops_at_a_reply():
    assert NEWS.terms(Hours(24), clause="3") == Terms(
        limit=Hours(24),
        calendar="business",
        warn_at_percent=90,
        further_warnings=(50,),
        escalations=(Escalation("manager"),),
        warned_roles=("desk",),
        told_of_success=("head",),
        recurrence="sequential",
        stands_while_waiting=False,
        met_by="reply",
        clause="3",
    )


@pytest.mark.rule("S07-5")
def test_the_tier_gives_it_another_time():
    assert [NEWS.under(tiers).within for tiers in (("gold",), ("silver",))] == [Hours(8), Hours(24)]
    assert replace(NEWS.under(("gold",)), within=Hours(24)) == NEWS


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, []),
        ({"name": "x" * 60}, []),
        ({"name": "x"}, []),
        ({"name": "x" * 61}, [("m", "x" * 61)]),
        ({"name": ""}, [("m", "")]),
        ({"name": "resolution"}, [("m", "resolution")]),
        ({"warn_at_percent": 100}, [("m", "100")]),
        ({"further_warnings": (50, 0)}, [("m", "0")]),
        ({"escalations": (Escalation("nobody"),)}, [("m.escalations", "nobody, 0")]),
        ({"warned_roles": ("nobody",)}, [("m", "nobody")]),
        ({"told_of_success": ("nobody",)}, [("m", "nobody")]),
        ({"within": AT_ONCE}, [("m.within", "at once")]),
        ({"within": AT_ONCE, "recurrence": "repeating"}, []),
        ({"within": Days(0)}, [("m.within", "0")]),
        ({"within": Days(0), "recurrence": "once"}, []),
        ({"within": Days(1)}, []),
        ({"within": Hours(0), "recurrence": "once"}, [("m.within", "0")]),
        ({"within": Hours(1)}, []),
    ],
)
def test_it_has_a_name_of_its_own_time_enough_to_come_again_and_people_there_are(changed, found):
    assert wrong(replace(NEWS, **changed).check(KNOWN, "m")) == found


def test_no_two_of_a_case_have_one_name():
    other = replace(NEWS, name="other")

    assert wrong(own_names((NEWS, other), "case")) == []
    assert wrong(own_names((NEWS, other, NEWS, NEWS), "case")) == [("case.news", "news")]
