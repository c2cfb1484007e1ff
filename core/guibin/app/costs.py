"""What a request costs, by its address: known before anything is done for it."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs

from litestar import Litestar
from litestar.routes import HTTPRoute

from guibin.files.api import TAKES_FILE
from guibin_tenants.rate_limits import BULK

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# A page of a list that is longer costs as a long list.
SHORT_LIST = 50
_PARAMETER = re.compile(r"\\\{[^/]*?\\\}")


class Costs:
    """Handlers that say `cost=BULK`, exports, imports and whatever else goes over a whole customer base, are the dear ones."""

    def __init__(self, dear: Iterable[tuple[str, str]], files: Iterable[tuple[str, str]] = ()) -> None:
        self._dear, self._files = _any_of(dear), _any_of(files)

    def takes_file(self, method: str, path: str) -> bool:
        """Whether the body has the bounds of a file."""
        return self._files.fullmatch(f"{method} {path.rstrip('/')}") is not None

    def of(self, method: str, path: str, query: bytes) -> str:
        """The cost class."""
        if self._dear.fullmatch(f"{method} {path.rstrip('/')}"):
            return BULK
        if method not in SAFE_METHODS:
            return "write"
        return "list" if _limit(query) > SHORT_LIST else "read"


def costs_of(litestar: Litestar) -> Costs:
    """As the handlers say."""
    return Costs(_addresses(litestar, "cost", BULK), _addresses(litestar, TAKES_FILE, True))


def _addresses(litestar: Litestar, option: str, value: Any) -> list[tuple[str, str]]:
    return [
        (method, route.path_format)
        for route in litestar.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.opt.get(option) == value
        for method in handler.http_methods
    ]


def _any_of(addresses: Iterable[tuple[str, str]]) -> re.Pattern[str]:
    return re.compile("|".join(f"{method} {_pattern(path)}" for method, path in addresses) or r"(?!)")


def _pattern(path: str) -> str:
    return _PARAMETER.sub("[^/]+", re.escape(path.rstrip("/")))


def _limit(query: bytes) -> int:
    try:
        given = parse_qs(query.decode("latin-1"), max_num_fields=100).get("limit", ["0"])[-1]
    except ValueError:  # more fields than any list has
        return SHORT_LIST + 1
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
