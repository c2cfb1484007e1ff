"""Endpoints, and the log of deliveries."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin.web.listing import Listing, PageAsked, newest_first
from guibin.web.paging import Page
from guibin_tenants import keyring
from guibin_tenants.keyring import Place
from guibin_tenants.rows import lines, many, struct_of
from guibin_tenants.scope import fetch, fetch_value

from .requests import DeliveryFilter
from .tables import State, WebhookEndpoint


class WebhookView(Struct, frozen=True, kw_only=True):
    """An endpoint; its secrets are not shown."""

    id: UUID
    url: str
    description: str
    event_types: tuple[str, ...]
    narrowed_to: tuple[str, ...]
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
    state: State
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


DELIVERIES = Listing(
    view=DeliveryView,
    source="webhook_delivery x join webhook_event e on e.tenant_id = x.tenant_id and e.id = x.event_id",
    order=newest_first("x.created_at"),
    columns={"type": "e.type", "happened_at": "e.happened_at"},
    filters={"webhook_id": "x.endpoint_id = $value", "type": "e.type = $value"},
)
WITH_ATTEMPTS = DELIVERIES.wider(
    DeliveryWithAttempts,
    body="e.body",
    log=lines(AttemptView, "from webhook_attempt where delivery_id = x.id order by attempt"),
)


async def endpoints() -> list[WebhookView]:
    """All of them, the oldest first."""
    return await many(WebhookView, "from webhook_endpoint where removed_at is null order by created_at, id")


async def endpoint(webhook_id: UUID) -> WebhookView:
    """One. Raises NotFound."""
    return await _endpoint(webhook_id)


async def locked_endpoint(webhook_id: UUID) -> WebhookView:
    """One, locked until the end of the transaction. Raises NotFound."""
    return await _endpoint(webhook_id, lock=" for update")


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


async def deliveries(filters: DeliveryFilter, page: PageAsked, act: Act) -> Page[DeliveryView]:
    """The latest first."""
    return await DELIVERIES.page(filters, page, act)


async def delivery(delivery_id: UUID) -> DeliveryWithAttempts:
    """One with its tries. Raises NotFound."""
    return await WITH_ATTEMPTS.one(delivery_id)


async def _endpoint(webhook_id: UUID, *, lock: str = "") -> WebhookView:
    return await struct_of(
        WebhookView, WebhookEndpoint, webhook_id, f"from webhook_endpoint where removed_at is null and id = $1{lock}"
    )


def place_of(secret_id: UUID) -> Place:
    """Where a sealed secret lives."""
    return Place("webhook_secret", "sealed", secret_id)


async def delivered_since(moment: datetime) -> int:
    """How many deliveries arrived since, as far back as they are kept."""
    return int(
        await fetch_value("select count(*) from webhook_delivery where state = 'delivered' and ended_at >= $1", moment)
    )
