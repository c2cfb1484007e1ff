"""What one policy says otherwise than another: elements by what they are called, figures by the way that leads to them."""

from msgspec.structs import replace

from guibin.policy.care import CarePolicy
from guibin.policy.complaints import ComplaintPolicy, Level
from guibin.policy.deadlines import Hours
from guibin.policy.differences import Difference, Leaf, differences
from guibin.policy.packs import Overrides, merge
from guibin.policy.service_items import Entitlement, ServiceItem
from guibin.policy.texts import Text
from guibin.policy.tiers import Tier, TierScheme
from guibin.regulations.core import CORE

GOLD = Entitlement("club", "gold", "lounge", quota=4)
AGAIN = replace(GOLD, quota=1, period="month")
LEVEL = Level("usual", Hours(24))
BEFORE = replace(
    merge([], CORE, Overrides(), version=1),
    schemes=(TierScheme("club", ("person",), (), (Tier("gold"), Tier("silver"))),),
    service_items=(ServiceItem("lounge"), ServiceItem("repair", steps=("asked",))),
    entitlements=(GOLD, AGAIN),
    complaints=ComplaintPolicy((LEVEL,), "usual"),
    texts={"tier.gold": Text("金", "Gold")},
    hotline=None,
)


def found(**changed):
    return [*differences(BEFORE, replace(BEFORE, **changed))]


def told(**changed):
    """What kind of difference, where, and which figures."""
    return [
        (each.kind, each.path, [(leaf.path[-1:], leaf.old, leaf.new) for leaf in each.leaves])
        for each in found(**changed)
    ]


def test_a_policy_is_not_otherwise_than_itself():
    assert found() == []


def test_what_comes_and_goes_is_told_by_its_element():
    other = ServiceItem("other")

    assert found(service_items=(*BEFORE.service_items[1:], other)) == [
        Difference("service_items", ("lounge", ""), "removed", BEFORE.service_items[0], None),
        Difference("service_items", ("other", ""), "added", None, other),
    ]
    assert [each.element for each in found(service_items=(*BEFORE.service_items[1:], other))] == [
        BEFORE.service_items[0],
        other,
    ]


def test_a_figure_that_changes_is_told_by_the_way_to_it():
    later = replace(LEVEL, resolve_within=Hours(48))

    assert told(complaints=replace(BEFORE.complaints, levels=(later,))) == [
        ("changed", "complaints", [(("resolve_within",), Hours(24), Hours(48))])
    ]
    (leaf,) = found(complaints=replace(BEFORE.complaints, levels=(later,)))[0].leaves
    assert leaf == Leaf(("levels", later, "resolve_within"), Hours(24), Hours(48))


def test_elements_within_an_element_are_told_apart_by_name_and_not_by_place():
    gold, silver = BEFORE.schemes[0].tiers
    bronze = Tier("bronze")

    assert told(schemes=(replace(BEFORE.schemes[0], tiers=(silver, gold)),)) == []
    assert told(schemes=(replace(BEFORE.schemes[0], tiers=(gold, bronze)),)) == [
        ("changed", "schemes.club", [((silver,), silver, None), ((bronze,), None, bronze)])
    ]


def test_where_a_figure_comes_from_is_no_change_of_it_and_a_list_of_words_is_one_figure():
    cited = replace(BEFORE.service_items[1], clause="4.2")

    assert told(service_items=(BEFORE.service_items[0], cited)) == []
    assert told(service_items=(BEFORE.service_items[0], replace(cited, steps=("asked", "done")))) == [
        ("changed", "service_items.repair", [(("steps",), ("asked",), ("asked", "done"))])
    ]


def test_two_of_one_name_are_told_apart_by_their_order():
    assert [(each.kind, each.old, each.new) for each in found(entitlements=(GOLD,))] == [("removed", AGAIN, None)]
    assert [(each.kind, each.leaves) for each in found(entitlements=(GOLD, replace(AGAIN, quota=2)))] == [
        ("changed", (Leaf(("quota",), 1, 2),))
    ]


def test_a_text_is_one_figure_and_a_section_may_come_whole():
    assert told(texts={"tier.gold": Text("金卡", "Gold")}) == [
        ("changed", "texts.tier.gold", [((), Text("金", "Gold"), Text("金卡", "Gold"))])
    ]
    (come,) = differences(replace(BEFORE, care=None), replace(BEFORE, care=CarePolicy()))
    assert (come.kind, come.path, come.place) == ("added", "care", ("care",))
    assert found(entitlements=(GOLD,))[0].place == ("entitlements", "lounge", "club", "club", "gold", "lounge")
