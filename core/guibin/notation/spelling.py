"""How people write texts and numbers, made the same: for the API, imports, searches and recognition alike.

What two people mean as the same is one spelling here, before anything is checked, compared, indexed or looked up:
full-width forms are ordinary ones, characters nobody sees are gone, and every kind of space or dash is one.
Telephone numbers, dates and check digits build on it in `telephones` and `policy.fields`.
"""

import re
import unicodedata

# Controls, direction marks, zero widths and byte order marks; line breaks and tabs are spaces.
_MARKS = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
# Within a text of several lines these join letters, make one picture out of several, or choose among glyphs.
_JOINING = "\u034f\u200c\u200d\u20e3\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef"
# Letters and symbols by name, and yet nothing is seen of them.
_BLANKS = "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
_UNSEEN = re.compile(f"[{_MARKS}{_JOINING}{_BLANKS}]")
_UNSEEN_IN_LINES = re.compile(f"[{_MARKS}\x1c-\x1f]")
_BREAKS = re.compile("\r\n|[\r\u000b\u000c\u0085\u2028\u2029]")
_DASHES = re.compile("[\u2010-\u2015\u2043\u2212\u2500\u2501\u2796\u2e3a\u2e3b\ufe58\ufe63\uff0d]+")
_DOTS = re.compile("[\u00b7\u0387\u2022\u2024\u2027\u2219\u22c5\u25cf\u30fb\uff65.]")
# How spreadsheet programs are told that a number is text: ="000123" and '000123.
_AS_TEXT = re.compile(r"=\"([^\"]*)\"|'(.*)")
_FAILED = re.compile(r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA|ERROR)")
FAILED = "a formula that failed: correct it, or put the value there"
_SHORTENED = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[Ee]\+?[1-9][0-9]")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_MADE_A_DATE = re.compile(
    rf"[0-9]{{1,4}}-(?:{_MONTHS})(?:-[0-9]{{2,4}})?|(?:{_MONTHS})-[0-9]{{2,4}}"
    r"|(?:[0-9]{4}年)?[0-9]{1,2}月(?:[0-9]{1,2}日)?"
    r"|(?:19|20)[0-9]{2}[-/](?:0?[1-9]|1[0-2])[-/](?:0?[1-9]|[12][0-9]|3[01])(?: [0-9:]{4,8})?",
    re.IGNORECASE,
)


def line(text: str) -> str:
    """A text of one line, such as a name: nothing that nobody sees, single spaces, ordinary letters and digits."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join(_UNSEEN.sub("", unicodedata.normalize("NFKC", _UNSEEN.sub("", text))).split())


def paragraph(text: str) -> str:
    """A text of several lines as it was written: one kind of line break, no direction marks, nothing around it."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return _UNSEEN_IN_LINES.sub("", unicodedata.normalize("NFC", _BREAKS.sub("\n", text))).strip()


def code(text: str) -> str:
    """A number that somebody gave to a customer, an order or a card: as `line`, one kind of dash, not wrapped as text."""
    plain = line(text)
    while wrapped := _AS_TEXT.fullmatch(plain):
        plain = (wrapped[1] or wrapped[2] or "").strip()
    return dashed(plain)


def compact(text: str) -> str:
    """A number written with or without spaces and dashes, such as an identity number: capitals and neither of them."""
    return unicodedata.normalize("NFKC", re.sub(r"[\s-]", "", code(text)).upper())


def dotted(name: str) -> str:
    """A name for comparing, with one kind of dot in it: 买买提•艾力 and 买买提.艾力 become 买买提·艾力."""
    return _DOTS.sub("·", line(name))


def dashed(text: str) -> str:
    """The text with a hyphen for every kind of dash; several dashes of the long kinds are one."""
    return text if text.isascii() else _DASHES.sub("-", text)


def wrong_code(text: str) -> str:
    """Why a number that somebody gave cannot be what was meant: which rule it breaks; empty when it may be."""
    if shortened(text):
        return "the whole number: a spreadsheet program kept the first digits only; format the column as text"
    if made_a_date(text):
        return "a number: a spreadsheet program made a date of it; format the column as text, type it again"
    return ""


def failed(text: str) -> bool:
    """Whether it is what a spreadsheet program shows in place of a value it could not compute: #N/A."""
    return ("#" in text or "＃" in text) and _FAILED.fullmatch(line(text)) is not None


def shortened(text: str) -> bool:
    """Whether it is a long number of which a spreadsheet program kept the first digits only: 8.30012E+15."""
    return _SHORTENED.fullmatch(text.strip()) is not None


def made_a_date(text: str) -> bool:
    """Whether it is a date as a spreadsheet program makes one out of a number such as 3-4."""
    return _MADE_A_DATE.fullmatch(text.strip()) is not None
