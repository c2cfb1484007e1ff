r"""The texts that anybody sends or a policy holds: what may stand in them, and how long they may be.

The one home of text patterns. A NUL is in no text, every text has an end, and every pattern ends with `\Z`: `$` would let
a line break through. None takes longer than a text is long, whatever stands in it.
"""

from typing import Annotated

from msgspec import Meta

_ANYTHING = r"^[^\x00]*\Z"
# Every space of Python's and of the document's readers, who differ in these; digits and letters are named for the same reason.
_SPACE = r"\s\x1c-\x1f\x85\ufeff"
# What is before the first sign that is no space is space: no part of the text is tried twice.
_SOMETHING = rf"^[{_SPACE}]*[^\x00{_SPACE}][^\x00]*\Z"
_SOMETHING_IF_ANY = rf"^([{_SPACE}]*[^\x00{_SPACE}][^\x00]*)?\Z"
_WORD = r"^[a-z0-9_]+\Z"
# One line, by everything that ends one: control characters, U+0085, U+2028 and U+2029.
_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z"
_PRINTED = r"^[\x21-\x7e]*\Z"

TEXT_CHARS_MAX = 8_000
"""Long enough for a letter; a scanned file belongs elsewhere."""


def up_to(chars_max: int, chars_min: int = 0) -> Meta:
    """Any text."""
    return Meta(min_length=chars_min or None, max_length=chars_max, pattern=_ANYTHING)


def saying(chars_max: int, chars_min: int = 1) -> Meta:
    """A text that says something: not only spaces."""
    return Meta(min_length=chars_min, max_length=chars_max, pattern=_SOMETHING)


def beside_a_list(chars_max: int) -> Meta:
    """Of a value that is one text or several: a NUL in it is to be refused by whoever reads it.

    msgspec 0.22 reads past its memory when it lets go of a text with a pattern in a union with a list, and the process ends
    by SIGSEGV.
    """
    return Meta(max_length=chars_max)


# What people say, by how long it is.
Said = Annotated[str, saying(TEXT_CHARS_MAX)]
Unsaid = Annotated[str, up_to(TEXT_CHARS_MAX)]
Words = Annotated[str, saying(4_000)]
Explanation = Annotated[str, saying(2_000)]
Page = Annotated[str, up_to(4_000)]
Note = Annotated[str, up_to(1_000)]
Reason = Annotated[str, saying(1_000)]
Paragraph = Annotated[str, up_to(2_000)]
Name = Annotated[str, saying(100)]
NameIfAny = Annotated[str, Meta(max_length=100, pattern=_SOMETHING_IF_ANY)]
Title = Annotated[str, saying(200)]
Line = Annotated[str, up_to(200)]
FullLine = Annotated[str, up_to(200, 1)]

# What is called something: a number, a kind, an item of the policy.
Code = Annotated[str, up_to(60, 1)]
CodeIfAny = Annotated[str, up_to(60)]
Word = Annotated[str, Meta(min_length=1, max_length=60, pattern=_WORD)]
# A kind of event: the core's is a word, a pack's own stands under the pack, as `<pack>.<word>`.
EventName = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)?\Z")]
Channel = Annotated[str, Meta(min_length=1, max_length=40, pattern=_WORD)]
UnitCode = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[a-z0-9][a-z0-9_-]*\Z")]
Login = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[a-z0-9][a-z0-9._@-]*\Z")]
Password = Annotated[str, up_to(200, 1)]
# A text that is a secret: typed unseen, and never shown again.
UNSEEN = Meta(extra_json_schema={"format": "password"})
# What makes a draw the same again.
Seed = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+\Z")]
# 2015, 2015-06, 2015-Q2, 2015-W26.
SpanName = Annotated[str, Meta(min_length=4, max_length=10, pattern=r"^[0-9]{4}(-(W|Q)?[0-9]{1,2})?\Z")]
# What is printed on a card: digits and letters, perhaps in groups.
CardNumber = Annotated[str, Meta(min_length=6, max_length=40, pattern=r"^[0-9A-Za-z０-９][0-9A-Za-z０-９ \-]*\Z")]

# What is sent out, and what a vendor wants for it.
Url = Annotated[str, Meta(min_length=1, max_length=2_000, pattern=r"^[^\x00-\x20]+\Z")]
PlainUrl = Annotated[str, Meta(min_length=8, max_length=2_000, pattern=_PRINTED)]
Recipient = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^\x00-\x20]+\Z")]
OneLine = Annotated[str, Meta(max_length=200, pattern=_LINE)]
SignName = Annotated[str, Meta(min_length=2, max_length=40, pattern=_LINE)]
Token = Annotated[str, Meta(min_length=4, max_length=200, pattern=r"^[A-Za-z0-9_-]+\Z")]
Secret = Annotated[str, Meta(min_length=8, max_length=200, pattern=_PRINTED)]
SecretIfAny = Annotated[str, Meta(max_length=200, pattern=_PRINTED)]
SigningKey = Annotated[str, Meta(min_length=16, max_length=200, pattern=r"^whsec_[A-Za-z0-9+/]+=*\Z")]
TemplateCode = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_]+\Z")]
WordIfAny = Annotated[str, Meta(max_length=60, pattern=r"^[a-z0-9_]*\Z")]
# The key of a signed note, as `name+id+base64`.
NoteKey = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\x00-\x20]+\Z")]
Digits = Annotated[str, Meta(min_length=6, max_length=20, pattern=r"^[0-9]+\Z")]

# What a policy says: what it calls something or refers to by that name, where the regulation says so, texts for people.
Named = Annotated[str, up_to(200)]
Clause = Annotated[str, up_to(200)]
Shown = Annotated[str, up_to(TEXT_CHARS_MAX)]

# What fills in a form or an archive, by field.
Answers = Annotated[dict[Code, Unsaid | int | bool | None], Meta(max_length=200)]

HourMinute = Annotated[str, Meta(max_length=5, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
ClosingTime = Annotated[
    str,
    Meta(
        max_length=15,
        pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?|24:00(:00)?)\Z",
    ),
]
"""When something closes: a time of day, or `24:00:00`, the end of the day, which is none."""
