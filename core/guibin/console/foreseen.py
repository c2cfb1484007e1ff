"""What would come of something, as a form shows it before it is done."""

from typing import Literal

from msgspec import Struct


class Line(Struct, frozen=True):
    """One thing that changes: what is more (`ok`), less (`late`) or neither, and what of it."""

    tone: Literal["ok", "late", "ink2"]
    label: str
    text: str


class Group(Struct, frozen=True):
    """What changes of one person or thing, and from when until when, as its title says; no line where nothing does."""

    title: str
    lines: tuple[Line, ...]


Foreseen = tuple[Group, ...]
