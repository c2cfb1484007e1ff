"""What a company's own words become where a workbook takes no cell's text: names of sheets, titles in charts. Pure."""

import re
from collections.abc import Collection

SHEET_NAME_UNITS_MAX = 31
CHART_TEXT_CHARS_MAX = 255
CELL_CHARS_MAX = 32_767
# Excel keeps this name for itself.
_RESERVED = "history"
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"=?[^!]+!\$?[A-Z]+\$?[0-9]")
_NOT_IN_SHEETS = re.compile(r"[\[\]:*?/\\\s]+")


def sheet_name(wanted: str, taken: Collection[str]) -> str:
    """A name that Excel takes for one more sheet beside those `taken`: as much of the wanted one as may stand there."""
    plain = _NOT_IN_SHEETS.sub(" ", _NOT_IN_XML.sub("", wanted)).strip(" '") or "Sheet"
    others = {name.lower() for name in taken} | {_RESERVED}
    found, number = _cut(plain, SHEET_NAME_UNITS_MAX), 1
    while found.lower() in others:
        number += 1
        end = f" ({number})"
        found = _cut(plain, SHEET_NAME_UNITS_MAX - len(end)) + end
    return found


def chart_text(text: str) -> str:
    """A title or a series' name that is nothing but text: `=…` and `Sheet1!A1` would be read as references."""
    plain = " ".join(_NOT_IN_XML.sub("", text).split())[:CHART_TEXT_CHARS_MAX]
    plain = plain.replace("!", "！") if _REFERENCE.match(plain) else plain
    return f" {plain}" if plain.startswith("=") else plain


def cell_text(text: str) -> str:
    """As much as a cell holds, without what no file may hold."""
    plain = _NOT_IN_XML.sub("", text)
    return plain if len(plain) <= CELL_CHARS_MAX else f"{plain[: CELL_CHARS_MAX - 1]}…"


def _cut(text: str, units: int) -> str:
    # Excel counts UTF-16 units; half a character is none.
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", errors="ignore").strip(" '")
