"""What of a workbook its cells' values do not tell: errors, merged and hidden cells, numbers shown with leading zeros.

The reader of values gives an error as nothing, a merged cell as nothing in all but its first, a number shown as 000123 as
123. Here the sheet's own XML says which cells those are; expat reads it piece by piece.
"""

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from msgspec import Struct

_PIECE_BYTES = 256 * 1024
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
# Literal text, then zeros only, perhaps in groups: 000000, 000-0000, "DK-"0000.
_PADDED = re.compile(r'(?:"[^"]*"|\\.|[ ()\-/])*0(?:[0 ()\-/]|"[^"]*"|\\.)*')
_PART = re.compile(r'"([^"]*)"|\\(.)|(.)')
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
Cell = tuple[int, int]


class Marks(Struct):
    """Rows and columns count from 1. `errors` holds what a cell shows instead of a value: #N/A, or nothing when a
    formula was never computed; `empties` are formulas that came to nothing; `padded` how a number is shown.
    """

    errors: dict[Cell, str] = {}
    empties: set[Cell] = set()
    merged: list[tuple[int, int, int, int]] = []
    hidden_rows: set[int] = set()
    hidden_columns: list[tuple[int, int]] = []
    padded: dict[Cell, str] = {}

    def merged_range(self, row: int, column: int) -> str:
        """The merged range that covers this cell without beginning there, such as A2:A4; empty when there is none."""
        for top, left, bottom, right in self.merged:
            if top <= row <= bottom and left <= column <= right and (row, column) != (top, left):
                return f"{_letters(left)}{top}:{_letters(right)}{bottom}"
        return ""

    def hides_column(self, column: int) -> bool:
        """Whether the spreadsheet program shows it to nobody."""
        return any(first <= column <= last for first, last in self.hidden_columns)


def marks(file: Path, sheet: str) -> Marks:
    """The marks of a sheet. Raises KeyError, BadZipFile, ExpatError or ParseError for a workbook that is damaged."""
    with zipfile.ZipFile(file) as archive:
        formats = _padded_formats(archive)
        found = _Scan(formats)
        with archive.open(_part_of(archive, sheet)) as stream:
            while piece := stream.read(_PIECE_BYTES):
                found.parser.Parse(piece)
            found.parser.Parse(b"", True)
    return found.marks


class _Scan:
    """Expat's callbacks over one sheet."""

    def __init__(self, formats: dict[int, str]) -> None:
        self.marks = Marks(errors={}, empties=set(), merged=[], hidden_rows=set(), hidden_columns=[], padded={})
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.EntityDeclHandler = _refuse_entities
        self._formats = formats
        self._row = self._column = 0
        self._kind = self._value = ""
        self._style = 0
        self._formula = self._reading = False

    def _start(self, name: str, given: dict[str, str]) -> None:
        match name.rpartition("}")[2]:
            case "c":
                self._cell(given)
            case "v" | "t":
                self._reading = True
            case "f":
                self._formula = True
            case "row":
                self._row, self._column = int(given.get("r", self._row + 1)), 0
                if given.get("hidden") in ("1", "true"):
                    self.marks.hidden_rows.add(self._row)
            case "col" if given.get("hidden") in ("1", "true"):
                self.marks.hidden_columns.append((int(given["min"]), int(given["max"])))
            case "mergeCell":
                first, _, last = given["ref"].partition(":")
                self.marks.merged.append((*_cell_of(first), *_cell_of(last or first)))

    def _cell(self, given: dict[str, str]) -> None:
        self._column = _cell_of(given["r"])[1] if "r" in given else self._column + 1
        self._kind, self._style, self._value = given.get("t", "n"), int(given.get("s", 0)), ""
        self._formula = False

    def _end(self, name: str) -> None:
        match name.rpartition("}")[2]:
            case "v" | "t":
                self._reading = False
            case "c":
                self._close((self._row, self._column))

    def _close(self, cell: Cell) -> None:
        if self._kind == "e":
            self.marks.errors[cell] = self._value or "#ERROR"
        elif self._formula and not self._value:
            # A text formula that came to nothing says so; without a value of any kind it was never computed.
            if self._kind == "str":
                self.marks.empties.add(cell)
            else:
                self.marks.errors[cell] = ""
        elif self._style in self._formats and self._kind == "n" and self._value:
            shown = _padded(self._formats[self._style], self._value)
            if shown:
                self.marks.padded[cell] = shown

    def _text(self, text: str) -> None:
        if self._reading:
            self._value += text


def _refuse_entities(*_: object) -> None:
    raise expat.ExpatError("a worksheet declares entities")


def _padded_formats(archive: zipfile.ZipFile) -> dict[int, str]:
    """The cell styles whose number format pads with zeros, by their number."""
    try:
        styles = ElementTree.fromstring(archive.read("xl/styles.xml"))
    except KeyError:
        return {}
    codes = {
        int(one.get("numFmtId", 0)): one.get("formatCode", "") for one in styles.iter() if one.tag.endswith("}numFmt")
    }
    wanted = {number: code for number, code in codes.items() if _PADDED.fullmatch(code) and code.count("0") > 1}
    cells = next((one for one in styles.iter() if one.tag.endswith("}cellXfs")), None)
    ids = [int(one.get("numFmtId", 0)) for one in cells] if cells is not None else []
    return {place: wanted[number] for place, number in enumerate(ids) if number in wanted}


def _padded(code: str, value: str) -> str:
    """The whole number as the format shows it; empty for what is none."""
    try:
        number = float(value)
    except ValueError:
        return ""
    if not number.is_integer() or not 0 <= number < 10**15:
        return ""
    parts = [(quoted or escaped, plain) for quoted, escaped, plain in _PART.findall(code)]
    places = sum(plain == "0" for _, plain in parts)
    digits = f"{int(number):0{places}d}"
    left, rest = digits[: len(digits) - places], iter(digits[len(digits) - places :])
    shown = []
    for literal, plain in parts:
        if plain == "0":
            shown.append(left + next(rest))
            left = ""
        else:
            shown.append(literal or plain)
    return "".join(shown)


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """The name of the part that holds this sheet."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {one.get("Id", ""): one.get("Target", "") for one in relations}
    for one in book.iter():
        if one.tag.endswith("}sheet") and one.get("name") == sheet:
            named = next((value for name, value in one.items() if name == _RELATION or name.endswith("}id")), "")
            target = targets[named]
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise KeyError(sheet)


def _cell_of(reference: str) -> Cell:
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise expat.ExpatError(f"no cell: {reference[:20]}")
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]), column


def _letters(column: int) -> str:
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text
