"""Which releases of the core a pack is written for: a range such as `>=0.1, <0.3`."""

import re
from collections.abc import Callable
from operator import eq, ge, gt, le, lt, ne
from typing import Any

_CLAUSE = re.compile(r"(>=|<=|==|!=|>|<)\s*(\d+(?:\.\d+)*)")
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {">=": ge, "<=": le, "==": eq, "!=": ne, ">": gt, "<": lt}


def fits(wanted: str, release: str) -> bool:
    """Whether the release is within the range; every release is within an empty one. Raises ValueError for what is no range."""
    for clause in filter(None, (part.strip() for part in wanted.split(","))):
        said = _CLAUSE.fullmatch(clause)
        if said is None:
            raise ValueError(f"{clause!r} is no range of releases, such as >=0.1, <0.3")
        if not _OPERATORS[said[1]](_parts(release), _parts(said[2])):
            return False
    return True


def _parts(release: str) -> tuple[int, ...]:
    numbers = [int(part) for part in re.findall(r"\d+", release.partition("+")[0])]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
