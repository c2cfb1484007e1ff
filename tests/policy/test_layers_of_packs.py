"""What the base gives a class of its own goes to the tiers that take its place, once, and to nobody whose pack says it itself."""

import pytest
from known_parts import KNOWN
from msgspec.structs import replace

from guibin.policy.activities import InvitationRhythm
from guibin.policy.cadence import PlannedMeasure, RelationshipTemplate
from guibin.policy.care import CareOccasion, CarePolicy
from guibin.policy.hotline import HotlinePolicy, HotlineRoute
from guibin.policy.layers import InPlace, layered
from guibin.policy.packs import Overrides, Pack
from guibin.policy.service_items import Entitlement
from guibin.policy.tiers import Tier, TierScheme

OWN = Overrides()
MEASURES = (PlannedMeasure("visit", "month", 1),)
BASE = Pack(
    name="base",
    regulation="x",
    schemes=(
        TierScheme("class", metrics=(), customer_kinds=("person",), tiers=(Tier("first"), Tier("second"))),
        TierScheme("staff", metrics=(), customer_kinds=("employee",), tiers=(Tier("honoured"),)),
    ),
    entitlements=(
        Entitlement("class", "first", "gift"),
        Entitlement("class", "second", "gift"),
        Entitlement("class", "", "counter"),
        Entitlement("staff", "honoured", "gift"),
    ),
    invitations=(
        InvitationRhythm("gatherings", ("gala",), "class", ("first", "second")),
        InvitationRhythm("of_staff", ("gala",), "staff", ("honoured",)),
    ),
    relationships=(
        RelationshipTemplate("firsts", MEASURES, "class", "first"),
        RelationshipTemplate("of_staff", MEASURES, "staff", "honoured"),
    ),
)


def pack(name, scheme="members", tiers=None, items=None, **said):
    """Its members are the base's class: gold counts as the first."""
    like = {"gold": "first"} if tiers is None else tiers
    return Pack(
        name=name,
        regulation="x",
        schemes=(TierScheme(scheme, metrics=(), customer_kinds=("person",), tiers=tuple(map(Tier, like))),),
        in_place=(InPlace("class", scheme, like, items or {}),),
        **said,
    )


def under(*packs, base=BASE):
    return layered(base, packs, OWN).under


def rights(whole):
    return sorted((one.scheme, one.tier, one.item) for one in whole.entitlements)


def invited(whole):
    return sorted((one.scheme, one.tiers) for one in whole.invitations)


def test_rights_go_to_the_tiers_that_count_as_theirs_and_one_of_every_tier_to_all_of_them():
    assert rights(under(pack("one"))) == [
        ("members", "", "counter"),
        ("members", "gold", "gift"),
        ("staff", "honoured", "gift"),
    ]


def test_a_right_that_the_pack_gives_itself_is_not_given_twice():
    assert ("members", "gold", "gift") not in rights(
        under(pack("one", entitlements=(Entitlement("members", "gold", "gift"),)))
    )
    assert ("members", "gold", "gift") in rights(
        under(pack("one", entitlements=(Entitlement("members", "silver", "gift"),)))
    )


def test_a_right_given_by_a_service_of_the_pack_s_own_is_not_given_beside_it():
    both = under(pack("one", items={"gift": "flowers"}), pack("two", scheme="guests"))

    assert ("members", "gold", "gift") not in rights(both)
    assert ("guests", "gold", "gift") in rights(both)
    assert ("staff", "honoured", "gift") in rights(both)


def test_invitations_go_to_each_pack_s_tiers_but_for_one_that_says_whom_it_invites():
    own = (InvitationRhythm("balls", ("ball",), "guests", ("gold",)),)
    two = under(pack("one"), pack("two", scheme="guests", invitations=own))

    assert invited(two) == [("members", ("gold",)), ("staff", ("honoured",))]
    assert invited(under()) == [("class", ("first", "second")), ("staff", ("honoured",))]
    assert invited(under(pack("one", tiers={"gold": "third"}))) == [("staff", ("honoured",))]


def test_a_pack_that_invites_its_staff_says_nothing_of_its_members():
    own = (InvitationRhythm("balls", ("ball",), "class", ("first",)),)

    assert invited(under(pack("one", invitations=own))) == [("members", ("gold",)), ("staff", ("honoured",))]


def test_a_relationship_is_named_after_the_tier_it_goes_to_and_else_keeps_its_name():
    assert sorted((one.name, one.scheme) for one in under(pack("one")).relationships) == [
        ("members_gold", "members"),
        ("of_staff", "staff"),
    ]


@pytest.mark.parametrize("tiers", [("first",), ("second",), ()])
def test_care_and_routes_go_to_the_tiers_that_count_as_theirs(tiers):
    occasion = CareOccasion("birthday", "birthday", tiers=tiers)
    route = HotlineRoute("vip", scheme="class", tiers=tiers or ("second",))
    base = replace(BASE, care=CarePolicy(occasions=(occasion,)), hotline=HotlinePolicy(routes=(route,)))

    whole = under(pack("one"), base=base)

    assert [one.tiers for one in whole.care.occasions] == [("gold",) if tiers == ("first",) else ()]
    assert [(one.scheme, one.tiers) for one in whole.hotline.routes] == (
        [("members", ("gold",))] if tiers == ("first",) else []
    )


def test_a_base_without_care_and_hotline_brings_none():
    assert (under(pack("one")).care, under(pack("one")).hotline) == (None, None)


def test_a_tier_that_is_not_of_the_pack_s_scheme_is_named():
    known = replace(KNOWN, tiers=frozenset({("members", "gold"), ("others", "silver")}))
    place = InPlace("class", "members", {"gold": "first", "silver": "second"})

    assert [(one.path, one.value) for one in place.check(known, "in_place.class")] == [
        ("in_place.class", "members/silver")
    ]
