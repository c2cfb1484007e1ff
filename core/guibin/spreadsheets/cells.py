"""Cells that are more than their text."""

from datetime import UTC, date, datetime, time, timedelta

from guibin.notation import spelling
from guibin.notation.spelling import FAILED, shortened

# Spreadsheet programs keep 15 digits of a number.
_NUMBER_MAX = 10**15
# What our own csv export puts an apostrophe in front of, and people in front of digits.
_MADE_HARMLESS = frozenset("=+-@\t\r\n'＝＋－＠0123456789")
LOST = "the last digits are lost: format the column as text, type it again"


class Flawed(str):
    """What stands in a cell instead of its value, and why that is not the value."""

    reason: str

    def __new__(cls, text: str, reason: str) -> "Flawed":
        """Text and reason."""
        one = super().__new__(cls, text)
        one.reason = reason
        return one


class Shortened(Flawed):
    """Perhaps a number that was shortened: in a text of words it is a word."""


class Unsaid(str):
    """Nothing, computed by a formula: it is no wish to empty what is known."""


class Dated(str):
    """A date, a time of day or both, as the spreadsheet program keeps it; its text is the ISO form."""

    value: date | time

    def __new__(cls, value: date | time) -> "Dated":
        """With seconds, which are whole where the program's arithmetic missed them by less than a millisecond."""
        if isinstance(value, datetime):
            value = _whole_second(value)
            text = value.isoformat(sep=" ") if value.time() != time() else value.date().isoformat()
        else:
            text = value.isoformat()
        one = super().__new__(cls, text)
        one.value = value
        return one


def cell(value: object) -> str:
    """A value of a workbook as text."""
    if type(value) is str:
        return failed(value.strip())
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if abs(value) >= _NUMBER_MAX:
            return Flawed(f"{value:.0f}", LOST)
        case float():
            return str(int(value)) if value.is_integer() else repr(value)
        case date() | time():
            return Dated(value)
        case timedelta():
            return (
                Dated((datetime(1, 1, 1, tzinfo=UTC) + value).time())
                if timedelta(0) <= value < timedelta(days=1)
                else str(value)
            )
    return str(value).strip()


def failed(text: str) -> str:
    """The text, or what a formula that failed shows as flawed."""
    return Flawed(text, FAILED) if spelling.failed(text) else text


def of_csv(text: str) -> str:
    """A cell of a csv file: the apostrophe of a harmless formula and the marks of a number kept as text are gone."""
    if text.startswith("'") and text[1:2] in _MADE_HARMLESS:
        return text[1:].strip()
    text = text.strip()
    if text.startswith('="') and text.endswith('"') and '"' not in text[2:-1]:
        return text[2:-1].strip()
    if shortened(text):
        return Shortened(text, LOST)
    return failed(text)


def _whole_second(moment: datetime) -> datetime:
    nearest = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
    return nearest if abs(nearest - moment) <= timedelta(milliseconds=1) else moment
