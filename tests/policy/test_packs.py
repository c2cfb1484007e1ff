"""Packs as values: round trip, validation, merging; and what the cable-TV pack says."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from pack_values import all_packs

from guibin.policy.complaints import Level
from guibin.policy.criteria import (
    AllOf,
    AnyOf,
    AtLeast,
    AtMost,
    Between,
    Criterion,
    KindIs,
    LessThan,
    MoreThan,
    holds,
    metrics_in,
)
from guibin.policy.deadlines import AT_ONCE, Days, Hours
from guibin.policy.fields import ArchiveField, check_values, is_identity_number
from guibin.policy.packs import Overrides, decode_pack, encode_pack, merge
from guibin.policy.validation import validate
from guibin.regulations.core import CORE

PACK = all_packs().value("cable_tv")

leaves = st.one_of(
    *(st.builds(kind, st.sampled_from("abc"), st.integers(-5, 5)) for kind in (AtLeast, MoreThan, AtMost, LessThan)),
    st.builds(
        lambda m, low, width: Between(m, low, low + width),
        st.sampled_from("abc"),
        st.integers(-5, 5),
        st.integers(1, 5),
    ),
    st.builds(KindIs, st.just(("leader",))),
)
trees = st.recursive(
    leaves,
    lambda children: st.builds(
        lambda kind, parts: kind(tuple(parts)),
        st.sampled_from((AllOf, AnyOf)),
        st.lists(children, min_size=1, max_size=3),
    ),
    max_leaves=8,
)
figures = st.dictionaries(st.sampled_from("abc"), st.none() | st.integers(-6, 6))


def test_a_pack_survives_json():
    assert decode_pack(encode_pack(PACK)) == PACK


@given(trees)
def test_any_criterion_survives_json(criterion):
    assert msgspec.json.decode(msgspec.json.encode(criterion), type=Criterion) == criterion


@given(trees, figures)
def test_what_no_figure_is_known_of_cannot_help(criterion, measures):
    known = {name: value for name, value in measures.items() if value is not None}

    assert holds(criterion, measures, "leader") == holds(criterion, known, "leader")


@given(trees)
def test_a_criterion_names_its_metrics(criterion):
    measures = dict.fromkeys(metrics_in(criterion), 0)

    assert isinstance(holds(criterion, measures, "leader"), bool)


@pytest.mark.parametrize(
    ("criterion", "value", "expected"),
    [
        (AtLeast("a", 100), 100, True),
        (AtLeast("a", 100), 99, False),
        (MoreThan("a", 100), 100, False),
        (AtMost("a", 100), 100, True),
        (LessThan("a", 100), 100, False),
        (Between("a", 10, 20), 10, True),
        (Between("a", 10, 20), 20, False),
        (AtLeast("a", 0), -1, False),
        (AtLeast("a", 0), None, False),
        (LessThan("a", 5), None, False),
    ],
)
def test_bounds_are_in_or_out_as_they_say(criterion, value, expected):
    assert holds(criterion, {"a": value}, "leader") == expected


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda p: replace(p, schemes=(replace(p.schemes[0], metrics=()),)), "schemes.key_account.tiers.key"),
        (lambda p: replace(p, approvals=()), "schemes.key_account"),
        (lambda p: replace(p, texts={}), "texts"),
        (lambda p: replace(p, complaints=replace(p.complaints, default_level="9")), "complaints.default_level"),
        (
            lambda p: replace(p, complaints=replace(p.complaints, levels=(Level("1", Hours(5), warn_at_percent=100),))),
            "complaints.keywords",
        ),
        (lambda p: replace(p, entitlements=(replace(p.entitlements[0], tier="king"),)), "entitlements.king.desk"),
        (lambda p: replace(p, fields=(*p.fields, p.fields[0])), "fields"),
        (lambda p: replace(p, customer_kinds=("other",)), "schemes.key_account.customer_kinds"),
        (lambda p: replace(p, organisations=("club",)), "organisations"),
    ],
)
def test_a_contradiction_is_named_with_its_place(change, path):
    problems = validate(change(PACK))

    assert path in [problem.path for problem in problems]


def test_what_ships_does_not_contradict_itself():
    assert (validate(PACK), validate(CORE), validate(merge([PACK], CORE, Overrides(), version=0))) == ((), (), ())


def test_a_tenants_own_part_replaces_the_packs_of_the_same_name():
    own = replace(PACK.schemes[0], grace_days=30)

    policy = merge([PACK], CORE, Overrides(schemes=(own,)), version=3)

    assert (policy.version, policy.schemes) == (3, (own,))


def test_the_time_limits_of_new_programmes_are_the_regulations():
    item = next(item for item in PACK.service_items if item.name == "new_programmes")

    assert {limit.name: limit.within for limit in item.time_limits} == {
        "equipment_present": AT_ONCE,
        "two_way": Days(0),
        "one_way": Days(3),
        "off_network": Days(5),
    }


def test_every_rule_of_the_pack_has_a_clause_somewhere():
    text = encode_pack(PACK).decode()

    clauses = {f"S07-{n}" for n in range(1, 30) if f'"S07-{n}"' in text}
    assert len(clauses) >= 17


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("11010519491231002X", True),
        ("110105194912310021", False),
        ("11010519491331002X", False),
        ("1101051949123100", False),
        ("", False),
    ],
)
def test_an_identity_number_is_checked_to_its_last_digit(number, valid):
    assert is_identity_number(number) == valid


def test_values_are_checked_against_their_fields():
    fields = (ArchiveField("size", "integer"), ArchiveField("colour", "choice", choices=("red",), required=True))

    problems = check_values(fields, {"size": True, "shape": "round"})

    assert [(p.field, p.rule) for p in problems] == [
        ("shape", "a field of the archive"),
        ("size", "a whole number"),
        ("colour", "required"),
    ]
