"""What an event looks like outside: its type, its moment, ids and words of the policy. No personal data."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.events import Event, all_events
from guibin.jobs.kinds import kind_of

PING = "ping"
# Words that a policy or the product defines. Whatever else an event says in words stays inside.
WORDS = frozenset(
    [
        "subject",
        "scheme",
        "tier",
        "level",
        "from_level",
        "to_level",
        "milestone",
        "step",
        "stage",
        "state",
        "kind",
        "item",
        "metric",
        "channel",
        "direction",
        "outcome",
        "flow",
        "survey",
        "task",
    ]
)
Value = str | int | bool | None
# Ids, figures, days and moments, and how each is told; the first that fits.
THIN: tuple[tuple[type, Callable[[Any], Value]], ...] = (
    (type(None), lambda value: value),
    (int, lambda value: value),
    (UUID, str),
    (date, lambda value: value.isoformat()),
)


class Message(Struct, frozen=True):
    """The body of a webhook."""

    type: str
    timestamp: datetime
    data: dict[str, Value]


def event_types(packs: Iterable[str]) -> tuple[str, ...]:
    """Everything an endpoint of a company with these packs can ask for."""
    return tuple(sorted(kind_of(event) for event in all_events(packs)))


def message_of(event: Event, *, now: datetime) -> Message:
    """The event as it is told outside."""
    data: dict[str, Value] = {}
    for name in event.__struct_fields__:
        value = getattr(event, name)
        tell = next((how for kind, how in THIN if isinstance(value, kind)), None)
        if tell is not None:
            data[name] = tell(value)
        elif name in WORDS:
            data[name] = value
    return Message(kind_of(type(event)), now, data)


def encoded(message: Message) -> str:
    """As it is sent."""
    return msgspec.json.encode(message).decode()
