"""`/api/v1/webhooks`, `/webhook-deliveries` and `/webhook-event-types`."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import Parameter
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT

from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import Principal, may, sees_all

from . import actions, queries
from .actions import CreatedWebhook, Replayed
from .payloads import event_types
from .queries import DeliveryView, DeliveryWithAttempts, WebhookView
from .requests import DeliveryFilter, NewReplays, NewSecret, NewWebhook, WebhookChange

# What happens anywhere in the company goes there, also what an outlet must not see of another (S02-6).
WRITE = may("webhooks:write") & sees_all
State = Annotated[Literal["pending", "delivered", "failed", "held"] | None, Parameter(query="state", default=None)]
EventType = Annotated[str | None, Parameter(query="type", default=None, max_length=60)]


class WebhookController(Controller):
    path = "/api/v1/webhooks"
    tags = ("webhooks",)

    @get("/", needs=WRITE, summary="Where events are sent, the oldest first")
    async def list_webhooks(self) -> list[WebhookView]:
        return await queries.endpoints()

    @post("/", needs=WRITE, shown_once=True, summary="Have events sent somewhere; the secret is shown once")
    async def add(self, data: NewWebhook, by: Principal, now: datetime) -> CreatedWebhook:
        return await actions.add(data, by=by, now=now)

    @get("/{webhook_id:uuid}", needs=WRITE, summary="One webhook")
    async def show(self, webhook_id: UUID) -> WebhookView:
        return await queries.endpoint(webhook_id)

    @patch("/{webhook_id:uuid}", needs=WRITE, summary="Change address, description or choice of events")
    async def change(self, webhook_id: UUID, data: WebhookChange, by: Principal, now: datetime) -> WebhookView:
        return await actions.change(webhook_id, data, by=by, now=now)

    @delete("/{webhook_id:uuid}", needs=WRITE, status_code=HTTP_204_NO_CONTENT, summary="Send nothing there any more")
    async def remove(self, webhook_id: UUID, by: Principal, now: datetime) -> None:
        await actions.remove(webhook_id, by=by, now=now)

    @post(
        "/{webhook_id:uuid}/secrets",
        needs=WRITE,
        shown_once=True,
        summary="A new secret, the old one signs too for a while",
    )
    async def rotate(self, webhook_id: UUID, data: NewSecret, by: Principal, now: datetime) -> CreatedWebhook:
        return await actions.rotate(webhook_id, data, by=by, now=now)

    @post(
        "/{webhook_id:uuid}/pings",
        needs=WRITE,
        status_code=HTTP_202_ACCEPTED,
        summary="Send an event that means nothing",
    )
    async def ping(self, webhook_id: UUID, by: Principal, now: datetime) -> DeliveryWithAttempts:
        return await actions.ping(webhook_id, by=by, now=now)

    @post("/{webhook_id:uuid}/disablement", needs=WRITE, status_code=HTTP_200_OK, summary="Send nothing for now")
    async def disable(self, webhook_id: UUID, by: Principal, now: datetime) -> WebhookView:
        return await actions.disable_by_staff(webhook_id, by=by, now=now)

    @delete("/{webhook_id:uuid}/disablement", needs=WRITE, status_code=HTTP_200_OK, summary="Send again from now on")
    async def enable(self, webhook_id: UUID, by: Principal, now: datetime) -> WebhookView:
        return await actions.enable(webhook_id, by=by, now=now)

    @post(
        "/{webhook_id:uuid}/replays",
        needs=WRITE,
        status_code=HTTP_202_ACCEPTED,
        summary="Send again what was in a span",
    )
    async def replay_range(self, webhook_id: UUID, data: NewReplays, by: Principal, now: datetime) -> Replayed:
        return await actions.replay_range(webhook_id, data, by=by, now=now)


class WebhookDeliveryController(Controller):
    path = "/api/v1/webhook-deliveries"
    tags = ("webhooks",)

    @get("/", needs=WRITE, summary="What was sent and what waits, the latest first")
    async def list_deliveries(
        self,
        in_state: State = None,
        event_type: EventType = None,
        webhook_id: UUID | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[DeliveryView]:
        wanted = DeliveryFilter(endpoint_id=webhook_id, state=in_state, type=event_type)
        found = await queries.deliveries(wanted, after=decode(cursor), limit=limit + 1)
        return page_of(found, limit, lambda one: Cursor(one.created_at, one.id))

    @get("/{delivery_id:uuid}", needs=WRITE, summary="One delivery, what it says and every attempt")
    async def show(self, delivery_id: UUID) -> DeliveryWithAttempts:
        return await queries.delivery(delivery_id)

    @post(
        "/{delivery_id:uuid}/replays",
        needs=WRITE,
        status_code=HTTP_202_ACCEPTED,
        summary="Send it again, with the same id",
    )
    async def replay(self, delivery_id: UUID, by: Principal, now: datetime) -> DeliveryWithAttempts:
        return await actions.replay(delivery_id, by=by, now=now)


class WebhookEventTypeController(Controller):
    path = "/api/v1/webhook-event-types"
    tags = ("webhooks",)

    @get("/", needs=WRITE, summary="What a webhook can ask for")
    async def list_types(self) -> tuple[str, ...]:
        return event_types()
