"""A day in a form, of the solar calendar or the lunar one: which calendar, and a field for each."""

from collections.abc import Mapping, Sequence

from msgspec import inspect

from guibin.notation.dates import Day, LunarDay, lunar_day
from guibin.notation.plausible import day_in

CALENDAR, LUNAR = ".calendar", ".lunar"


def is_day(kind: inspect.Type) -> bool:
    """Whether a field of this type takes a day of either calendar."""
    if isinstance(kind, inspect.Metadata):
        return is_day(kind.type)
    if not isinstance(kind, inspect.UnionType):
        return False
    return any(isinstance(each, inspect.StructType) and each.cls is LunarDay for each in kind.types)


def values(name: str, given: Mapping[str, Sequence[str]]) -> tuple[str, str, str]:
    """What was sent for the day: the solar one, which calendar, the lunar one."""
    solar, calendar, lunar = (
        "".join(given.get(each, ())[:1]).strip() for each in (name, name + CALENDAR, name + LUNAR)
    )
    return solar, calendar, lunar


def read(name: str, given: Mapping[str, Sequence[str]]) -> Day | None:
    """The day that was sent, None without one. Raises ValueError for one that no calendar has."""
    solar, calendar, lunar = values(name, given)
    if calendar == "lunar":
        if not lunar:
            return None
        day = lunar_day(lunar)
        if day is None:
            raise ValueError(lunar)
        return day
    found = day_in(solar) if solar else None
    if solar and found is None:
        raise ValueError(solar)
    return found


def written(name: str, day: Day | None) -> dict[str, list[str]]:
    """The day as the form sends it."""
    if isinstance(day, LunarDay):
        year = f"{day.year}年" if day.year else ""
        leap = "闰" if day.leap else ""
        return {name + CALENDAR: ["lunar"], name + LUNAR: [f"{year}{leap}{day.month}月{day.day}"]}
    return {name: [day.isoformat() if day else ""]}
