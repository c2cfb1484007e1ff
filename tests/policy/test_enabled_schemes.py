"""A company uses some of its pack's schemes: the others go with whatever hangs on them."""

from pack_values import all_packs

from guibin.policy.packs import Overrides, merge
from guibin.policy.validation import validate
from guibin.regulations.core import CORE

PACKS = all_packs()
BANKING = PACKS.value("banking")
COOPERATIVE = "cooperative_vip"


def policy(*, packs=(BANKING,), **overrides):
    return merge(list(packs), CORE, Overrides(**overrides), version=1)


def test_all_schemes_are_used_unless_some_are_named():
    assert [scheme.name for scheme in policy().schemes] == [
        "personal_vip",
        "corporate_vip",
        "international_business",
        COOPERATIVE,
    ]


def test_what_hangs_on_a_scheme_goes_with_it():
    everything, only = policy(), policy(enabled_schemes=(COOPERATIVE,))

    for part in ("entitlements", "cadences", "cards"):
        kept = [one for one in getattr(everything, part) if one.scheme == COOPERATIVE]
        assert list(getattr(only, part)) == kept
    assert len({one.scheme for one in everything.entitlements}) == 4
    assert [scheme.name for scheme in only.schemes] == [COOPERATIVE]
    assert validate(only) == ()


def test_the_hotline_no_longer_routes_by_a_scheme_that_is_off():
    telecom = PACKS.value("telecom")
    both = (BANKING, telecom)

    assert {route.scheme for route in policy(packs=both).hotline.routes} == {"vip_club"}
    assert policy(packs=both, enabled_schemes=(COOPERATIVE,)).hotline.routes == ()


def test_no_scheme_at_all_is_a_choice_and_an_unknown_one_a_mistake():
    assert policy(enabled_schemes=()).schemes == ()
    problems = validate(policy(enabled_schemes=(COOPERATIVE, "nonesuch")))
    assert [(problem.path, problem.value) for problem in problems] == [("enabled_schemes", "nonesuch")]
