"""Cursor pagination: pages that stay right while rows are added."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin_tenants.refusals import FieldError, Invalid

Item = TypeVar("Item")


class Page(Struct, Generic[Item], frozen=True):
    """Some items and, when there are more, the cursor that continues."""

    items: list[Item]
    next: str | None = None


class Cursor(Struct, frozen=True, array_like=True):
    """The last row of a page: its moment and id. The next page holds what comes strictly before or after.

    `group` goes before both where a list has such, as what is owed before what is done.
    """

    moment: datetime
    id: UUID
    group: int = 0


def page_of(rows: Sequence[Item], limit: int, cursor_of: Callable[[Item], Cursor]) -> Page[Item]:
    """A page from at most `limit + 1` rows: the one too many shows that there is a next page."""
    items = list(rows[:limit])
    more = len(rows) > limit
    return Page(items, encode(cursor_of(items[-1])) if more else None)


def by_day(day: date) -> datetime:
    """The moment that stands for a day in a cursor; `moment.date()` is the day again."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def encode(cursor: Cursor) -> str:
    """The cursor as it travels: opaque to the reader."""
    return written(cursor)


def decode(text: str | None) -> Cursor | None:
    """Raises Invalid for anything `encode` did not make."""
    return None if text is None else read(text, Cursor)


def written(cursor: Any) -> str:
    """What a page ends with, as it travels: opaque to the reader."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(cursor)).decode().rstrip("=")


def read(text: str, kind: type[Item]) -> Item:
    """Raises Invalid for anything `written` did not make of such a cursor."""
    try:
        return msgspec.msgpack.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=kind)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise Invalid(
            fields=(FieldError("cursor", "the `next` of an earlier page, unchanged", "start without a cursor", text),)
        ) from None
