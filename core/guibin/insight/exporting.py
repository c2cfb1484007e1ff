"""Reports as xlsx with charts. Texts are written as texts, numbers as numbers: nothing in a cell or a chart is a formula.

Every text may be the company's own (`texts` of its policy), and is fitted to where it stands.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

import xlsxwriter

from guibin.spreadsheets.texts import cell_text, chart_text, sheet_name

from .comparing import ComparedLine, Comparison
from .complaints import SCALARS, ComplaintReport
from .figures import Counted, Definition
from .reports import FigureLine, Report

# A text of the policy by its key, in the reader's language.
Say = Callable[[str], str]
Cell = str | int | float | None
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_CHART_ROWS = 16


class _Sheet:
    """A worksheet that is filled from the top."""

    def __init__(self, book: Any, name: str, say: Say) -> None:
        self.book = book
        self.say = say
        self.name = sheet_name(name, [each.get_name() for each in book.worksheets()])
        self.page = book.add_worksheet(self.name)
        self.bold = book.add_format({"bold": True})
        self.row = 0

    def line(self, *cells: Cell, bold: bool = False) -> int:
        """Write a row; its number."""
        for place, cell in enumerate(cells):
            if isinstance(cell, str):
                self.page.write_string(self.row, place, cell_text(cell), self.bold if bold else None)
            elif cell is not None:
                self.page.write_number(self.row, place, cell)
        self.row += 1
        return self.row - 1

    def chart(self, kind: str, title: str, rows: tuple[int, int], series: Sequence[tuple[str, int]], at: str) -> None:
        """A chart of the rows' named columns, their labels from the first."""
        chart = self.book.add_chart({"type": kind})
        first, last = rows
        for name, column in series:
            chart.add_series(
                {
                    "name": chart_text(name),
                    "categories": [self.name, first, 0, last, 0],
                    "values": [self.name, first, column, last, column],
                    "data_labels": {"value": True},
                }
            )
        chart.set_title({"name": chart_text(title)})
        if len(series) == 1 and kind != "pie":
            chart.set_legend({"none": True})
        self.page.insert_chart(at, chart)


def complaint_workbook(statistics: ComplaintReport, say: Say) -> bytes:
    """The statistics with one chart against the period before and one for each way they are divided."""
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, _OPTIONS) as book:
        sheet = _Sheet(book, say("report.complaints"), say)
        sheet.page.set_column(0, 0, 34)
        sheet.page.set_column(1, 3, 16)
        sheet.line(say("report.complaints"), statistics.period, bold=True)
        sheet.line(say("insight.as_of"), statistics.as_of.isoformat(timespec="minutes"))
        sheet.line(
            say("insight.closed_at"),
            statistics.closed_at.isoformat(timespec="minutes") if statistics.closed_at else "-",
        )
        heads = (say("insight.figure"), statistics.period, say("insight.before"), say("insight.restated"))
        sheet.line(*heads, bold=True)
        places = {
            name: sheet.line(
                say(f"statistics.{name}"),
                getattr(statistics, name),
                statistics.before[name],
                statistics.restated.get(name),
            )
            for name in SCALARS
        }
        # The plain counts come first: durations and shares have other units and no place on the same axis.
        rows = (places["received"], places["reopened"])
        sheet.chart(
            "column", say("report.complaints"), rows, ((statistics.period, 1), (say("insight.before"), 2)), "F2"
        )
        for place, (name, groups) in enumerate(_groups(statistics)):
            if not groups:
                continue
            sheet.line()
            sheet.line(say(f"statistics.by_{name}"), say("insight.number"), bold=True)
            first = last = sheet.row
            for key, count in groups.items():
                last = sheet.line(_group_title(name, key, say), count)
            chart = "pie" if name == "channel" else "bar"
            at = f"F{2 + (place + 1) * _CHART_ROWS}"
            sheet.chart(chart, say(f"statistics.by_{name}"), (first, last), ((say("insight.number"), 1),), at)
        sheet.line()
        sheet.line(say("insight.figure"), say("insight.value"), say("insight.target"), say("insight.met"), bold=True)
        for target in statistics.targets:
            sheet.line(target.title, target.value_per_mille, target.target_per_mille, _met(target.met, say))
    return stream.getvalue()


def report_workbook(report: Report, say: Say) -> bytes:
    """A sheet of figures with a chart, one for the groups of each, one for the definitions."""
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, _OPTIONS) as book:
        _figures(book, report, say)
        _shares(book, report, say)
        _definitions(book, [line.definition for line in report.figures], say)
    return stream.getvalue()


def comparison_workbook(found: Comparison, as_of: datetime, say: Say) -> bytes:
    """A sheet of both sides with a chart of the shares and one of the numbers, one for the definitions."""
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, _OPTIONS) as book:
        _beside(book, found, as_of, say)
        _definitions(book, [line.definition for line in found.figures], say)
    return stream.getvalue()


def _beside(book: Any, found: Comparison, as_of: datetime, say: Say) -> None:
    sheet, sides = _Sheet(book, say("insight.comparison"), say), (found.first, found.second)
    sheet.page.set_column(0, 0, 30)
    sheet.page.set_column(1, 9, 18)
    sheet.line(found.title, *(side.named for side in sides), bold=True)
    sheet.line(say("insight.as_of"), as_of.isoformat(timespec="minutes"))
    parts = [f"{side.named} {say(f'insight.{part}')}" for side in sides for part in ("numerator", "denominator")]
    heads = (*(side.named for side in sides), say("insight.difference"), say("insight.better"), *parts)
    sheet.line(say("insight.figure"), *heads, say("insight.clause"), bold=True)
    for unit, at in (("per_mille", "L2"), ("count", f"L{2 + _CHART_ROWS}")):
        lines = [line for line in found.figures if line.definition.unit == unit]
        rows = [sheet.line(*_compared(line, found, say)) for line in lines]
        if rows:
            series = [(side.named, column) for column, side in enumerate(sides, 1)]
            sheet.chart("column", f"{found.title} ({say(f'unit.{unit}')})", (rows[0], rows[-1]), series, at)


def _compared(line: ComparedLine, found: Comparison, say: Say) -> tuple[Cell, ...]:
    first, second = line.first, line.second
    few = say("insight.few" if first.denominator and second.denominator else "insight.none")
    return (
        line.definition.title,
        first.value,
        second.value,
        line.change,
        found.better_of(line) or (few if first.few or second.few else "-"),
        *_basis(first),
        *_basis(second),
        line.definition.clause,
    )


def _figures(book: Any, report: Report, say: Say) -> None:
    sheet = _Sheet(book, say("insight.figures"), say)
    sheet.page.set_column(0, 0, 30)
    sheet.page.set_column(1, 8, 14)
    sheet.line(report.title, report.period, report.org_unit_name, bold=True)
    sheet.line(say("insight.as_of"), report.as_of.isoformat(timespec="minutes"))
    names = ("value", "before", "target", "met", "numerator", "denominator", "restated", "clause")
    sheet.line(say("insight.figure"), *(say(f"insight.{name}") for name in names), bold=True)
    # Shares first, so that one chart holds figures of one unit.
    ordered = sorted(report.figures, key=lambda line: line.definition.unit != "per_mille")
    places = [(sheet.line(*_cells(line, say)), line.definition.unit) for line in ordered]
    for unit, at in (("per_mille", "K2"), ("count", f"K{2 + _CHART_ROWS}")):
        rows = [place for place, found_unit in places if found_unit == unit]
        if rows:
            series = ((report.period, 1), (say("insight.before"), 2))
            if unit == "per_mille":
                series = (*series, (say("insight.target"), 3))  # type: ignore[assignment]  # one more pair
            sheet.chart("column", f"{report.title} ({say(f'unit.{unit}')})", (rows[0], rows[-1]), series, at)


def _cells(line: FigureLine, say: Say) -> tuple[Cell, ...]:
    target = line.definition.target_per_mille
    restated = line.restated.value if line.restated else None
    return (
        line.definition.title,
        line.value,
        line.before,
        target,
        say("insight.few" if line.denominator else "insight.none") if line.few else _met(line.met, say),
        *_basis(line),
        restated,
        line.definition.clause,
    )


def _basis(one: Counted) -> tuple[Cell, Cell]:
    """What a share is of, nothing of a share of nothing."""
    return (one.numerator, one.denominator) if one.denominator != 0 else ("—", "—")


def _shares(book: Any, report: Report, say: Say) -> None:
    divided = [line for line in report.figures if line.shares]
    if not divided:
        return
    sheet = _Sheet(book, say("insight.groups"), say)
    sheet.page.set_column(0, 0, 34)
    for place, line in enumerate(divided):
        sheet.line(line.definition.title, say(f"unit.{line.definition.unit}"), bold=True)
        sheet.line(
            say("insight.group"), say("insight.value"), say("insight.numerator"), say("insight.denominator"), bold=True
        )
        rows = [sheet.line(share.title, share.value, *_basis(share)) for share in line.shares]
        at = f"F{1 + place * _CHART_ROWS}"
        sheet.chart("column", line.definition.title, (rows[0], rows[-1]), ((say("insight.value"), 1),), at)
        sheet.line()


def _definitions(book: Any, definitions: Sequence[Definition], say: Say) -> None:
    sheet = _Sheet(book, say("insight.definitions"), say)
    sheet.page.set_column(0, 0, 30)
    sheet.page.set_column(1, 2, 90)
    sheet.line(
        say("insight.figure"), say("insight.numerator"), say("insight.denominator"), say("insight.clause"), bold=True
    )
    for words in definitions:
        sheet.line(words.title, words.numerator_says, words.denominator_says, words.clause)


def _groups(statistics: ComplaintReport) -> Sequence[tuple[str, dict[str, int]]]:
    return (("level", statistics.by_level), ("channel", statistics.by_channel), ("cause", statistics.by_cause))


def _group_title(name: str, key: str, say: Say) -> str:
    return key if name == "channel" else say(f"complaint_{name}.{key}")


def _met(met: bool | None, say: Say) -> str:
    return {True: say("insight.yes"), False: say("insight.no"), None: "-"}[met]
