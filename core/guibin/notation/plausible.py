"""Days, moments and texts that can be meant: the same bounds for the API, imports and forms."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import get_args, get_type_hints

from msgspec import Struct

from guibin_tenants.refusals import FieldError, refuse

from .spelling import FAILED, failed, line

DAY_MIN, DAY_MAX = date(1900, 1, 1), date(2199, 12, 31)
RULE = f"a day from {DAY_MIN} to {DAY_MAX}"
FIX = "write the year with its four digits"
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")


class Plausible(Struct, frozen=True):
    """What somebody sends. Raises Invalid naming each day, moment or text in it that cannot be meant."""

    def __post_init__(self) -> None:
        problems = [
            FieldError(name, RULE, FIX, value.isoformat())
            for name in _timely(type(self))
            for value in _days(getattr(self, name))
            if not is_plausible(value)
        ]
        problems += [FieldError(name, FAILED) for name in _failed(self)]
        refuse(problems)


def is_plausible(value: date) -> bool:
    """Whether the day, or the moment's day, is within the bounds."""
    return DAY_MIN <= (value.date() if isinstance(value, datetime) else value) <= DAY_MAX


def day_in(text: str) -> date | None:
    """The day written as 1980-05-17, 1980/5/17, 1980.5.17 or 1980年5月17日; None for anything else, 26/3/1 included."""
    found = _DAY.fullmatch(line(text))
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None


def _days(value: object) -> list[date]:
    several = value if isinstance(value, frozenset | tuple | list) else [value]
    return [one for one in several if isinstance(one, date)]


def _failed(given: Struct) -> Iterator[str]:
    """Which texts are the error of a formula, also among the fields of an archive."""
    for name in given.__struct_fields__:
        value = getattr(given, name)
        if isinstance(value, Mapping):
            yield from (f"{name}.{inner}" for inner, one in value.items() if any(map(failed, _texts(one))))
        elif any(map(failed, _texts(value))):
            yield name


def _texts(value: object) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


@lru_cache(maxsize=512)
def _timely(kind: type[Struct]) -> tuple[str, ...]:
    return tuple(name for name, hint in get_type_hints(kind).items() if _holds_a_day(hint))


def _holds_a_day(hint: object) -> bool:
    return hint in (date, datetime) or any(_holds_a_day(one) for one in get_args(hint))
