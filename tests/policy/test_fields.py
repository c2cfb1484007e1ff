"""Values of the archive and of forms: each type's rule, how it is kept, and numbers with check digits."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from guibin.policy.fields import (
    CHARS_MAX,
    ArchiveField,
    born_on,
    check_values,
    is_credit_code,
    is_document,
    is_identity_number,
    spelled,
)

# The example of GB 11643, and a foreigner's permanent residence number like it.
NUMBER = "11010519491231002X"
CODE = "91350100M000100Y43"
TEXT = ArchiveField("note")


def rules(kind, value, **more):
    """The rules that a value of this type breaks."""
    return [problem.rule for problem in check_values([ArchiveField("it", kind, **more)], {"it": value})]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("integer", [0, -5], [True, "5", 1.5]),
        ("money", [100], [False, "1.00"]),
        ("boolean", [True, False], [1, "true"]),
        ("acceptance", [True], [False, 1, "true"]),
        ("text", ["x", "x" * CHARS_MAX], [5, "a\x00", "x" * (CHARS_MAX + 1)]),
        ("date", ["1980-05-17"], ["1980-13-01", "yesterday", "0980-05-17"]),
        ("phone", ["13800138000"], ["1234", "call me"]),
        ("identity_number", [NUMBER], [NUMBER[:-1] + "1", NUMBER[:-1]]),
        ("credit_code", [CODE], [CODE[:-1] + "4", CODE[:-1]]),
        ("passport", ["E12345678", "AB1234"], ["ABCDEF", "E1234", "E123456789"]),
        ("home_return_permit", ["H12345678", "M1234567801"], ["X12345678", "H123456789"]),
        ("taiwan_permit", ["12345678", "1234567890A"], ["123456789", "A12345678"]),
        ("residence_permit", ["CHN110580051700"[:15]], ["CHN110580139900"[:15], "CHN11058005170"]),
        ("email", ["a@b.cn"], ["a@b", "@b.cn", "a.b.cn", "a b@c.cn", "a@b .cn"]),
    ],
)
def test_a_value_is_of_its_type(kind, good, bad):
    assert [rules(kind, value) for value in good] == [[]] * len(good)
    assert [len(rules(kind, value)) for value in bad] == [1] * len(bad)


def test_a_choice_is_one_of_those_there_are():
    assert rules("choice", "a", choices=("a", "b")) == []
    assert rules("choice", "c", choices=("a", "b")) == ["one of: a, b"]


@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_is_wrong_only_where_something_is_required(nothing):
    wanted = replace(TEXT, required=True)

    assert check_values([TEXT], {"note": nothing}) == ()
    assert [problem.rule for problem in check_values([wanted], {"note": nothing})] == ["required"]
    assert [problem.rule for problem in check_values([wanted], {})] == ["required"]
    assert rules("integer", 0, required=True) == []


def test_every_fault_is_told_and_a_field_there_is_not():
    problems = check_values([TEXT, replace(TEXT, name="age", type="integer")], {"x": "y" * 99, "age": "7", "note": 1})

    assert [(problem.field, problem.rule, problem.value) for problem in problems] == [
        ("x", "a field of the archive", "y" * 60),
        ("note", "text", "1"),
        ("age", "a whole number", "7"),
    ]


def test_a_masked_value_is_not_taken_for_the_value():
    assert rules("text", "138***00", confidentiality="confidential") == ["the value itself, not as it is shown masked"]
    assert rules("text", "138***00") == []
    assert rules("text", "13800", confidentiality="confidential") == []


def test_a_value_is_kept_in_one_spelling():
    secret = replace(TEXT, confidentiality="confidential")

    assert spelled(replace(TEXT, type="identity_number"), " 110105 19491231 002x ") == NUMBER
    assert spelled(replace(TEXT, type="date"), "1980/5/17") == "1980-05-17"
    assert spelled(replace(TEXT, type="date"), "some day") == "some day"
    assert spelled(TEXT, "one\n two ") == "one\n two"
    assert spelled(secret, "one\n two ") == "one two"
    assert "\n" not in spelled(replace(secret, searchable=True), "one\ntwo")
    assert spelled(replace(TEXT, type="choice"), " a ") == "a"


@given(st.dates(date(1900, 1, 1), date(2025, 12, 31)), st.integers(0, 999), st.integers(0, 10))
def test_an_identity_number_has_one_right_check_digit_and_says_the_day_of_birth(born, order, digit):
    front = f"110105{born:%Y%m%d}{order:03d}"
    right = [last for last in "0123456789X" if is_identity_number(front + last)]

    assert len(right) == 1
    assert born_on(front + right[0]) == born
    # Any one other figure of the order makes another check digit.
    other = f"110105{born:%Y%m%d}{(order + 1) % 10 + order // 10 * 10:03d}"
    assert not is_identity_number(other + right[0]) or other == front


def test_an_identity_number_is_of_a_day_there_was():
    assert is_identity_number(NUMBER)
    assert not any(is_identity_number(f"11010519491331002{last}") for last in "0123456789X")
    assert not is_identity_number(NUMBER.lower())


def test_a_foreigner_has_an_old_number_or_a_new_one_from_9_on():
    new = next(f"91112319491231002{last}" for last in "0123456789X" if is_identity_number(f"91112319491231002{last}"))

    assert is_document("residence_permit", new)
    assert not is_document("residence_permit", NUMBER)
    assert is_document("residence_permit", "CHN110549123100")
    assert not is_document("residence_permit", "CHN110549133100")
    # A day of 29 February that only one of the two centuries has.
    assert is_document("residence_permit", "CHN110500022900")
    assert is_document("identity_number", NUMBER)
    assert not is_document("identity_number", new[:-1])


def test_a_credit_code_has_its_letters_and_a_right_check_digit():
    assert is_credit_code(CODE)
    assert not is_credit_code(CODE.replace("M", "I"))
    assert not is_credit_code(CODE[:-1] + "5")
