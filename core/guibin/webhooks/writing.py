"""Writing deliveries down in the event's own transaction: what is rolled back is told to nobody."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from guibin.events import Event, listens
from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job, kind_of
from guibin_tenants.scope import execute, fetch
from guibin_tenants.tables import new_id

from .payloads import Message, encoded, message_of

# A company's own work goes first.
PRIORITY = -10


class DeliverWebhook(Job, frozen=True):
    """Try a delivery after `attempts` others. `postponed` counts how often there was no room."""

    delivery_id: UUID
    attempts: int
    postponed: int = 0


@listens
async def write_deliveries(event: Event, now: datetime) -> None:
    """One delivery for every endpoint that asked for such events."""
    rows = await fetch(
        "select id from webhook_endpoint where disabled_at is null and removed_at is null"
        " and (cardinality(event_types) = 0 or $1 = any (event_types)) order by id",
        kind_of(type(event)),
    )
    if rows:
        await write(message_of(event, now=now), [row["id"] for row in rows], now=now)


async def write(message: Message, endpoint_ids: Sequence[UUID], *, now: datetime) -> list[UUID]:
    """The event and its deliveries; their ids."""
    event_id = new_id()
    await execute(
        "insert into webhook_event (id, type, body, happened_at) values ($1, $2, $3, $4)",
        event_id,
        message.type,
        encoded(message),
        message.timestamp,
    )
    written = []
    for endpoint_id in endpoint_ids:
        delivery_id = new_id()
        await execute(
            "insert into webhook_delivery (id, event_id, endpoint_id, state, attempts, tries, next_at, created_at)"
            " values ($1, $2, $3, 'pending', 0, 0, $4, $4)",
            delivery_id,
            event_id,
            endpoint_id,
            now,
        )
        await plan(DeliverWebhook(delivery_id, 0), at=now, now=now)
        written.append(delivery_id)
    return written


async def plan(job: DeliverWebhook, *, at: datetime, now: datetime) -> None:
    """Have it tried at that moment, once."""
    key = f"webhook/{job.delivery_id}/{job.attempts}/{job.postponed}"
    await enqueue(job, now=now, run_at=at, unique_key=key, while_pending=True, priority=PRIORITY)
