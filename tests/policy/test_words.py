"""What may stand in texts."""

import time
from typing import Annotated, get_args

import msgspec
import pytest

from guibin.policy import words

TYPES = {name: kind for name, kind in vars(words).items() if get_args(kind)[:1] == (str,)}
# In each the last sign alone decides, where a pattern might try every part of the text again.
SLOW = ("x" * 100_000 + "\x00", " " * 100_000 + "\x00", " x" * 50_000 + "\x00", "whsec_" + "=" * 100_000 + "\n\x00")


def fits(kind, text):
    try:
        return msgspec.convert(text, kind) == text
    except msgspec.ValidationError:
        return False


@pytest.mark.parametrize("text", ["王五", "  王五\n", "\n\n王\t五", "。"])
def test_what_is_said_may_stand_in_space(text):
    assert fits(words.Said, text)


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\u3000", "\x00", "a\x00", "\x00a", " \x00", "a\n\x00"])
def test_only_space_says_nothing_and_a_nul_is_in_no_text(text):
    assert not fits(words.Said, text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (words.Word, "demand"),
        (words.Channel, "phone"),
        (words.UnitCode, "east-1"),
        (words.Login, "wang.wu@east"),
        (words.Seed, "2026-a"),
        (words.SpanName, "2015-W26"),
        (words.CardNumber, "6222 0000"),
        (words.Url, "https://example.com/a"),
        (words.Recipient, "a@b.example"),
        (words.OneLine, "smtp.example.com"),
        (words.Token, "abcd-1234"),
        (words.SigningKey, "whsec_c2VjcmV0c2VjcmV0"),
        (words.TemplateCode, "SMS_1234"),
        (words.Digits, "1400000000"),
    ],
)
def test_a_line_break_at_the_end_is_no_part_of_a_word(kind, text):
    assert fits(kind, text)
    assert not fits(kind, f"{text}\n")


@pytest.mark.parametrize("text", SLOW)
@pytest.mark.parametrize("name", TYPES)
def test_no_text_takes_long_to_refuse(name, text):
    pattern = next(meta.pattern for meta in get_args(TYPES[name])[1:])
    unbounded = Annotated[str, msgspec.Meta(pattern=pattern)]

    started = time.process_time()

    assert not fits(unbounded, text)
    assert time.process_time() - started < 0.1
