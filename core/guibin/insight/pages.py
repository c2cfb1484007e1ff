"""A report as a page to be printed."""

from datetime import datetime

from guibin.console.printing import Say, sheet

from .comparing import Comparison
from .figures import Counted
from .reports import Report


def page(report: Report, say: Say, *, language: str) -> bytes:
    """The report in the reader's language, its definitions printed below the figures."""
    return sheet("insight/report.html", say, language, report=report, worded=worded, basis=basis, at=_at)


def comparison_page(found: Comparison, as_of: datetime, say: Say, *, language: str) -> bytes:
    """Both sides in the reader's language, the definitions below the figures."""
    known = {"found": found, "sides": (found.first, found.second), "worded": worded, "basis": basis, "change": change}
    return sheet("insight/comparison.html", say, language, as_of=_at(as_of), **known)


def change(value: float | None, earlier: float | None, unit: str) -> str:
    """By how much it went up or down, in percentage points for shares; empty where one of them is not shown."""
    if value is None or earlier is None or value == earlier:
        return ""
    by = value - earlier
    return f"{'+' if by > 0 else '−'}" + (f"{abs(by) / 10:.1f}" if unit == "per_mille" else f"{abs(by):,.0f}")


def worded(value: float | None, unit: str) -> str:
    """A figure as people read it: a share in per cent, a count as it is, a dash when it is not shown."""
    if value is None:
        return "—"
    return f"{value / 10:.2f}%" if unit == "per_mille" else f"{value:,.0f}"


def basis(one: Counted, between: str = "/") -> str:
    """What a share is of, as 10/40: nothing of a plain number, and a dash of a share of nothing, which is none."""
    if one.denominator is None:
        return ""
    return f"{one.numerator}{between}{one.denominator}" if one.denominator else "—"


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}Z"
