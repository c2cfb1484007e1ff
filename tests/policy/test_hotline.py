"""The hotline: whose call takes which route and how soon it is called back, and greetings that can be said."""

import pytest
from known_parts import KNOWN, wrong
from msgspec.structs import replace

from guibin.policy.deadlines import Hours
from guibin.policy.hotline import HotlinePolicy, HotlineRoute
from guibin.policy.terms import Escalation
from guibin.policy.texts import Text
from guibin.policy.tier_limits import TierLimit

GOLD, ANY = HotlineRoute("gold", "club", ("gold",), priority=100), HotlineRoute("members", "club", ("gold", "silver"))
POLICY = HotlinePolicy(routes=(GOLD, ANY), faster=(TierLimit(("gold",), Hours(1)),), clause="3")


def test_the_first_route_for_the_tier_held_in_its_scheme_is_taken_else_the_general_one():
    held = [{"club": "gold"}, {"club": "silver"}, {"other": "gold"}, {}]

    assert [POLICY.route_for(each).queue for each in held] == ["gold", "members", "general", "general"]


@pytest.mark.rule("S07-5")
def test_the_tier_gives_the_call_back_its_time():
    terms = [POLICY.call_back_terms(tiers) for tiers in ((), ("gold",))]

    assert [(each.limit, each.clause) for each in terms] == [(Hours(2), "3"), (Hours(1), "3")]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, []),
        ({"routes": (HotlineRoute("x"),)}, [("h.routes.x", "/")]),
        ({"routes": (replace(ANY, tiers=("gold", "bronze")),)}, [("h.routes.members", "club/bronze")]),
        ({"routes": (replace(GOLD, priority=101),)}, [("h.gold.priority", "101")]),
        ({"otherwise": HotlineRoute("general", priority=-1)}, [("h.general.priority", "-1")]),
        ({"otherwise": HotlineRoute("general", "club")}, [("h.otherwise", "club")]),
        ({"otherwise": HotlineRoute("general", tiers=("gold",))}, [("h.otherwise", "")]),
        ({"escalations": (Escalation("nobody"),)}, [("h.escalations", "nobody, 0")]),
    ],
)
def test_routes_are_for_tiers_there_are_and_the_general_one_for_none(changed, found):
    assert wrong(replace(POLICY, **changed).check(KNOWN, "h")) == found


def test_a_greeting_has_no_other_placeholder_than_the_two():
    def told(zh, en):
        known = replace(
            KNOWN, texts={"greeting.ordinary": Text(zh, en), "greeting.by_name": Text("$addressee", "$tier")}
        )
        return wrong(HotlinePolicy().check(known, "h"))

    assert told("您好$addressee", "Hello $$ $tier $addressee") == []
    assert told("$name 您好", "Hello") == [("greeting.ordinary", "$name 您好")]
    assert told("您好", "Hello $") == [("greeting.ordinary", "Hello $")]
    assert [*GOLD.named_texts()] == ["queue.gold", "greeting.ordinary", "greeting.by_name"]
