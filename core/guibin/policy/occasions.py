"""Which birthdays and festivals fall on a day, by the solar and the lunar calendar. Pure.

29 February is kept on the 28th in other years. The 30th of a lunar month is kept on its last day. Whoever was born in a
leap month is congratulated in it when the year has it, in the ordinary month otherwise; everybody else in the ordinary one.
"""

from calendar import isleap
from datetime import date
from functools import lru_cache

from lunar_python import Lunar, LunarMonth, LunarYear, Solar
from msgspec import Struct

_FEBRUARY_28, _FEBRUARY_29 = (2, 28), (2, 29)
SOLAR_FESTIVALS = {
    "new_year": (1, 1),
    "womens_day": (3, 8),
    "labour_day": (5, 1),
    "teachers_day": (9, 10),
    "national_day": (10, 1),
}
LUNAR_FESTIVALS = {
    "spring_festival": (1, 1),
    "lantern_festival": (1, 15),
    "dragon_boat": (5, 5),
    "mid_autumn": (8, 15),
    "double_ninth": (9, 9),
}


class Anniversary(Struct, frozen=True):
    """A month and day of a calendar that is kept on some solar day. `year` is that calendar's: it tells years apart."""

    calendar: str
    month: int
    day: int
    leap_month: bool
    year: int


def kept_on(day: date) -> tuple[Anniversary, ...]:
    """Everything that is kept on this day."""
    found = [Anniversary("solar", day.month, day.day, False, day.year)]
    if (day.month, day.day) == _FEBRUARY_28 and not isleap(day.year):
        found.append(Anniversary("solar", *_FEBRUARY_29, False, day.year))
    lunar = _lunar(day)
    year, month, on = lunar.getYear(), abs(lunar.getMonth()), lunar.getDay()
    last = LunarMonth.fromYm(year, lunar.getMonth()).getDayCount() == on
    days = (on, 30) if last and on < 30 else (on,)
    leap_of_year = LunarYear.fromYear(year).getLeapMonth()
    for number in days:
        if lunar.getMonth() < 0:
            found.append(Anniversary("lunar", month, number, True, year))
            continue
        found.append(Anniversary("lunar", month, number, False, year))
        if leap_of_year != month:
            found.append(Anniversary("lunar", month, number, True, year))
    return tuple(found)


def festivals_on(day: date) -> tuple[str, ...]:
    """The festivals of this day, by name."""
    lunar = _lunar(day)
    found = [name for name, at in SOLAR_FESTIVALS.items() if at == (day.month, day.day)]
    found += [name for name, at in LUNAR_FESTIVALS.items() if at == (lunar.getMonth(), lunar.getDay())]
    return tuple(found)


# Every company asks for the same few days each morning, and the conversion is dear.
@lru_cache(maxsize=1_000)
def _lunar(day: date) -> Lunar:
    return Solar.fromYmd(day.year, day.month, day.day).getLunar()
