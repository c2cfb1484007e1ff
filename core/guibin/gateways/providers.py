"""What a channel is to the rest: settings that can be checked and shown, and one way to send."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from guibin_tenants.refusals import FieldError

TIMEOUT_S = 20.0


class Parcel(Struct, frozen=True):
    """One message ready to go. `to` is an address or number in clear: it lives only as long as the attempt.

    `at` is when it is sent: vendors refuse a signature that is older than some minutes. `values` are what filled the
    text, by name, for vendors that keep the text themselves and take only what is filled in. `thread` are the Message-IDs of
    the mails that a mail answers, the last of them directly. `files` go with a mail as they are, by name.
    """

    message_id: UUID
    to: str
    title: str
    text: str
    at: datetime
    kind: str = ""
    values: dict[str, str] = {}
    thread: tuple[str, ...] = ()
    files: dict[str, bytes] = {}


class Outcome(Struct, frozen=True):
    """What the provider made of it: `error` empty when it was taken, `final` when trying again is no use."""

    error: str = ""
    final: bool = False
    duration_ms: int = 0


class Provider(Struct, frozen=True):
    """One kind of channel. `wrong` says what is wrong with settings, `shown` what may be seen of them."""

    settings: type[Struct]
    wrong: Callable[[Any], list[FieldError]]
    shown: Callable[[Any], str]
    send: Callable[[Any, Parcel], Awaitable[Outcome]]


def nothing_wrong(_: Struct) -> list[FieldError]:
    """For settings whose types say all."""
    return []
