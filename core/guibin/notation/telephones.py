"""Telephone numbers as they are written, made the same: digits only, as dialled within China, the extension apart."""

import re

from msgspec import Struct

from .spelling import code

DIGITS_MIN, DIGITS_MAX = 5, 17
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE_OR_SERVICE = r"0(?:10|2\d|[3-9]\d{2})\d{7,8}|[48]00\d{7}"
# What may have an extension behind a mere hyphen: a mobile, a 400 or 800 number, a landline, within a town without area code.
_WHOLE = re.compile(rf"{_LANDLINE_OR_SERVICE}|1[3-9]\d{{9}}")
_LOCAL = re.compile(r"[2-8]\d{6,7}")
_EXTENSION = re.compile(
    r"(?P<main>.*\d[ )]*?)[ ,;]*\(?(?:转|轉|分机号?|分機|内线|extension|ext|x|#|,)[ .:=]*(?P<extension>\d{1,6})[ )]*",
    re.IGNORECASE,
)
_HYPHENATED = re.compile(r"(?P<main>.*\d) ?- ?(?P<extension>\d{1,6})")
_WRITTEN = re.compile(r"\+?[0-9 ().\-/]+")
# What input methods put for a dash between digits: the characters 一 and ー.
_DASH = re.compile(r"(?<=[0-9) ])[一ー](?=[0-9( ])")
# The shortest that can follow +86: an area code without its 0 and a local number, or a number such as 4008001234.
_NATIONAL_MIN = 9


class Telephone(Struct, frozen=True):
    """A number as it is dialled within China, digits only, and what is dialled after it."""

    main: str
    extension: str = ""


def written(text: str) -> str:
    """The number as somebody wrote it, with ordinary digits, spaces, brackets and hyphens."""
    return _DASH.sub("-", code(text))


def is_telephone(text: str, *, digits_min: int = DIGITS_MIN, digits_max: int = DIGITS_MAX) -> bool:
    """Whether it is a number of so many digits, and perhaps an extension."""
    main, _ = _parts(written(text))
    digits = sum(one in "0123456789" for one in main)
    return _WRITTEN.fullmatch(main) is not None and digits_min <= digits <= digits_max


def telephone(text: str) -> Telephone:
    """The number without +86, 0086 or 86 in front, nor the 0 some exchanges put before a mobile number.

    A landline keeps the 0 of its area code, and gets it back where +86 had taken its place. Numbers of other countries
    keep their country's code.
    """
    plain = written(text)
    main, extension = _parts(plain)
    hyphenated = None if extension or _WHOLE.fullmatch(_dialled(plain)) else _HYPHENATED.fullmatch(plain)
    if hyphenated:
        before = _dialled(hyphenated["main"])
        if _WHOLE.fullmatch(before) or (_LOCAL.fullmatch(before) and not plain.startswith(("+", "00"))):
            main, extension = hyphenated["main"], hyphenated["extension"]
    return Telephone(_dialled(main), extension)


def national(text: str) -> str:
    """The main number: what a switch shows of whoever calls from behind it."""
    return telephone(text).main


def _parts(plain: str) -> tuple[str, str]:
    found = _EXTENSION.fullmatch(plain)
    return (found["main"], found["extension"]) if found else (plain, "")


def _dialled(plain: str) -> str:
    plain = plain.replace("(0)", "") if plain.startswith(("+", "00")) else plain
    digits = "".join(one for one in plain if one in "0123456789")
    abroad = plain.startswith("+") or digits.startswith("00")
    digits = digits.removeprefix("00") if digits.startswith("00") else digits
    within = digits.removeprefix("86")
    if within != digits and len(within) >= _NATIONAL_MIN and (abroad or _MOBILE.fullmatch(within.removeprefix("0"))):
        return _at_home(within)
    return _without_trunk(digits)


def _at_home(within: str) -> str:
    """What follows the country's code, as it is dialled at home."""
    if within.startswith(("0", "400", "800")) or _MOBILE.fullmatch(within):
        return _without_trunk(within)
    return "0" + within


def _without_trunk(digits: str) -> str:
    return digits[1:] if digits.startswith("0") and _MOBILE.fullmatch(digits[1:]) else digits
