"""Whatever in a pack is not of its type is found where it stands, with what it is and what was meant; whatever is, is not."""

from datetime import date
from typing import Annotated

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Meta, Struct
from msgspec.structs import replace
from pack_values import all_packs

from guibin.policy.codec import VALUE_CHARS_MAX, misfits, misfits_in
from guibin.policy.deadlines import Hours
from guibin.policy.fields import ArchiveField
from guibin.policy.layers import InPlace
from guibin.policy.packs import Pack
from guibin.policy.service_items import ServiceItem, TimeLimit
from guibin.policy.texts import Text

PLAIN = Pack(name="plain", regulation="x")
WORDS = st.text("abcdefgh_", min_size=1, max_size=12)


def found(**sections):
    return [(one.path, one.value, one.rule, one.fix) for one in misfits(replace(PLAIN, **sections))]


def items(*names):
    return tuple(ServiceItem(name) for name in names)


@pytest.mark.parametrize("name", all_packs().names)
def test_nothing_is_wrong_with_a_pack_that_is_used(name):
    assert list(misfits(all_packs().value(name))) == []


@given(st.lists(WORDS, unique=True, max_size=4), st.integers(0, 3), st.integers() | st.booleans() | st.none())
def test_a_part_of_another_type_is_named_by_what_it_stands_in(names, place, wrong):
    whole = items(*names)
    before, broken, after = whole[:place], ServiceItem("broken", clause=wrong), whole[place:]  # type: ignore[arg-type]  # that is the point

    ((path, value, rule, fix),) = found(service_items=(*before, broken, *after))

    assert (path, value) == ("service_items.broken.clause", repr(wrong))
    assert rule.startswith("Expected `str`")
    assert " - at" not in rule
    assert fix == "write a value of that type"


@given(st.integers(0, 2), WORDS)
def test_an_element_without_a_name_is_named_by_its_place(place, word):
    kinds = ["a", "b"]
    kinds.insert(place, 7)

    assert [path for path, *_ in found(customer_kinds=tuple(kinds))] == [f"customer_kinds.{place}"]
    assert found(customer_kinds=(word,)) == []


def test_every_part_that_is_wrong_is_found():
    wrong = found(name=1, service_items=(ServiceItem("one", clause=1), ServiceItem("two", clause=2)))

    assert sorted(path for path, *_ in wrong) == ["name", "service_items.one.clause", "service_items.two.clause"]


def test_what_is_within_is_shown_and_not_the_whole():
    limit = TimeLimit("slow", Hours(1), tiers=("a", 5))
    ((path, value, *_),) = found(service_items=(ServiceItem("repair", time_limits=(limit,)),))

    assert (path, value) == ("service_items.repair.time_limits[0].tiers[1]", "5")


@pytest.mark.parametrize(("said", "meant"), [("confidental", "'confidential' is meant, perhaps; "), ("zzzzzz", "")])
def test_a_misspelt_word_is_told_with_what_may_be_meant(said, meant):
    ((path, value, _, fix),) = found(fields=(ArchiveField("number", confidentiality=said),))

    assert (path, value) == ("fields.number.confidentiality", said)
    assert fix == f"{meant}one of: open, internal, confidential"


@given(st.integers(1, 4 * VALUE_CHARS_MAX))
@example(VALUE_CHARS_MAX)
@example(VALUE_CHARS_MAX + 1)
def test_a_long_value_is_cut(chars):
    ((_, value, *_),) = found(fields=(ArchiveField("number", confidentiality="x" * chars),))

    assert value == ("x" * chars if chars <= VALUE_CHARS_MAX else "x" * VALUE_CHARS_MAX + "…")


@given(st.lists(st.integers(0, 9), max_size=3))
def test_what_cannot_be_written_is_named_where_it_stands(before):
    item = ServiceItem("broken", steps=(*map(str, before), object()))
    ((path, value, _, fix),) = found(service_items=(item,))

    assert path == f"service_items.broken.steps[{len(before)}]"
    assert value.startswith("<object object")
    assert fix == "a policy holds texts, whole numbers and its structs"


def test_what_is_read_back_otherwise_is_told_with_both():
    ((path, value, rule, fix),) = found(service_items=(ServiceItem("repair", steps=["a", "b"]),))

    assert (path, value, rule) == ("service_items.repair.steps", "['a', 'b']", "read back as ('a', 'b')")
    assert fix == "write it as it is read back"


def test_texts_are_looked_at_by_key_and_by_word():
    good, bad = Text("好", "good"), Text("坏", 7)

    assert found(texts={"one": good}) == []
    assert [path for path, *_ in found(texts={"one": good, "two": bad})] == ["texts.two.en"]
    assert [path for path, *_ in found(texts={3: good})] == ["texts.3"]


@pytest.mark.parametrize(
    ("section", "value"),
    [("name", ("a",)), ("name", {"a": "b"}), ("customer_kinds", ["a"]), ("texts", ("a",)), ("texts", [("a", "b")])],
)
def test_a_section_of_another_form_is_named_alone(section, value):
    assert [(path, said) for path, said, *_ in found(**{section: value})] == [(section, repr(value))]


class Bounded(Struct):
    share: Annotated[int, Meta(ge=1)]


def test_a_section_s_own_bounds_hold():
    assert [(one.path, one.value) for one in misfits_in(Bounded(0), Bounded)] == [("share", "0")]
    assert list(misfits_in(Bounded(1), Bounded)) == []


@pytest.mark.parametrize(
    ("wrong", "path", "value", "fix"),
    [
        ({"steps": 7}, "steps", "7", "write a value of that type"),
        ({"steps": ("a", 7)}, "steps[1]", "7", "write a value of that type"),
        ({"clause": date(2026, 3, 1)}, "clause", "2026-03-01", "write it as it is read back"),
        ({"steps": ("a", date(2026, 3, 1))}, "steps[1]", "2026-03-01", "write it as it is read back"),
        ({"steps": ["a", date(2026, 3, 1)]}, "steps[1]", "2026-03-01", "write it as it is read back"),
    ],
)
def test_what_is_wrong_in_a_service_item_is_shown_with_what_to_do(wrong, path, value, fix):
    ((at, shown, _, how),) = found(service_items=(ServiceItem("repair", **wrong),))

    assert (at, shown, how) == (f"service_items.repair.{path}", value, fix)


@pytest.mark.parametrize(
    ("tiers", "path", "value"),
    [({"gold": 7}, "tiers[...]", "{'gold': 7}"), ({"gold": object}, "tiers.gold", str(object))],
)
def test_what_is_wrong_in_a_mapping_is_shown_as_near_as_it_is_known(tiers, path, value):
    ((at, shown, *_),) = found(in_place=(InPlace("class", "members", tiers),))

    assert (at, shown) == (f"in_place.0.{path}", value)
