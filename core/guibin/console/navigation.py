"""Where people can go: entries that slices and packs declare, shown to whoever may read what is there."""

from collections.abc import Callable, Iterable

from msgspec import Struct

from guibin.context import Act
from guibin.policy.packs import Policy
from guibin_tenants.principals import Predicate

# In which order the groups stand.
GROUPS = ("work", "serve", "lead", "govern")


class Entry(Struct, frozen=True, kw_only=True):
    """One place: `title` is a key of the pages' texts, `icon` one of `assets/icons.txt`, `needs` what it asks.

    `key` is pressed after G. `order` sorts within the group, small first. `pack` is set by a pack: its companies see it.
    `has` says of a company's policy whether there is anything in it for this place.
    """

    title: str
    path: str
    icon: str
    needs: Predicate
    group: str = "work"
    order: int = 50
    pack: str = ""
    phone: bool = False
    has: Callable[[Policy], bool] | None = None


class Section(Struct, frozen=True):
    """A group of places for one reader."""

    name: str
    entries: tuple[Entry, ...]


def sections(entries: Iterable[Entry], act: Act) -> tuple[Section, ...]:
    """What the reader sees, group by group; a group without any place is left out."""
    seen = sorted((entry for entry in entries if _is_for(entry, act)), key=lambda entry: entry.order)
    grouped = (Section(name, tuple(entry for entry in seen if entry.group == name)) for name in GROUPS)
    return tuple(section for section in grouped if section.entries)


def _is_for(entry: Entry, act: Act) -> bool:
    of_pack = not entry.pack or entry.pack in act.company.packs
    return entry.needs(act.by) and of_pack and (entry.has is None or entry.has(act.policy))
