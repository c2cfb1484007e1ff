"""What an event looks like outside: its type, its moment, ids and words of the policy. No personal data."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.events import Event, all_events
from guibin.jobs.kinds import kind_of

PING = "ping"
# Words that a policy or the product defines. Whatever else an event says in words stays inside.
WORDS = frozenset({"subject", "scheme", "tier", "level", "from_level", "to_level", "milestone", "step"})
Value = str | int | bool | None


class Message(Struct, frozen=True):
    """The body of a webhook."""

    type: str
    timestamp: datetime
    data: dict[str, Value]


def event_types() -> tuple[str, ...]:
    """Everything an endpoint can ask for."""
    return tuple(sorted(kind_of(event) for event in all_events()))


def message_of(event: Event, *, now: datetime) -> Message:
    """The event as it is told outside."""
    data = {name: _value(name, getattr(event, name)) for name in event.__struct_fields__ if _is_thin(event, name)}
    return Message(kind_of(type(event)), now, data)


def encoded(message: Message) -> str:
    """As it is sent."""
    return msgspec.json.encode(message).decode()


def _is_thin(event: Event, name: str) -> bool:
    value = getattr(event, name)
    return name in WORDS or value is None or isinstance(value, UUID | datetime | bool | int) or hasattr(value, "day")


def _value(name: str, value: object) -> Value:
    if value is None or isinstance(value, bool | int | str):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
