"""Telephone numbers as they are written, made the same: half-width, digits only, as dialled within China."""

import re
import unicodedata

_MOBILE = re.compile(r"1[3-9]\d{9}")
# The shortest that can follow +86: an area code without its 0 and a local number, or a number such as 4008001234.
_NATIONAL_MIN = 9


def national(text: str) -> str:
    """The digits, without +86, 0086 or 86 in front, nor the 0 some exchanges put before a mobile number.

    A landline keeps the 0 of its area code, and gets it back where +86 had taken its place. Numbers of other countries
    keep their country's code.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    digits = "".join(character for character in plain if character in "0123456789")
    abroad = plain.startswith("+") or digits.startswith("00")
    digits = digits.removeprefix("00") if digits.startswith("00") else digits
    within = digits.removeprefix("86")
    if within != digits and len(within) >= _NATIONAL_MIN and (abroad or _MOBILE.fullmatch(within.removeprefix("0"))):
        return _dialled(within)
    return _without_trunk(digits)


def _dialled(within: str) -> str:
    """What follows the country's code, as it is dialled at home."""
    if within.startswith(("0", "400", "800")) or _MOBILE.fullmatch(within):
        return _without_trunk(within)
    return "0" + within


def _without_trunk(digits: str) -> str:
    return digits[1:] if digits.startswith("0") and _MOBILE.fullmatch(digits[1:]) else digits
