"""Endpoints, and the log of deliveries."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.web.paging import Cursor
from guibin_tenants import keyring
from guibin_tenants.keyring import Place
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one

from .requests import DeliveryFilter


class WebhookView(Struct, frozen=True, kw_only=True):
    """An endpoint; its secrets are not shown."""

    id: UUID
    url: str
    description: str
    event_types: tuple[str, ...]
    created_by_name: str
    created_at: datetime
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_because: str | None


class DeliveryView(Struct, frozen=True, kw_only=True):
    """One event for one endpoint, and how it stands."""

    id: UUID
    endpoint_id: UUID
    event_id: UUID
    type: str
    happened_at: datetime
    state: str
    attempts: int
    next_at: datetime | None
    created_at: datetime
    ended_at: datetime | None


class AttemptView(Struct, frozen=True, kw_only=True):
    """One try. `status` 0 means that no answer came, `error` why."""

    attempt: int
    status: int
    error: str
    duration_ms: int
    attempted_at: datetime


class DeliveryWithAttempts(DeliveryView, frozen=True, kw_only=True):
    """With what is sent, and every try."""

    body: str
    log: list[AttemptView]


_ENDPOINT = (
    "select id, url, description, event_types, created_by_name, created_at, failing_since, disabled_at,"
    " disabled_because from webhook_endpoint where removed_at is null"
)
_DELIVERY = (
    "select d.id, d.endpoint_id, d.event_id, e.type, e.happened_at, d.state, d.attempts, d.next_at, d.created_at,"
    " d.ended_at, e.body from webhook_delivery d join webhook_event e on e.tenant_id = d.tenant_id and e.id = d.event_id"
)


async def endpoints() -> list[WebhookView]:
    """All of them, the oldest first."""
    rows = await fetch(f"{_ENDPOINT} order by created_at, id")
    return [msgspec.convert(dict(row), WebhookView) for row in rows]


async def endpoint(endpoint_id: UUID, *, lock: bool = False) -> WebhookView:
    """One, locked until the end of the transaction if wanted. Raises NotFound."""
    row = await fetch_one(f"{_ENDPOINT} and id = $1{' for update' if lock else ''}", endpoint_id)
    if row is None:
        raise NotFound(f"There is no webhook {endpoint_id}")
    return msgspec.convert(dict(row), WebhookView)


async def secrets_of(endpoint_id: UUID, *, now: datetime) -> list[str]:
    """Every secret that signs now, the newest first."""
    rows = await fetch(
        "select id, sealed from webhook_secret where endpoint_id = $1 and (expires_at is null or expires_at > $2)"
        " order by created_at desc, id desc",
        endpoint_id,
        now,
    )
    key = await keyring.tenant_key()
    return [keyring.unseal(key, place_of(row["id"]), bytes(row["sealed"])) for row in rows]


async def deliveries(wanted: DeliveryFilter, *, after: Cursor | None, limit: int) -> list[DeliveryView]:
    """The latest first."""
    rows = await fetch(
        f"{_DELIVERY} where ($1::uuid is null or d.endpoint_id = $1) and ($2::text is null or d.state = $2)"
        " and ($3::text is null or e.type = $3) and ($4::timestamptz is null or (d.created_at, d.id) < ($4, $5::uuid))"
        " order by d.created_at desc, d.id desc limit $6",
        wanted.endpoint_id,
        wanted.state,
        wanted.type,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), DeliveryView) for row in rows]


async def delivery(delivery_id: UUID) -> DeliveryWithAttempts:
    """One with its tries. Raises NotFound."""
    row = await fetch_one(f"{_DELIVERY} where d.id = $1", delivery_id)
    if row is None:
        raise NotFound(f"There is no delivery {delivery_id}")
    log = await fetch(
        "select attempt, status, error, duration_ms, attempted_at from webhook_attempt where delivery_id = $1"
        " order by attempt",
        delivery_id,
    )
    return msgspec.convert({**row, "log": [dict(one) for one in log]}, DeliveryWithAttempts)


def place_of(secret_id: UUID) -> Place:
    """Where a sealed secret lives."""
    return Place("webhook_secret", "sealed", secret_id)
