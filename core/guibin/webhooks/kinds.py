"""Every kind of event as those read it who follow it: what it is called, and what its payload says, in both languages."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin.events import Event, all_events, of_pack
from guibin.jobs.kinds import kind_of
from guibin.policy.texts import Text, load

Kind = Literal["id", "word", "number", "yes_or_no", "day", "moment", "words"]
# A moment is a day, too, and yes or no a number: the first that fits.
_KINDS: tuple[tuple[type, Kind], ...] = (
    (UUID, "id"),
    (bool, "yes_or_no"),
    (int, "number"),
    (datetime, "moment"),
    (date, "day"),
    (str, "word"),
)


class PayloadField(Struct, frozen=True):
    """What an event says under `name`; `optional` may be nothing."""

    name: str
    kind: Kind
    optional: bool
    title: Text


class EventKind(Struct, frozen=True):
    """A kind of event by the `name` it is written down under, for good."""

    name: str
    title: Text
    payload: tuple[PayloadField, ...]

    def field(self, name: str) -> PayloadField | None:
        """What it says under this name, if anything."""
        return next((each for each in self.payload if each.name == name), None)


async def event_kinds(act: Act) -> tuple[EventKind, ...]:
    """All of them by name, those of the company's packs among them."""
    return known_kinds(act.company.packs)


def known_kinds(packs: Iterable[str] | None = None) -> tuple[EventKind, ...]:
    """The core's and those of these packs; of every pack where none is named, for whoever only says what things are called."""
    return tuple(sorted((_described(event) for event in all_events(packs)), key=lambda kind: kind.name))


@cache
def _described(event: type[Event]) -> EventKind:
    whose = of_pack(event)
    name, words = kind_of(event), {**_words(), **(whose.texts if whose is not None else {})}
    hints = get_type_hints(event)
    fields = tuple(_field(field, hints[field], words) for field in event.__struct_fields__)
    return EventKind(name, _text(f"event.{name}", name, words), fields)


def _field(name: str, hint: Any, words: Mapping[str, Text]) -> PayloadField:
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    kind = next(
        (kind for of, kind in _KINDS for part in parts if isinstance(part, type) and issubclass(part, of)), None
    )
    return PayloadField(name, kind or "words", type(None) in parts, _text(f"payload.{name}", name, words))


def _text(key: str, name: str, words: Mapping[str, Text]) -> Text:
    """What has no words is called by its name."""
    said = name.replace("_", " ").replace(".", " ")
    return words.get(key) or Text(zh=said, en=said)


@cache
def _words() -> dict[str, Text]:
    return load(files("guibin.webhooks") / "templates")
