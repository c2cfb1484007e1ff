"""Which cell has which company: the directory on the first cell, and what this process remembers of it.

What is remembered is never trusted: a company's scope opens where its registration stands and nowhere else, and whoever does
not find it there asks the directory again, once.
"""

from typing import Any
from uuid import UUID

from msgspec import Struct
from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Array, Text, Timestamptz, Varchar
from piccolo.table import Table

from .database import ENGINE, borrowed
from .refusals import Unavailable

REMEMBERED_MAX = 100_000


class CellRow(Table, db=ENGINE, tablename="cell"):
    """A database on which companies are placed, from `added_at` on; since `draining_at` no new ones. On the directory's cell."""

    name = Varchar(length=40, primary_key=True)
    added_at = Timestamptz(default=None, null=True)
    draining_at = Timestamptz(default=None, null=True)


class Placement(Table, db=ENGINE):
    """Where a company is: whole on one cell. On the directory's cell, written by the owner role alone.

    `state`: *making* while it is registered, *served*, *moving* to another cell, *erased* when nothing but its slug is left.
    `domains` are its own, each one company's alone over all cells. While it moves it is on its way to `moving_to`; once it has changed its
    cell, what is left is still on `moved_from`.
    """

    company = UuidColumn(primary_key=True, default=None)
    slug = Varchar(length=40, unique=True)
    cell = Varchar(length=40)
    state = Varchar(length=10)
    domains = Array(base_column=Text(), default=None, null=True)
    placed_at = Timestamptz(default=None, null=True)
    moving_to = Varchar(length=40, default=None, null=True)
    moved_from = Varchar(length=40, default=None, null=True)


class Place(Struct, frozen=True):
    """A company's line of the directory."""

    company: UUID
    slug: str
    cell: str
    state: str
    domains: tuple[str, ...] = ()
    moving_to: str = ""
    moved_from: str = ""


class NotHere(Unavailable):
    """The company is being moved: ask again in a moment. Nothing was shown and nothing was written."""

    kind = "company-moving"
    retry_after = 1


_places: dict[UUID, Place] = {}
_slugs: dict[str, UUID] = {}


def place_of_row(row: Any) -> Place:
    """The line as it was read."""
    return Place(
        row["company"],
        row["slug"],
        row["cell"],
        row["state"],
        tuple(row["domains"] or ()),
        row["moving_to"] or "",
        row["moved_from"] or "",
    )


async def cell_of(company: UUID, *, anew: bool = False) -> str | None:
    """On which cell the company is; None where the directory knows none. `anew`: what was remembered was wrong.

    Raises what opening a connection does, where the directory is away and the company not known.
    """
    known = None if anew else _places.get(company)
    place = known or await _asked("company", company)
    return place.cell if place else None


async def by_slug(slug: str) -> Place | None:
    """The line of this slug, remembered as long as the process lives: a slug is never given to another."""
    known = _places.get(_slugs[slug]) if slug in _slugs else None
    return known or await _asked("slug", slug)


async def by_domain(domain: str) -> Place | None:
    """Whose domain it is. While the directory is away, whose it was."""
    try:
        return await _asked("domains", [domain])
    except Unavailable:
        return next((place for place in _places.values() if domain in place.domains), None)


def forget(company: UUID) -> None:
    """Ask the directory the next time."""
    place = _places.pop(company, None)
    if place is not None:
        _slugs.pop(place.slug, None)


def forget_all() -> None:
    """Ask the directory for whomever."""
    _places.clear()
    _slugs.clear()


def stands(company: UUID) -> str:
    """On which cell the company whose scope is open is; empty where there is but one."""
    place = _places.get(company)
    return place.cell if place else ""


_ASKED = {"company": "company = $1", "slug": "slug = $1", "domains": "domains @> $1::text[]"}


async def _asked(by: str, value: object) -> Place | None:
    async with borrowed() as connection:
        row = await connection.fetchrow(
            f"select * from placement where {_ASKED[by]}",  # one of ours
            value,
        )
    if row is None:
        return None
    place = place_of_row(row)
    if len(_places) >= REMEMBERED_MAX:
        forget_all()
    _places[place.company] = place
    _slugs[place.slug] = place.company
    return place
