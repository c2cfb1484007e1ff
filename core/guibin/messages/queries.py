"""Channels as they may be seen, and messages with their attempts."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.web.paging import Cursor
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one

from .requests import MessageFilter


class ChannelView(Struct, frozen=True, kw_only=True):
    """A channel; its settings are not shown."""

    id: UUID
    name: str
    means: str
    provider: str
    shown: str
    per_day_max: int | None
    written_by_name: str
    written_at: datetime


class MessageView(Struct, frozen=True, kw_only=True):
    """A message and how it stands; what it said is in the customer's interaction history."""

    id: UUID
    occasion: str
    kind: str
    means: str
    customer_id: UUID | None
    staff_id: UUID | None
    subject: str
    subject_id: UUID
    state: str
    because: str
    attempts: int
    next_at: datetime | None
    not_after: datetime | None
    created_at: datetime
    ended_at: datetime | None


class AttemptView(Struct, frozen=True, kw_only=True):
    """One try; `error` is empty when the provider took it."""

    attempt: int
    error: str
    duration_ms: int
    attempted_at: datetime


class MessageWithAttempts(MessageView, frozen=True, kw_only=True):
    """With every try."""

    log: list[AttemptView]


_CHANNEL = (
    "select id, name, means, provider, shown, per_day_max, written_by_name, written_at from message_channel"
    " where removed_at is null"
)
_MESSAGE = (
    "select id, occasion, kind, means, customer_id, staff_id, subject, subject_id, state, because, attempts, next_at,"
    " not_after, created_at, ended_at from message"
)


async def channels() -> list[ChannelView]:
    """Those in use, by means."""
    return [msgspec.convert(dict(row), ChannelView) for row in await fetch(f"{_CHANNEL} order by means")]


async def channel(channel_id: UUID) -> ChannelView:
    """One in use. Raises NotFound."""
    row = await fetch_one(f"{_CHANNEL} and id = $1", channel_id)
    if row is None:
        raise NotFound(f"There is no channel {channel_id}")
    return msgspec.convert(dict(row), ChannelView)


async def means_in_use() -> frozenset[str]:
    """What the company can send through."""
    rows = await fetch("select means from message_channel where removed_at is null")
    return frozenset(row["means"] for row in rows)


async def messages(wanted: MessageFilter, *, after: Cursor | None, limit: int) -> list[MessageView]:
    """The latest first."""
    rows = await fetch(
        f"{_MESSAGE} where ($1::uuid is null or customer_id = $1) and ($2::text is null or state = $2)"
        " and ($3::text is null or means = $3) and ($4::timestamptz is null or (created_at, id) < ($4, $5::uuid))"
        " order by created_at desc, id desc limit $6",
        wanted.customer_id,
        wanted.state,
        wanted.means,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), MessageView) for row in rows]


async def message(message_id: UUID) -> MessageWithAttempts:
    """One with its tries. Raises NotFound."""
    row = await fetch_one(f"{_MESSAGE} where id = $1", message_id)
    if row is None:
        raise NotFound(f"There is no message {message_id}")
    log = await fetch(
        "select attempt, error, duration_ms, attempted_at from message_attempt where message_id = $1 order by attempt",
        message_id,
    )
    return msgspec.convert({**row, "log": [dict(one) for one in log]}, MessageWithAttempts)
