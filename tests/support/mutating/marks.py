"""What a table promises by its `Keys`, mark by mark, and the database without it."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Literal

import msgspec
from msgspec import Struct

from guibin_tenants.schema import APP_ROLE, BEGINNING, ERASURE, WORDLESS
from guibin_tenants.tables import Keys, TenantTable
from guibin_tenants.walls import Wall, leads_to, walls

Kind = Literal["wall", "append-only", "ending"]


class Mark(Struct, frozen=True):
    """A promise of `table`: without it its `Keys` are `less`, and its database is brought there by `statements`.

    `touch` is what a test has to do with the table to notice, `said` tells the mark from others of its kind.
    """

    table: type[TenantTable]
    kind: Kind
    said: str
    less: Keys
    statements: tuple[str, ...]
    touch: str

    @property
    def name(self) -> str:
        """The table, and which of its marks."""
        return f"{self.table._meta.tablename} {self.said}".rstrip()

    def take_out(self) -> None:
        """As if the table had never promised it."""
        self.table.keys = self.less


def marks(table: type[TenantTable]) -> Iterator[Mark]:
    """All of one table."""
    name, keys = table._meta.tablename, table.keys
    mark = partial(Mark, table)
    for said, less in _walls_less(keys):
        yield mark("wall", said, less, tuple(_fallen(table, less)), f"walled {name}")
    if keys.append_only:
        granted = (f"grant select, insert, update, delete on {name} to {APP_ROLE}", _without_policy(ERASURE, name))
        yield mark("append-only", "", _without(keys, append_only=False, expires=False), granted, f"changed {name}")
    if keys.expires:
        kept = (f"revoke delete on {name} from {APP_ROLE}",)
        yield mark("append-only", "but it expires", _without(keys, expires=False), kept, f"changed {name}")
    for said, less, statements in _endings_less(name, keys):
        yield mark("ending", said, less, statements, f"ended {name}")


def leading(keys: Keys) -> tuple[str, ...]:
    """The tables whose rows decide who sees one of these."""
    return tuple(leads_to(keys, entry)[1] for entry in (keys.wall, *keys.also, *keys.unowned) if entry)


def _walls_less(keys: Keys) -> Iterator[tuple[str, Keys]]:
    if keys.wall:
        yield "", _without(keys, wall="", also=(), unowned=(), from_above=False, anyone_adds=False)
        for entry in keys.also:
            yield f"also {entry}", _without(keys, also=_others(keys.also, entry))
        for entry in keys.unowned:
            yield f"nobody's {entry}", _without(keys, unowned=_others(keys.unowned, entry))
        for flag in ("from_above", "anyone_adds", "everybodys"):
            if getattr(keys, flag):
                yield flag, _without(keys, **{flag: False})
    for command in _granted(keys) if keys.written_by else ():
        yield f"{command} by {keys.written_by}", _without(keys, writes=_others(keys.writes, command))


def _fallen(table: type[TenantTable], less: Keys) -> Iterator[str]:
    before, after = _policies(table, table.keys), _policies(table, less)
    for policy, wall in before.items():
        if after.get(policy) != wall:
            yield f"drop {wall.kind} {policy} on {table._meta.tablename}"
    yield from (wall.statement for policy, wall in after.items() if before.get(policy) != wall)


def _policies(table: type[TenantTable], keys: Keys) -> dict[str, Wall]:
    kept, table.keys = table.keys, keys
    try:
        return {wall.name: wall for wall in walls(table, APP_ROLE if keys.relay else "")}
    finally:
        table.keys = kept


def _endings_less(name: str, keys: Keys) -> Iterator[tuple[str, Keys, tuple[str, ...]]]:
    if keys.begins:
        gone = f"drop trigger {BEGINNING} on {name}"
        yield f"begins {keys.begins}", _without(keys, begins=""), (gone,)
        if keys.begins == "open":
            kept = f"create trigger {BEGINNING} before insert on {name} for each row execute function guibin_beginning('kept')"
            yield "begins open, not kept", _without(keys, begins="kept"), (gone, kept)
    # Words that come after the erasure, and each column that the erasure itself blanks.
    wordless = f"drop trigger if exists {WORDLESS} on {name}"
    if keys.erasable and not (keys.begins and keys.append_only):
        yield "later words", keys, (wordless,)
    for column in keys.erasable:
        less = _without(keys, erasable=_others(keys.erasable, column))
        yield f"erases {column}", less, (wordless, _without_policy(ERASURE, name))


def _without_policy(policy: str, name: str) -> str:
    return f"drop policy if exists {policy} on {name}"


def _without(keys: Keys, **changed: Any) -> Keys:
    return msgspec.structs.replace(keys, **changed)


def _others(entries: tuple[Any, ...], but: str) -> tuple[Any, ...]:
    return tuple(entry for entry in entries if entry != but)


def _granted(keys: Keys) -> list[str]:
    """The commands that are the application's at all: what is appended only it cannot change, however its rows are walled."""
    given = {
        "insert": True,
        "update": not keys.append_only or bool(keys.erasable),
        "delete": not keys.append_only or keys.expires,
    }
    return [command for command in keys.writes if given[command]]
