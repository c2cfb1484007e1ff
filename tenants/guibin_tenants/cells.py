"""Several PostgreSQL databases ("cells"), each company whole on one of them (docs/decisions/0056).

`GUIBIN_CELLS` names them; the first one's directory says which company is where. One address alone is one cell.
"""

import re
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import msgspec
from msgspec import Struct

VARIABLE = "GUIBIN_CELLS"
Role = Literal["app", "owner", "relay", "mover"]
# By which variable one address alone is told.
ALONE: dict[str, Role] = {"GUIBIN_DATABASE_URL": "app", "GUIBIN_OWNER_URL": "owner", "GUIBIN_RELAY_URL": "relay"}
_NAME = re.compile(r"[a-z][a-z0-9-]{0,38}")


class BadCells(Exception):
    """The variable says nothing that can be served; no process starts."""


class Cell(Struct, frozen=True):
    """One database, with its address for each role; empty for a role that this process was not told.

    `mover` replicates, for `guibin tenant move` alone.
    """

    name: str
    app: str = ""
    owner: str = ""
    relay: str = ""
    mover: str = ""

    def url(self, role: Role) -> str:
        """Raises BadCells where this process was not told."""
        found: str = getattr(self, role)
        if not found:
            raise BadCells(f"{VARIABLE}: say the address {role!r} of cell {self.name!r}, too")
        return found


class _Addresses(Struct, forbid_unknown_fields=True, omit_defaults=True):
    app: str = ""
    owner: str = ""
    relay: str = ""
    mover: str = ""


Cells = tuple[Cell, ...]
_cells: Cells = ()


def cells_of(environment: Mapping[str, str]) -> Cells:
    """The cells in the order in which they are named, none where one address alone is served. Raises BadCells."""
    text = environment.get(VARIABLE, "").strip()
    if not text:
        return ()
    try:
        named = msgspec.json.decode(text, type=dict[str, _Addresses])
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BadCells(
            f'{VARIABLE} is not JSON like {{"north": {{"app": URL, "owner": URL, "relay": URL}}}}: {error}'
        ) from None
    if not named:
        raise BadCells(f"{VARIABLE} names no cell: name one at least, or leave it out")
    found = tuple(Cell(name, one.app, one.owner, one.relay, one.mover) for name, one in named.items())
    _check(found)
    return found


def _check(cells: Sequence[Cell]) -> None:
    seen: dict[tuple[str, ...], str] = {}
    for cell in cells:
        if not _NAME.fullmatch(cell.name):
            raise BadCells(f"{VARIABLE}: {cell.name!r} is no name: small letters, digits and hyphens, a letter first")
        urls = [url for url in (cell.app, cell.owner, cell.relay, cell.mover) if url]
        if not urls:
            raise BadCells(f"{VARIABLE}: cell {cell.name!r} has no address")
        for url in urls:
            if urlsplit(url).scheme not in ("postgresql", "postgres"):
                raise BadCells(f"{VARIABLE}: an address of cell {cell.name!r} is not postgresql://…")
        places = {_database(url) for url in urls}
        if len(places) > 1:
            raise BadCells(f"{VARIABLE}: the addresses of cell {cell.name!r} lead to different databases")
        other = seen.setdefault(places.pop(), cell.name)
        if other != cell.name:
            raise BadCells(f"{VARIABLE}: {other!r} and {cell.name!r} are the same database")


def _database(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    socket_dir = parse_qs(parts.query).get("host", [""])[0]
    return (parts.hostname or socket_dir, str(parts.port or 5432), parts.path.strip("/"))


def narrowed(cells: Cells, roles: Sequence[str]) -> str:
    """The variable for a process that may know these roles' addresses and no others."""
    known = {cell.name: _Addresses(**{role: getattr(cell, role) for role in roles}) for cell in cells}
    return msgspec.json.encode(known).decode()


def use_cells(cells: Cells) -> None:
    """Serve these from now on; none for one address alone. For composition roots, before anything is connected."""
    global _cells
    _cells = cells


def serve(environment: MutableMapping[str, str]) -> None:
    """Serve the cells that the environment names; the first one's addresses are then there as those of one alone are.

    Raises BadCells.
    """
    use_cells(cells_of(environment))
    for variable, role in ALONE.items() if _cells else ():
        url = getattr(_cells[0], role)
        if environment.get(variable, url) != url:
            raise BadCells(f"{variable} is not the address {role!r} of {_cells[0].name!r}, the first of {VARIABLE}")
        if url:
            environment[variable] = url


def used() -> Cells:
    """Those of this process, the directory's first; none where one address alone is served."""
    return _cells


def named(name: str) -> Cell:
    """Raises BadCells for one that this process was not told of."""
    for cell in _cells:
        if cell.name == name:
            return cell
    raise BadCells(f"{VARIABLE} names no cell {name!r}: it has {', '.join(cell.name for cell in _cells) or 'none'}")
