"""Days as customers give them: of the solar calendar, or of the lunar one, which has days that no solar month has."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from lunar_python import Lunar, LunarMonth, LunarYear
from msgspec import Meta, Struct

YEAR_MIN, YEAR_MAX = 1900, 2100
_LEAP = "L"
# The zone where a day begins first.
_EASTERNMOST = timedelta(hours=14)
_DIGITS = {character: place for place, character in enumerate("〇一二三四五六七八九")} | {"零": 0}
_MONTHS = ("正", "二", "三", "四", "五", "六", "七", "八", "九", "十", "冬", "腊")
_TENS = {"初": 0, "十": 10, "廿": 20, "二十": 20, "卅": 30, "三十": 30}
_WORDS = re.compile(
    r"(?P<calendar>农历|阴历|旧历|夏历)?(?:(?P<year>[0-9]{4}|[〇零一二三四五六七八九]{4})年)?"
    r"(?P<leap>闰)?(?P<month>正|冬|腊|十?[一二三四五六七八九]|十|[0-9]{1,2})月"
    r"(?P<day>(?:初|十|廿|二十|卅)?[一二三四五六七八九]|初十|十|廿|二十|三十|卅|[0-9]{1,2})日?"
)
_FIGURES = re.compile(
    r"(?:(?P<year>[0-9]{4})[-/.年])?(?P<month>[0-9]{1,2})[-/.月](?P<day>[0-9]{1,2})日?(?: 0?0:00(:00)?)?"
)


class LunarDay(Struct, frozen=True, forbid_unknown_fields=True):
    """A day of the lunar calendar: `month` 1 to 12, `leap` the second one of its number in some years, `day` 1 to 30.

    Many know the month and day only, so that `year`, the lunar one, may be None.
    """

    month: Annotated[int, Meta(ge=1, le=12)]
    day: Annotated[int, Meta(ge=1, le=30)]
    year: Annotated[int, Meta(ge=YEAR_MIN, le=YEAR_MAX)] | None = None
    leap: bool = False

    def figures(self) -> str:
        """The day without its calendar: 1968-02-30, 02-30."""
        return f"{f'{self.year}-' if self.year else ''}{self.month:02}-{self.day:02}"

    def __str__(self) -> str:
        return f"lunar {self.figures()}{' in the leap month' if self.leap else ''}"


Day = date | LunarDay


def wrong_day(day: Day) -> str:
    """Which rule the day breaks; empty when its calendar has it."""
    if isinstance(day, date):
        return "" if day.year >= YEAR_MIN else f"a day since {YEAR_MIN}"
    if day.year is None:
        return ""
    if day.leap and LunarYear.fromYear(day.year).getLeapMonth() != day.month:
        return f"a leap month of the lunar year {day.year}"
    month = LunarMonth.fromYm(day.year, -day.month if day.leap else day.month)
    if month is None or day.day > month.getDayCount():
        return (
            f"a day of the lunar month {day.year}-{day.month:02}, which has {month.getDayCount()}" if month else "a day"
        )
    return ""


def wrong_birthday(day: Day, *, now: datetime) -> str:
    """As `wrong_day`, and nobody is born on a day that has not begun anywhere yet."""
    rule = wrong_day(day)
    if rule:
        return rule
    latest = (now.astimezone(UTC) + _EASTERNMOST).date()
    return "not in the future" if (solar := _solar(day)) and solar > latest else ""


def age(born: Day | None, on: date) -> int | None:
    """Full years (周岁) on a day; None where the year of birth is not known."""
    if born is None or (isinstance(born, LunarDay) and born.year is None):
        return None
    day = _solar(born)
    if day is None or day > on:
        return None
    return on.year - day.year - ((on.month, on.day) < (day.month, day.day))


def _solar(day: Day) -> date | None:
    if isinstance(day, date):
        return day
    if day.year is None:
        return None
    found = Lunar.fromYmd(day.year, -day.month if day.leap else day.month, day.day).getSolar()
    return date(found.getYear(), found.getMonth(), found.getDay())


def shown(day: Day) -> str:
    """The day as it stands in a history or an error."""
    return day.isoformat() if isinstance(day, date) else str(day)


_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WRITTEN = re.compile(
    r"(?P<year>\d{4})(-W(?P<week>\d{2})|-Q(?P<quarter>\d)|-(?P<month>\d{2})(-(?P<day>\d{2}))?)?", re.ASCII
)


def worded(written: str, language: str) -> str:
    """A day, week, month, quarter or year as people say it: `2026-12-03` is 2026年12月3日, `2026-W48` week 48 of 2026. What is
    none of these stays as it is written."""
    found = _WRITTEN.fullmatch(written)
    if found is None:
        return written
    year, part = found["year"], {name: int(each) for name, each in found.groupdict().items() if each and name != "year"}
    if language == "en":
        if "week" in part:
            return f"week {part['week']} of {year}"
        if "quarter" in part:
            return f"quarter {part['quarter']} of {year}"
        month = _ENGLISH[part["month"] - 1] if 0 < part.get("month", 0) <= len(_ENGLISH) else ""
        return " ".join(each for each in (str(part["day"]) if "day" in part else "", month, year) if each)
    units = {"week": "第{}周", "quarter": "第{}季度", "month": "{}月", "day": "{}日"}
    return f"{year}年" + "".join(unit.format(part[name]) for name, unit in units.items() if name in part)


def columns_of(day: Day | None) -> tuple[date | None, str | None]:
    """How it is kept: a solar day in a column of dates, a lunar one as a text of its own, such as 1968-02-30 or 2023-02-10L
    in a leap month; 0000 where the year is not known.
    """
    if isinstance(day, LunarDay):
        return None, f"{day.year or 0:04}-{day.month:02}-{day.day:02}{_LEAP if day.leap else ''}"
    return day, None


def from_columns(solar: date | None, lunar: str | None) -> Day | None:
    """The day that `columns_of` kept."""
    if lunar is None:
        return solar
    year, month, day = lunar.removesuffix(_LEAP).split("-")
    return LunarDay(int(month), int(day), int(year) or None, lunar.endswith(_LEAP))


def lunar_day(text: str, *, leap: bool = False) -> LunarDay | None:
    """A lunar day as people write it: 1968-02-30, 二月三十, 农历一九六八年闰二月廿九; None when it is none."""
    plain = text.replace(" 00:00:00", "").strip()
    found = _FIGURES.fullmatch(plain)
    if found:
        year, month, day = int(found["year"] or 0), int(found["month"]), int(found["day"])
    else:
        found = _WORDS.fullmatch(plain.replace(" ", ""))
        if found is None:
            return None
        year, month, day = _year(found["year"] or ""), _month(found["month"]), _day(found["day"])
        leap = leap or found["leap"] is not None
    if not (1 <= month <= 12 and 1 <= day <= 30) or (year and not YEAR_MIN <= year <= YEAR_MAX):
        return None
    return LunarDay(month, day, year or None, leap)


def says_lunar(text: str) -> bool:
    """Whether a day written in words can only be one of the lunar calendar: 农历…, 闰二月…, 腊月廿三, 二月三十."""
    found = _WORDS.fullmatch(text.replace(" ", ""))
    if found is None:
        return False
    by_name = found["month"] in ("正", "冬", "腊") or re.search("[初廿卅]", found["day"]) is not None
    nowhere_else = (_month(found["month"]), _day(found["day"])) == (2, 30)
    return bool(found["calendar"] or found["leap"] or by_name or nowhere_else)


def _year(text: str) -> int:
    return int(text) if text.isascii() and text else int("".join(str(_DIGITS[one]) for one in text) or 0)


def _month(text: str) -> int:
    if text.isascii():
        return int(text)
    if text in _MONTHS:
        return _MONTHS.index(text) + 1
    return _day(text)


def _day(text: str) -> int:
    if text.isascii():
        return int(text)
    if text in _TENS and text != "初":
        return _TENS[text]
    return _TENS.get(text[:-1], 0) + (10 if text[-1] == "十" else _DIGITS[text[-1]])
