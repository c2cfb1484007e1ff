"""The general regulation lies under every pack: nothing of it vanishes, whatever packs a company has (S01, S10, S13, S14)."""

import pytest
from msgspec.structs import replace
from pack_values import all_packs

from guibin.context import Company
from guibin.policies.queries import merged, unknown_parts
from guibin.policy.differences import differences
from guibin.policy.packs import Overrides
from guibin.policy.service_items import Entitlement
from guibin.policy.tiers import Tier
from guibin.policy.validation import validate
from guibin.policy_changes import places
from guibin.regulations.general import GENERAL
from guibin_tenants.tables import new_id

PACKS = all_packs()
EVERY = tuple((name,) for name in PACKS.names)
KEY = "key_customer"


def policy_of(*names, **own):
    return merged(PACKS, company(*names), Overrides(**own), version=0)


def company(*names):
    return Company(new_id(), "any", names, "Asia/Shanghai", "zh-CN", False)


def placed(names):
    return [
        (place, tier, like)
        for name in names
        for place in PACKS.value(name).in_place
        for tier, like in place.tiers.items()
    ]


@pytest.mark.parametrize("names", [(), *EVERY, PACKS.names])
def test_the_whole_is_without_contradiction(names):
    assert validate(policy_of(*names)) == ()


@pytest.mark.parametrize("names", EVERY)
@pytest.mark.rule("S13-1", "S13-4", "S01-6", "S10-7")
def test_each_tier_has_the_rights_of_the_general_tier_it_counts_as(names):
    policy = policy_of(*names)
    given = {(right.scheme, right.tier, right.item) for right in policy.entitlements}

    assert placed(names) != []
    for place, tier, like in placed(names):
        for right in GENERAL.entitlements:
            if (right.scheme, right.tier) == (KEY, like) and right.item not in place.items:
                assert (place.scheme, tier, right.item) in given


@pytest.mark.parametrize("names", EVERY)
@pytest.mark.rule("S10-1", "S10-2")
def test_employees_and_partners_are_vips_with_rights_and_time_limits_of_their_own(names):
    policy = policy_of(*names)
    request = policy.service_item("request")

    for scheme, kind, tier, limit in (
        ("key_employee", "employee", "honoured", "employee_request"),
        ("key_partner", "partner", "strategic", "partner_request"),
    ):
        assert policy.scheme(scheme).customer_kinds == (kind,)
        assert kind in policy.customer_kinds
        assert "request" in {right.item for right in policy.entitlements if right.scheme == scheme}
        assert request.limit_for({}, (tier,)).name == limit
    for _, tier, like in placed(names):
        assert request.limit_for({}, (tier,)).name == f"{like}_request"
    assert request.limit_for({}, ("nonesuch",)).name == "ordinary_request"


@pytest.mark.parametrize("names", EVERY)
@pytest.mark.rule("S13-3", "S01-6")
def test_assessed_members_are_rewarded_and_penalised_and_the_highest_buy_first(names):
    policy = policy_of(*names)
    places = {place.scheme: place for place, _, _ in placed(names)}

    for scheme in policy.schemes:
        if scheme.name in places and any(tier.criterion for tier in scheme.tiers):
            assert {one.kind for one in scheme.consequences} == {"reward", "penalty"}
    early = {(start.scheme, start.tier, start.item) for start in policy.head_starts}
    rights = {(right.scheme, right.tier, right.item) for right in policy.entitlements}
    assert early != set()
    assert early - rights == set()


@pytest.mark.parametrize("names", EVERY)
@pytest.mark.rule("S10-5", "S14-7", "S13-5")
def test_complaints_of_every_level_have_a_prompt_reply_a_centre_and_a_plan(names):
    complaints = policy_of(*names).complaints

    assert complaints.centre == ("reception_officer",)
    for level in complaints.levels:
        assert [milestone.name for milestone in level.milestones] == ["first_reply"]
        assert level.rectify_within is not None


@pytest.mark.parametrize("names", EVERY)
@pytest.mark.rule("S01-1", "S09-4")
def test_every_kind_of_customer_of_a_pack_has_its_value_assessed(names):
    policy, pack = policy_of(*names), PACKS.value(names[0])

    scored = {kind for scheme in policy.schemes if scheme.value_score for kind in scheme.customer_kinds}

    assert set(pack.customer_kinds) - scored == set()


@pytest.mark.parametrize("names", EVERY)
def test_what_a_pack_says_itself_stays_as_it_says(names):
    policy, pack = policy_of(*names), PACKS.value(names[0])

    assert policy.customer_kinds[: len(pack.customer_kinds)] == pack.customer_kinds
    assert [scheme.name for scheme in policy.schemes][: len(pack.schemes)] == [scheme.name for scheme in pack.schemes]
    assert [right for right in policy.entitlements if right in pack.entitlements] == list(pack.entitlements)
    own = {cadence.scheme for cadence in pack.cadences}
    assert [one for one in policy.cadences if one.scheme in own] == list(pack.cadences)
    assert KEY not in {scheme.name for scheme in policy.schemes}
    assert {one.name for one in policy.settings} == {one.name for one in pack.settings}


def test_without_a_pack_in_its_place_the_class_of_customers_is_the_general_one():
    policy = policy_of()

    assert policy.packs == ("general",)
    assert policy.customer_kinds == GENERAL.customer_kinds
    assert policy.schemes == GENERAL.schemes
    assert set(policy.entitlements) == set(GENERAL.entitlements)


def test_a_company_with_other_tiers_has_no_rights_of_tiers_it_does_without():
    retail = PACKS.value("retail").schemes[0]
    fewer = replace(retail, tiers=(retail.tiers[0], Tier("d")))

    policy = policy_of("retail", schemes=(fewer,), entitlements=(), cadences=(), head_starts=())
    whole = policy_of("retail", schemes=(fewer,))

    assert validate(policy) == ()
    inherited = [
        one for one in (*whole.relationships, *whole.head_starts) if one not in PACKS.value("retail").head_starts
    ]
    assert {one.tier for one in inherited if one.scheme == "members"} == {"gold"}


@pytest.mark.rule("S01-2")
def test_a_company_does_without_a_part_and_whatever_hangs_on_it():
    without_gifts = policy_of("telecom", switched_off=("service_items.gift", "care", "schemes.key_employee"))

    assert validate(without_gifts) == ()
    assert "gift" in {right.item for right in policy_of("telecom").entitlements}
    assert "gift" not in {right.item for right in without_gifts.entitlements}
    assert [one.name for scheme in without_gifts.schemes for one in scheme.consequences] == ["no_priority"]
    assert (policy_of("telecom").care.occasions, without_gifts.care.occasions) != ((), ())
    assert without_gifts.care.occasions == ()
    assert without_gifts.scheme("key_employee") is None
    assert isinstance(without_gifts.entitlements[0], Entitlement)


@pytest.mark.parametrize("named", ["service_items.nonesuch", "nonesuch", "complaints"])
def test_what_was_never_there_or_cannot_be_missed_is_not_switched_off(named):
    found = unknown_parts(PACKS, company("telecom"), Overrides(switched_off=(named,)))

    assert [(problem.path, problem.value) for problem in found] == [("switched_off", named)]


@pytest.mark.rule("S01-2", "S04-4")
@pytest.mark.parametrize("names", EVERY)
def test_a_figure_of_one_element_is_changed_in_no_other(names):
    """Or no department could set what is its own without setting what is another's."""
    before = policy_of(*names)

    changed = {path: policy_of(*names, **written(before, path, value)) for path, value in one_figure_each(before)}

    assert len(changed) > 50
    for path, after in changed.items():
        (one,) = differences(before, after)
        assert path.startswith(one.section)


def one_figure_each(policy):
    for section in places.sections():
        for element in places.elements(policy, section):
            figures = ((path, value) for path, value in leaves(places.plain_of(element.value), element.path))
            found = next(((path, value) for path, value in figures if isinstance(value, int)), None)
            if found:
                path, value = found
                yield path, not value if isinstance(value, bool) else value + 1


def leaves(value, path):
    if isinstance(value, dict | list):
        for name, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(part, f"{path}.{name}")
    else:
        yield path, value


def written(policy, path, value):
    overrides, wrong = places.written(policy, {path: value})
    assert wrong == ()
    return {name: part for name in overrides.__struct_fields__ if (part := getattr(overrides, name))}
