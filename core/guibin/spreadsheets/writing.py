"""Writing xlsx and csv that open safely: no cell is ever a formula, long numbers stay text."""

import csv
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import xlsxwriter

from .reading import RowProblem
from .texts import cell_text, sheet_name

# What spreadsheet programs take for the beginning of a formula.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "＝", "＋", "－", "＠")
_SHEET_ROWS_MAX = 1_048_576
# What files are, by their ending.
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def write(file: Path, columns: Sequence[str], rows: Iterable[Sequence[str]], *, sheet: str = "data") -> int:
    """Write a table; how many rows. Constant memory, xlsx or csv by the file's ending."""
    if file.suffix.lower() == ".xlsx":
        return _workbook(file, columns, rows, sheet)
    return _csv(file, columns, rows)


def written(name: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, sheet: str) -> bytes:
    """The content of a file of this name, as `write` writes it."""
    with tempfile.TemporaryDirectory(prefix="guibin-") as folder:
        file = Path(folder) / name
        write(file, columns, rows, sheet=sheet)
        return file.read_bytes()


def write_problems(file: Path, problems: Iterable[RowProblem], heading: Sequence[str], *, sheet: str) -> int:
    """The error workbook: sheet, row, column, value and reason of everything wrong, under what `heading` calls these five."""
    lines = ((p.sheet, str(p.row), p.column, p.value, p.reason) for p in problems)
    return write(file, heading, lines, sheet=sheet)


def _workbook(file: Path, columns: Sequence[str], rows: Iterable[Sequence[str]], sheet: str) -> int:
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    count = 0
    with xlsxwriter.Workbook(str(file), options) as book:
        page = book.add_worksheet(sheet_name(sheet, ()))
        text = book.add_format({"num_format": "@"})
        bold = book.add_format({"bold": True})
        for place, column in enumerate(columns):
            page.write_string(0, place, cell_text(column), bold)
        page.freeze_panes(1, 0)
        for count, cells in enumerate(rows, 1):
            if count >= _SHEET_ROWS_MAX:
                raise ValueError("a worksheet holds at most 1,048,575 rows: export csv instead")
            for place, cell in enumerate(cells):
                page.write_string(count, place, cell_text(cell), text)
    return count


def _csv(file: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    count = 0
    # The byte order mark makes Excel read UTF-8 as such.
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([harmless(column) for column in columns])
        for cells in rows:
            writer.writerow([harmless(cell) for cell in cells])
            count += 1
    return count


def harmless(cell: str) -> str:
    """The text so that no spreadsheet program computes it: an apostrophe in front of what looks like a formula."""
    return f"'{cell}" if cell.startswith(_DANGEROUS) else cell
