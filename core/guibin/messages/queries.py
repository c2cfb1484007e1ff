"""Channels as they may be seen, and messages with their attempts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from guibin.web.listing import Listing, newest_first
from guibin_tenants.rows import lines, many, read, struct_of
from guibin_tenants.scope import fetch, fetch_column, fetch_value

from .tables import MessageChannel, State


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
    state: State
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


MESSAGES = Listing(view=MessageView, source="message x", order=newest_first("x.created_at"))
WITH_ATTEMPTS = MESSAGES.wider(
    MessageWithAttempts, log=lines(AttemptView, "from message_attempt where message_id = x.id order by attempt")
)


class Week(Struct, frozen=True):
    """How the last seven days went by one means; `because` is why the latest failed."""

    means: str
    sent: int
    waiting: int
    failed: int
    because: str


async def last_week(now: datetime) -> dict[str, Week]:
    """By means, where there was any message."""
    weeks = await read(
        Week,
        "select means, count(*) filter (where state = 'sent') as sent, count(*) filter (where state = 'pending') as waiting,"
        " count(*) filter (where state = 'failed') as failed, coalesce((array_agg(because order by ended_at desc)"
        "   filter (where state = 'failed'))[1], '') as because from message where created_at > $1 group by means",
        now - timedelta(days=7),
    )
    return {week.means: week for week in weeks}


async def sent_since(moment: datetime) -> dict[str, int]:
    """How many messages went out since, by means."""
    rows = await fetch(
        "select means, count(*)::int as sent from message where state = 'sent' and ended_at >= $1 group by means",
        moment,
    )
    return {row["means"]: row["sent"] for row in rows}


async def channels() -> list[ChannelView]:
    """Those in use, by means."""
    return await many(ChannelView, "from message_channel where removed_at is null order by means")


async def channel(channel_id: UUID) -> ChannelView:
    """One in use. Raises NotFound."""
    return await struct_of(
        ChannelView, MessageChannel, channel_id, "from message_channel where removed_at is null and id = $1"
    )


async def means_in_use() -> frozenset[str]:
    """What the company can send through."""
    return frozenset(await fetch_column("select means from message_channel where removed_at is null"))


async def mailed(message_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Those of these that are mails to customers, with whose they are."""
    rows = await fetch(
        "select id, customer_id from message where id = any ($1) and means = 'email' and customer_id is not null",
        list(message_ids),
    )
    return {row["id"]: row["customer_id"] for row in rows}


def of_message(message_id: str) -> str:
    """SQL: the join of the message `went` of this id, where there is one; `message_id` is a column of the row `r`."""
    return f"left join message went on went.tenant_id = r.tenant_id and went.id = {message_id}"


async def is_tested() -> bool:
    """Whether a channel in use took a test message."""
    return bool(
        await fetch_value("select true from message_channel where removed_at is null and tested_at is not null limit 1")
    )
