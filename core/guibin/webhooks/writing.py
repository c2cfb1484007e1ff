"""Writing deliveries down in the event's own transaction: what is rolled back is told to nobody."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from guibin.events import Event, listens
from guibin.jobs.actions import NewJob, new_job
from guibin.jobs.actions import write as write_jobs
from guibin.jobs.kinds import Job, kind_of
from guibin_tenants.scope import execute, fetch
from guibin_tenants.tables import new_id

from .payloads import Message, Value, encoded, message_of

# A company's own work goes first.
PRIORITY = -10


class DeliverWebhook(Job, frozen=True):
    """Try a delivery after `attempts` others. `postponed` counts how often there was no room."""

    delivery_id: UUID
    attempts: int
    postponed: int = 0


@listens
async def write_deliveries(happened: Sequence[Event], now: datetime) -> None:
    """One delivery for every endpoint that asked for such events."""
    kinds = sorted({kind_of(type(event)) for event in happened})
    rows = await fetch(
        "select id, event_types, narrowed_to from webhook_endpoint where disabled_at is null and removed_at is null"
        " and (cardinality(event_types) = 0 or event_types && $1::text[]) order by id",
        kinds,
    )
    if not rows:
        return
    told = [message_of(event, now=now) for event in happened]
    asking = [(message, _asking(rows, message)) for message in told]
    await write_all([(message, endpoint_ids) for message, endpoint_ids in asking if endpoint_ids], now=now)


async def write(message: Message, endpoint_ids: Sequence[UUID], *, now: datetime) -> list[UUID]:
    """The event and its deliveries; their ids."""
    return await write_all([(message, endpoint_ids)], now=now)


async def write_all(messages: Sequence[tuple[Message, Sequence[UUID]]], *, now: datetime) -> list[UUID]:
    """Events, each with the endpoints it goes to; the ids of their deliveries."""
    if not messages:
        return []
    event_ids = [new_id() for _ in messages]
    await execute(
        "insert into webhook_event (id, type, body, happened_at)"
        " select * from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[])",
        event_ids,
        [message.type for message, _ in messages],
        [encoded(message) for message, _ in messages],
        [message.timestamp for message, _ in messages],
    )
    deliveries = [
        (new_id(), event_id, endpoint_id)
        for event_id, (_, endpoint_ids) in zip(event_ids, messages, strict=True)
        for endpoint_id in endpoint_ids
    ]
    await execute(
        "insert into webhook_delivery (id, event_id, endpoint_id, state, attempts, tries, next_at, created_at)"
        " select n.id, n.event_id, n.endpoint_id, 'pending', 0, 0, $1, $1"
        " from unnest($2::uuid[], $3::uuid[], $4::uuid[]) as n (id, event_id, endpoint_id)",
        now,
        *([delivery[place] for delivery in deliveries] for place in range(3)),
    )
    written = [delivery_id for delivery_id, _, _ in deliveries]
    await write_jobs([_try(DeliverWebhook(delivery_id, 0), at=now) for delivery_id in written], now=now)
    return written


def _asking(endpoints: Sequence[asyncpg.Record], message: Message) -> list[UUID]:
    asking = [row for row in endpoints if not row["event_types"] or message.type in row["event_types"]]
    return [row["id"] for row in asking if _fits(row["narrowed_to"], message.data)]


def _fits(narrowed_to: Sequence[str], said: Mapping[str, Value]) -> bool:
    """Whether every field that is narrowed and said is among what it is narrowed to; JSON's own words for yes, no and numbers."""
    wanted: dict[str, set[str]] = {}
    for each in narrowed_to:
        field, _, value = each.partition("=")
        wanted.setdefault(field, set()).add(value)
    return all(_spelled(said[field]) in values for field, values in wanted.items() if field in said)


def _spelled(value: Value) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


async def plan(job: DeliverWebhook, *, at: datetime, now: datetime) -> None:
    """Have it tried at that moment, once."""
    await write_jobs([_try(job, at=at)], now=now)


def _try(job: DeliverWebhook, *, at: datetime) -> NewJob:
    key = f"webhook/{job.delivery_id}/{job.attempts}/{job.postponed}"
    return new_job(job, run_at=at, unique_key=key, while_pending=True, priority=PRIORITY)
