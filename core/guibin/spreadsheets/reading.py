"""Reading xlsx and csv row by row, in memory that does not grow with the file.

Every cell is text: numbers without a decimal point stay as they are typed or shown, so that a card number of 18 digits,
a telephone number with a leading zero and 000123 survive. What is no value, such as the error of a formula, is reported.
"""

import csv
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from msgspec import Struct, structs
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

from guibin.notation.spelling import FAILED, code, line, paragraph, wrong_code
from guibin_tenants.refusals import FieldError, Invalid

from .cells import Dated, Flawed, Shortened, Unsaid, cell, of_csv
from .encodings import encoding_of
from .mapping import Mapping, apply, filled, sources, wanted_columns
from .workbooks import Marks, marks

FILE_BYTES_MAX = 200 * 1024 * 1024
UNPACKED_BYTES_MAX = 1024 * 1024 * 1024
# A workbook of nothing but one repeated value packs about 1:60.
PACKED_RATIO_MAX = 200
CELL_CHARS_MAX = 10_000
# A cell far too long is reported with its row; only beyond this the file is not read on. The setting is the process's.
_CSV_CELL_CHARS_MAX = 16 * 1024 * 1024
csv.field_size_limit(_CSV_CELL_CHARS_MAX)
COLUMNS_MAX = 500


class Fields(Struct, frozen=True):
    """How fields are written: `words` keep their lines and signs, `codes` are numbers somebody gave; all the rest are
    single lines. With `known`, a column that is none of them and has values is reported, once.
    """

    words: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()


class Row(Struct, frozen=True):
    """One row as the mapping understood it. `number` counts lines from 1: the heading, where there is one, is row 1.

    `unsaid` are fields whose cell came to nothing by a formula: no wish to empty them. `filled` are, in the first row that is not
    empty, the fields that the file fills at all; None in every other, so that what a whole file lacks is said once.
    """

    sheet: str
    number: int
    fields: dict[str, str]
    problems: tuple["RowProblem", ...] = ()
    unsaid: tuple[str, ...] = ()
    filled: frozenset[str] | None = None


class RowProblem(Struct, frozen=True):
    """What is wrong in which cell, and why."""

    sheet: str
    row: int
    column: str
    value: str
    reason: str


def rows(file: Path, mapping: Mapping, fields: Fields = Fields()) -> Iterator[Row]:
    """Every row that is not empty. Raises Invalid when the file cannot be read as a table at all."""
    table = _table(file, mapping)
    heading = _heading(list(mapping.fixed_width), mapping, file) if mapping.fixed_width else []
    feeds: dict[str, list[str]] = {}
    said: set[str] = set()
    begun = False
    for number, cells in enumerate(table.lines, 1):
        if not any(cells):
            continue
        if not heading:
            heading = _heading(cells, mapping, file)
            _refuse_hidden(heading, table, mapping)
            feeds = sources(mapping, heading)
            _refuse_strange(heading, mapping, fields, file)
            continue
        feeds = feeds or sources(mapping, heading)
        raw = dict(zip(heading, cells, strict=False))
        if number in table.marks.hidden_rows and mapping.hidden == "skip":
            continue
        if any(line(raw.get(column, "")) in values for column, values in mapping.skip.items()):
            continue
        row = _row(_Sheet(table, heading, feeds, mapping, fields, said), number, cells)
        yield row if begun else structs.replace(row, filled=filled(mapping, heading))
        begun = True
    if not heading:
        raise _unreadable(file, "a table with a heading row; the file is empty")


class _Table(Struct):
    sheet: str
    lines: Iterable[list[str]]
    marks: Marks


class _Sheet(Struct):
    """A table whose heading was read: which column is called what and feeds which fields. `said` are the columns that are
    none of ours and were reported."""

    table: _Table
    heading: list[str]
    feeds: dict[str, list[str]]
    mapping: Mapping
    fields: Fields
    said: set[str]


def _row(sheet: _Sheet, number: int, cells: list[str]) -> Row:
    table, heading, feeds, mapping, fields = sheet.table, sheet.heading, sheet.feeds, sheet.mapping, sheet.fields
    raw = dict(zip(heading, cells, strict=False))
    given, problems = apply(mapping, raw, number=number)
    problems += [
        (column, value[:40], reason)
        for column, value in raw.items()
        if column in feeds
        for reason in _wrong_cell(value, feeds[column], fields)
    ]
    if number in table.marks.hidden_rows and mapping.hidden == "refuse":
        shown = next(value for value in cells if value)
        problems.append(("", shown[:40], 'a hidden row: show it, or say hidden = "read" or "skip" in the mapping'))
    if len(cells) > len(heading) and any(cells[len(heading) :]):
        problems.append(
            ("", next(value for value in cells[len(heading) :] if value)[:40], "a cell beyond the last heading")
        )
    problems += _strange_columns(given, sheet)
    return Row(
        table.sheet,
        number,
        {name: _spelled(name, value, fields) for name, value in given.items()},
        tuple(RowProblem(table.sheet, number, *one) for one in problems),
        tuple(field for column, value in raw.items() if type(value) is Unsaid for field in feeds.get(column, ())),
    )


def _strange_columns(given: dict[str, str], sheet: _Sheet) -> list[tuple[str, str, str]]:
    """Columns that are none of ours, each at the first row that has something in it."""
    known = sheet.fields.known
    strange = [name for name, value in given.items() if value and name not in known | sheet.said] if known else []
    sheet.said.update(strange)
    rule = f"not one of the columns: {', '.join(sorted(known))}" if strange else ""
    return [(name, given[name][:40], rule) for name in strange]


def _spelled(name: str, value: str, fields: Fields) -> str:
    if type(value) is Dated:
        return value
    if name in fields.words:
        return paragraph(value)
    return code(value) if name in fields.codes else line(value)


def _wrong_cell(value: str, feeds: list[str], fields: Fields) -> Iterator[str]:
    if len(value) > CELL_CHARS_MAX:
        yield f"longer than {CELL_CHARS_MAX} characters"
    if isinstance(value, Shortened):
        if not (fields.words - fields.codes).issuperset(feeds):
            yield value.reason
    elif isinstance(value, Flawed):
        yield value.reason
    elif value and fields.codes.intersection(feeds) and wrong_code(value):
        yield wrong_code(value)


def _table(file: Path, mapping: Mapping) -> _Table:
    if not file.is_file():
        raise _unreadable(file, "an existing file")
    if file.stat().st_size > FILE_BYTES_MAX:
        raise _unreadable(file, f"at most {FILE_BYTES_MAX // 1024 // 1024} MiB")
    if file.suffix.lower() == ".xlsx":
        return _workbook(file, mapping.sheet)
    if file.suffix.lower() in (".csv", ".txt", ".tsv"):
        return _Table("", _fixed(file, mapping) if mapping.fixed_width else _csv(file, mapping), Marks())
    raise _unreadable(file, "a file called .xlsx or .csv")


def _workbook(file: Path, wanted: str) -> _Table:
    _refuse_bomb(file)
    try:
        book = CalamineWorkbook.from_path(str(file))
        name = _sheet(book, wanted, file)
        found = marks(file, name)
        sheet = book.get_sheet_by_name(name)
    except (CalamineError, IndexError, KeyError, OSError, zipfile.BadZipFile, ExpatError, ParseError) as error:
        raise _unreadable(file, f"a workbook that opens ({type(error).__name__})") from None
    return _Table(name, _marked(sheet.iter_rows(), found), found)


def _sheet(book: CalamineWorkbook, wanted: str, file: Path) -> str:
    """The sheet that is named, or the only one with anything in it. Raises Invalid where that is not one."""
    names = [one.name for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    filled = [name for name in names if name == wanted or (not wanted and book.get_sheet_by_name(name).height)]
    if len(filled) == 1:
        return str(filled[0])
    if not filled and not wanted:
        raise _unreadable(file, "a table with a heading row; the file is empty")
    rule = "a sheet of the workbook" if wanted else "one sheet to read: several have something in them"
    fix = f'name one, in the mapping (sheet = "…") or by --sheet: {", ".join(names if wanted else filled)}'
    raise Invalid.at("sheet", rule, fix, wanted or file.name, detail="Nothing was imported")


def _marked(lines: Iterable[Sequence[object]], found: Marks) -> Iterator[list[str]]:
    """The cells as text, those that the sheet marks as something else than their value."""
    plain = not (found.errors or found.empties or found.merged or found.padded)
    for number, values in enumerate(lines, 1):
        cells = [cell(value) for value in values]
        if not plain:
            for column, text in enumerate(cells, 1):
                cells[column - 1] = _mark(text, (number, column), found)
        yield cells


def _mark(text: str, place: tuple[int, int], found: Marks) -> str:
    if place in found.padded:
        return found.padded[place]
    if place in found.errors:
        return Flawed(found.errors[place] or "?", FAILED)
    if place in found.empties:
        return Unsaid()
    covering = "" if text else found.merged_range(*place)
    if covering:
        return Flawed("", f"part of the merged cell {covering}: unmerge it and give every row its own value")
    return text


def _refuse_strange(heading: list[str], mapping: Mapping, fields: Fields, file: Path) -> None:
    """A table of which not one column is known is the wrong file, said once and not for each of its cells."""
    if fields.known and not wanted_columns(mapping) and fields.known.isdisjoint(heading):
        raise _unreadable(file, f"a heading row with one of the columns: {', '.join(sorted(fields.known))}")


def _refuse_hidden(heading: list[str], table: _Table, mapping: Mapping) -> None:
    """What nobody sees is not taken in without a word."""
    hidden = [name for place, name in enumerate(heading, 1) if name and table.marks.hides_column(place)]
    used = [name for name in hidden if name in sources(mapping, heading)]
    if used and mapping.hidden == "refuse":
        fix = 'show it, or say hidden = "read" or "skip" in the mapping'
        raise Invalid(
            "Nothing was imported", fields=tuple(FieldError("heading", "no hidden column", fix, name) for name in used)
        )
    if mapping.hidden == "skip":
        for place, name in enumerate(heading):
            heading[place] = "" if name in hidden else name


def _refuse_bomb(file: Path) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        raise _unreadable(file, "an xlsx workbook; it is damaged or something else") from None
    if unpacked > UNPACKED_BYTES_MAX or unpacked > PACKED_RATIO_MAX * max(file.stat().st_size, 1):
        raise _unreadable(file, "a workbook that unpacks to a sensible size; this looks like a zip bomb")


def _csv(file: Path, mapping: Mapping) -> Iterator[list[str]]:
    encoding = _encoding(file, mapping)
    try:
        with file.open(encoding=encoding, newline="") as stream:
            sample = stream.read(64 * 1024)
            stream.seek(0)
            first = sample.splitlines()[0] if sample.splitlines() else ""
            delimiter = mapping.delimiter or max(",;\t", key=first.count)
            for cells in csv.reader(_without_nul(stream), delimiter=delimiter):
                yield [of_csv(cell) for cell in cells]
    except (UnicodeDecodeError, LookupError):
        raise _unreadable(file, f"text in {encoding}") from None
    except csv.Error as error:
        raise _unreadable(file, f"well-formed csv ({error})") from None


def _fixed(file: Path, mapping: Mapping) -> Iterator[list[str]]:
    encoding = _encoding(file, mapping)
    spans = list(mapping.fixed_width.values())
    end = max(last for _, last in spans)
    try:
        with file.open(encoding=encoding) as stream:
            for text in _without_nul(stream):
                rest = text[end:].strip()
                yield [*(of_csv(text[first - 1 : last]) for first, last in spans), *([rest] if rest else [])]
    except (UnicodeDecodeError, LookupError):
        raise _unreadable(file, f"text in {encoding}") from None


def _encoding(file: Path, mapping: Mapping) -> str:
    found = mapping.encoding or encoding_of(file)
    if not found:
        rule = "text in UTF-8, UTF-16, GB18030 or Big5, and it cannot be told which"
        fix = 'say it: encoding = "gb18030" or "big5" in the mapping or --encoding; or save the file as UTF-8'
        raise Invalid.at("file", rule, fix, file.name, detail="Nothing was imported")
    return found


def _without_nul(stream: Iterable[str]) -> Iterator[str]:
    for text in stream:
        yield text.replace("\0", "")


def _heading(cells: Sequence[str], mapping: Mapping, file: Path) -> list[str]:
    heading = [line(cell) for cell in cells]
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


def _unreadable(file: Path, wanted: str) -> Invalid:
    return Invalid.at("file", wanted, value=file.name, detail="Nothing was imported")
