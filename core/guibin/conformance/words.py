"""Names, moments and days within a scenario's texts: `{case}`, `{case.approval_id}`, `{now+2h}`, `{today-30d}`."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

_NAMED = re.compile(r"\{([^{}]+)\}")
_LONG = re.compile(r"(\d+)([wdhms])")
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


class UnknownName(Exception):
    """The scenario has nothing of this name yet."""


class Spoken(Struct, frozen=True):
    """What names stand for now: everything that was made, and the company's clock."""

    known: Mapping[str, Any]
    now: datetime
    time_zone: str

    def filled(self, said: Any) -> Any:
        """The value with every name replaced, however deep."""
        if isinstance(said, dict):
            return {key: self.filled(value) for key, value in said.items()}
        if isinstance(said, list | tuple):
            return [self.filled(value) for value in said]
        if not isinstance(said, str):
            return said
        whole = _NAMED.fullmatch(said)
        return self._named(whole[1]) if whole else _NAMED.sub(lambda found: str(self._named(found[1])), said)

    @property
    def clock(self) -> datetime:
        """Now, as the company's clock shows it."""
        return self.now.astimezone(ZoneInfo(self.time_zone))

    def id_of(self, name: str) -> str:
        """The id of what has this name. Raises UnknownName."""
        return str(self._named(name))

    def local(self, moment: datetime) -> datetime:
        """A moment as files say it, on the company's clock."""
        return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(self.time_zone))

    def _named(self, said: str) -> Any:
        name, sign, long = _parted(said)
        if name == "now":
            return (self.now + _signed(sign, long)).isoformat()
        if name == "today":
            return (self.clock + _signed(sign, long)).date().isoformat()
        first, *rest = said.split(".")
        if first not in self.known:
            raise UnknownName(f"nothing is called {first!r} yet: there are {', '.join(sorted(self.known))}")
        found = self.known[first]
        for part in rest or ["id"] if isinstance(found, dict) else rest:
            try:
                found = found[int(part)] if isinstance(found, list) else found[part]
            except (LookupError, ValueError, TypeError):
                raise UnknownName(f"{said!r}: there is no {part!r} in {_short(found)}") from None
        return found


def duration(said: str) -> timedelta:
    """`4h59m`, `7d`. Raises ValueError for anything else."""
    parts = _LONG.findall(said)
    if not parts or "".join(count + unit for count, unit in parts) != said:
        raise ValueError(f"{said!r} is no time that passes: such as 4h59m or 7d")
    return sum((timedelta(**{_UNITS[unit]: int(count)}) for count, unit in parts), timedelta(0))


def _parted(said: str) -> tuple[str, str, str]:
    for sign in "+-":
        name, found, long = said.partition(sign)
        if found and name in ("now", "today"):
            return name, sign, long
    return said, "", ""


def _signed(sign: str, long: str) -> timedelta:
    return timedelta(0) if not sign else duration(long) * (-1 if sign == "-" else 1)


def _short(value: Any) -> str:
    text = str(sorted(value) if isinstance(value, dict) else value)
    return text if len(text) < 300 else f"{text[:300]} …"
