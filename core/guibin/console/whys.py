"""Why something was decided as it was: the sentence, the figures, the clause in our own words, the policy's version, and for a
deadline what moved it. One look everywhere."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from .shell import Shell


class Moved(Protocol):
    """A change of a deadline, as its timer keeps it."""

    @property
    def reason(self) -> str: ...
    @property
    def due_before(self) -> datetime | None: ...
    @property
    def due_after(self) -> datetime | None: ...
    @property
    def changed_by_name(self) -> str: ...
    @property
    def changed_at(self) -> datetime: ...


class Move(Struct, frozen=True):
    """One line of a deadline's story: when, what, by whom, and when it has been due since; None while it stands still."""

    at: datetime
    what: str
    who: str
    due_at: datetime | None


class Why(Struct, frozen=True, kw_only=True):
    """One decision explained. Each of `figures` has its name; `trace` is the page of how it came about."""

    sentence: str
    figures: tuple[tuple[str, str], ...] = ()
    clause: str = ""
    version: int | None = None
    moves: tuple[Move, ...] = ()
    trace: str = ""


def why(shell: Shell, sentence: str, *, clause: str = "", version: int | None = None, **more: Any) -> Why:
    """The decision, with its clause as pages call it; `more` is what else a Why has."""
    return Why(sentence=sentence, clause=clause, version=version, **more)


def moves(begun: tuple[datetime, datetime | None], changes: Iterable[Moved], shell: Shell) -> tuple[Move, ...]:
    """What moved a deadline, from its beginning: `begun` are when it began and when it was due first."""
    first = Move(begun[0], shell.says("why.begun"), "", begun[1])
    later = (
        Move(each.changed_at, _moved(each.reason, shell), each.changed_by_name, each.due_after) for each in changes
    )
    return (first, *later)


def _moved(reason: str, shell: Shell) -> str:
    key = f"why.move.{reason}"
    return shell.says(key) if shell.studio.words.has(key) else reason
