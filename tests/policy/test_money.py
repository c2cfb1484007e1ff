"""Money: exact between the text outside and minor units inside, in currencies of no, two and three digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guibin.policy.money import MINOR_MAX, Money, NotMoney, from_minor, to_minor


@given(st.integers(-MINOR_MAX, MINOR_MAX), st.sampled_from(["CNY", "JPY", "KWD", "XAU"]))
def test_there_and_back_is_the_same(minor, currency):
    assert to_minor(from_minor(minor, currency)) == minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("1.5", "CNY", 150), ("7", "JPY", 7), ("0.001", "KWD", 1), ("-0.01", "CNY", -1), ("1e2", "CNY", 10_000)],
)
def test_an_amount_has_its_currencys_digits(amount, currency, minor):
    assert to_minor(Money(amount, currency)) == minor


def test_what_a_reader_sees_has_all_digits_of_the_currency():
    assert [from_minor(minor, currency).amount for minor, currency in ((150, "CNY"), (7, "JPY"), (1, "KWD"))] == [
        "1.50",
        "7",
        "0.001",
    ]
    assert from_minor(5) == Money("0.05", "CNY")


@pytest.mark.parametrize(
    ("amount", "currency", "rule", "fix"),
    [
        ("much", "CNY", "a decimal number", "such as 1280.50"),
        ("NaN", "CNY", "a number that fits", ""),
        ("Infinity", "CNY", "a number that fits", ""),
        (str(MINOR_MAX + 1), "JPY", "a number that fits", ""),
        (str(-MINOR_MAX - 1), "JPY", "a number that fits", ""),
        ("0.001", "CNY", "at most 2 digits after the point", "round it"),
        ("0.5", "KRW", "at most 0 digits after the point", "round it"),
    ],
)
def test_what_is_no_amount_says_which_rule_it_breaks(amount, currency, rule, fix):
    with pytest.raises(NotMoney) as refused:
        to_minor(Money(amount, currency))

    assert (refused.value.rule, refused.value.fix, str(refused.value)) == (rule, fix, rule)
    assert to_minor(Money(str(MINOR_MAX), "JPY")) == MINOR_MAX
