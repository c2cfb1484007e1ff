"""Cursor pagination: pages that stay right while rows are added."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from guibin_tenants.refusals import Invalid

Item = TypeVar("Item")


class Page(Struct, Generic[Item], frozen=True):
    """Some items and, when there are more, the cursor that continues.

    The last page of what changed since a moment says `until` when nothing is missing: what to ask from the next time.
    """

    items: list[Item]
    next: str | None = None
    until: datetime | UnsetType = UNSET


def page_of(rows: Sequence[Item], limit: int, ends: Callable[[Item], tuple[Any, ...]]) -> Page[Item]:
    """A page from at most `limit + 1` rows: the one too many shows that there is a next page, which begins after what
    `ends` says of the last row."""
    items = list(rows[:limit])
    return Page(items, written(ends(items[-1])) if len(rows) > limit else None)


def written(cursor: tuple[Any, ...]) -> str:
    """What a page ends with, as it travels: opaque to the reader."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(cursor)).decode().rstrip("=")


def read(text: str, kind: type[Item]) -> Item:
    """Raises Invalid for anything `written` did not make of such a cursor."""
    try:
        return msgspec.msgpack.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=kind)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise Invalid.at("cursor", "the `next` of an earlier page, unchanged", "start without a cursor", text) from None
