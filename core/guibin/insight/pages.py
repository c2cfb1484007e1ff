"""A report as a page to be printed."""

from datetime import datetime

from guibin.console.printing import Say, sheet

from .reports import Report


def page(report: Report, say: Say, *, language: str) -> bytes:
    """The report in the reader's language, its definitions printed below the figures."""
    return sheet("insight/report.html", say, language, report=report, worded=worded, at=_at)


def worded(value: float | None, unit: str) -> str:
    """A figure as people read it: a share in per cent, a count as it is, a dash when it is not shown."""
    if value is None:
        return "—"
    return f"{value / 10:.2f}%" if unit == "per_mille" else f"{value:,.0f}"


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}Z"
