"""Reading xlsx and csv row by row, in memory that does not grow with the file.

Every cell is text: numbers without a decimal point stay as they are typed, so that a card number of 18 digits or a
telephone number with a leading zero survives. Full-width digits and letters become ordinary ones.
"""

import csv
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from msgspec import Struct
from python_calamine import CalamineError, CalamineWorkbook

from guibin_tenants.refusals import FieldError, Invalid

from .mapping import Mapping, apply, wanted_columns

FILE_BYTES_MAX = 200 * 1024 * 1024
UNPACKED_BYTES_MAX = 1024 * 1024 * 1024
# A workbook of nothing but one repeated value packs about 1:60.
PACKED_RATIO_MAX = 200
CELL_CHARS_MAX = 10_000
# A cell far too long is reported with its row; only beyond this the file is not read on. The setting is the process's.
_CSV_CELL_CHARS_MAX = 16 * 1024 * 1024
csv.field_size_limit(_CSV_CELL_CHARS_MAX)
COLUMNS_MAX = 500
_ENCODINGS = ("utf-8-sig", "gb18030")
# Spreadsheet programs keep 15 digits of a number.
_NUMBER_MAX = 10**15
# What our own csv export puts an apostrophe in front of.
_HARMLESS = ("'=", "'+", "'-", "'@", "'\t", "'\r")


class LostDigits(str):
    """The text of a number so long that the spreadsheet program has lost its last digits."""


class Row(Struct, frozen=True):
    """One row as the mapping understood it. `number` counts lines from 1: the heading, where there is one, is row 1."""

    sheet: str
    number: int
    fields: dict[str, str]
    problems: tuple["RowProblem", ...] = ()


class RowProblem(Struct, frozen=True):
    """What is wrong in which cell, and why."""

    sheet: str
    row: int
    column: str
    value: str
    reason: str


def rows(file: Path, mapping: Mapping) -> Iterator[Row]:
    """Every row that is not empty. Raises Invalid when the file cannot be read as a table at all."""
    sheet, lines = _lines(file, mapping)
    heading = _heading(list(mapping.fixed_width), mapping, file) if mapping.fixed_width else []
    for number, cells in enumerate(lines, 1):
        if not any(cells):
            continue
        if not heading:
            heading = _heading(cells, mapping, file)
            continue
        raw = dict(zip(heading, cells, strict=False))
        if mapping.skip and any(raw.get(column, "") in values for column, values in mapping.skip.items()):
            continue
        fields, problems = apply(mapping, raw, number=number)
        found = [RowProblem(sheet, number, *problem) for problem in problems]
        found += [
            RowProblem(sheet, number, column, *wrong)
            for column, value in raw.items()
            if len(value) > CELL_CHARS_MAX or type(value) is LostDigits
            for wrong in _wrong_cell(value)
        ]
        if len(cells) > len(heading) and any(cells[len(heading) :]):
            found.append(RowProblem(sheet, number, "", cells[len(heading)][:40], "a cell beyond the last heading"))
        yield Row(sheet, number, fields, tuple(found))
    if not heading:
        raise _unreadable(file, "a table with a heading row; the file is empty")


def _lines(file: Path, mapping: Mapping) -> tuple[str, Iterable[list[str]]]:
    if not file.is_file():
        raise _unreadable(file, "an existing file")
    if file.stat().st_size > FILE_BYTES_MAX:
        raise _unreadable(file, f"at most {FILE_BYTES_MAX // 1024 // 1024} MiB")
    if file.suffix.lower() == ".xlsx":
        return _workbook(file)
    if file.suffix.lower() in (".csv", ".txt", ".tsv"):
        return "", _fixed(file, mapping) if mapping.fixed_width else _csv(file, mapping)
    raise _unreadable(file, "a file called .xlsx or .csv")


def _workbook(file: Path) -> tuple[str, Iterable[list[str]]]:
    _refuse_bomb(file)
    try:
        book = CalamineWorkbook.from_path(str(file))
        name = book.sheet_names[0]
        sheet = book.get_sheet_by_index(0)
    except (CalamineError, IndexError, OSError) as error:
        raise _unreadable(file, f"a workbook that opens ({type(error).__name__})") from None
    return name, ([_text(cell) for cell in cells] for cells in sheet.iter_rows())


def _refuse_bomb(file: Path) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        raise _unreadable(file, "an xlsx workbook; it is damaged or something else") from None
    if unpacked > UNPACKED_BYTES_MAX or unpacked > PACKED_RATIO_MAX * max(file.stat().st_size, 1):
        raise _unreadable(file, "a workbook that unpacks to a sensible size; this looks like a zip bomb")


def _csv(file: Path, mapping: Mapping) -> Iterator[list[str]]:
    encoding = mapping.encoding or _encoding(file)
    try:
        with file.open(encoding=encoding, newline="") as stream:
            sample = stream.read(64 * 1024)
            stream.seek(0)
            first = sample.splitlines()[0] if sample.splitlines() else ""
            delimiter = mapping.delimiter or max(",;\t", key=first.count)
            for cells in csv.reader(_without_nul(stream), delimiter=delimiter):
                yield [_folded(cell[1:] if cell.startswith(_HARMLESS) else cell) for cell in cells]
    except (UnicodeDecodeError, LookupError):
        raise _unreadable(file, f"text in {encoding}") from None
    except csv.Error as error:
        raise _unreadable(file, f"well-formed csv ({error})") from None


def _fixed(file: Path, mapping: Mapping) -> Iterator[list[str]]:
    encoding = mapping.encoding or _encoding(file)
    spans = list(mapping.fixed_width.values())
    end = max(last for _, last in spans)
    try:
        with file.open(encoding=encoding) as stream:
            for line in _without_nul(stream):
                rest = _folded(line[end:])
                yield [*(_folded(line[first - 1 : last]) for first, last in spans), *([rest] if rest else [])]
    except (UnicodeDecodeError, LookupError):
        raise _unreadable(file, f"text in {encoding}") from None


def _encoding(file: Path) -> str:
    for encoding in _ENCODINGS:
        try:
            with file.open(encoding=encoding) as stream:
                while stream.read(1024 * 1024):
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise _unreadable(file, "text in UTF-8 or GB18030")


def _without_nul(stream: Iterable[str]) -> Iterator[str]:
    for line in stream:
        yield line.replace("\0", "")


def _heading(cells: Sequence[str], mapping: Mapping, file: Path) -> list[str]:
    heading = [cell.strip() for cell in cells]
    while heading and not heading[-1]:
        heading.pop()
    if len(heading) > COLUMNS_MAX:
        raise _unreadable(file, f"at most {COLUMNS_MAX} columns")
    twice = {name for name in heading if name and heading.count(name) > 1}
    missing = wanted_columns(mapping) - set(heading)
    if twice or missing:
        problems = [FieldError("heading", "each column once", value=name) for name in sorted(twice)]
        problems += [
            FieldError("heading", "a column the mapping needs", f"the file has: {', '.join(heading)}", name)
            for name in sorted(missing)
        ]
        raise Invalid(f"{file.name} does not fit the mapping", fields=tuple(problems))
    return heading


def _wrong_cell(value: str) -> Iterator[tuple[str, str]]:
    if len(value) > CELL_CHARS_MAX:
        yield value[:40] + "…", f"longer than {CELL_CHARS_MAX} characters"
    if isinstance(value, LostDigits):
        yield value, "the last digits are lost: format the column as text, type it again"


def _text(cell: object) -> str:
    if type(cell) is str:
        return _folded(cell)
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case float() if abs(cell) >= _NUMBER_MAX:
            return LostDigits(f"{cell:.0f}")
        case float():
            return str(int(cell)) if cell.is_integer() else repr(cell)
        case datetime():
            return cell.isoformat(sep=" ") if cell.time() != time() else cell.date().isoformat()
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
    return _folded(str(cell))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip() if not text.isascii() else text.strip()


def _unreadable(file: Path, wanted: str) -> Invalid:
    return Invalid("Nothing was imported", fields=(FieldError("file", wanted, value=file.name),))
