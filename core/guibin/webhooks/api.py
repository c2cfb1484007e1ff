"""`/api/v1/webhooks`, `/webhook-deliveries` and `/webhook-event-types`."""

from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import Parameter
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT

from guibin.context import Act
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may, sees_all

from . import actions, queries
from .actions import CreatedWebhook, Replayed
from .payloads import event_types
from .queries import DeliveryView, DeliveryWithAttempts, WebhookView
from .requests import DeliveryFilter, NewReplays, NewSecret, WebhookChange

# What happens anywhere in the company goes there, also what an outlet must not see of another (S02-6).
WRITE = may("webhooks:write") & sees_all
State = Annotated[Literal["pending", "delivered", "failed", "held"] | None, Parameter(query="state", default=None)]
EventType = Annotated[str | None, Parameter(query="type", default=None, max_length=60)]


class WebhookController(Controller):
    path = "/api/v1/webhooks"
    tags = ("webhooks",)
    list_webhooks = gets("/", queries.endpoints, needs=WRITE, summary="Where events are sent, the oldest first")
    add = posts(
        "/", actions.add, needs=WRITE, shown_once=True, summary="Have events sent somewhere; the secret is shown once"
    )

    @get("/{webhook_id:uuid}", needs=WRITE, summary="One webhook")
    async def show(self, webhook_id: UUID) -> WebhookView:
        return await queries.endpoint(webhook_id)

    @patch("/{webhook_id:uuid}", needs=WRITE, summary="Change address, description or choice of events")
    async def change(self, webhook_id: UUID, data: WebhookChange, act: Act) -> WebhookView:
        return await actions.change(webhook_id, data, act)

    @delete("/{webhook_id:uuid}", needs=WRITE, status_code=HTTP_204_NO_CONTENT, summary="Send nothing there any more")
    async def remove(self, webhook_id: UUID, act: Act) -> None:
        await actions.remove(webhook_id, act)

    @post(
        "/{webhook_id:uuid}/secrets",
        needs=WRITE,
        shown_once=True,
        summary="A new secret, the old one signs too for a while",
    )
    async def rotate(self, webhook_id: UUID, data: NewSecret, act: Act) -> CreatedWebhook:
        return await actions.rotate(webhook_id, data, act)

    @post(
        "/{webhook_id:uuid}/pings",
        needs=WRITE,
        status_code=HTTP_202_ACCEPTED,
        summary="Send an event that means nothing",
    )
    async def ping(self, webhook_id: UUID, act: Act) -> DeliveryWithAttempts:
        return await actions.ping(webhook_id, act)

    @post("/{webhook_id:uuid}/disablement", needs=WRITE, status_code=HTTP_200_OK, summary="Send nothing for now")
    async def disable(self, webhook_id: UUID, act: Act) -> WebhookView:
        return await actions.disable_by_staff(webhook_id, act)

    @delete("/{webhook_id:uuid}/disablement", needs=WRITE, status_code=HTTP_200_OK, summary="Send again from now on")
    async def enable(self, webhook_id: UUID, act: Act) -> WebhookView:
        return await actions.enable(webhook_id, act)

    @post(
        "/{webhook_id:uuid}/replays",
        needs=WRITE,
        status_code=HTTP_202_ACCEPTED,
        summary="Send again what was in a span",
    )
    async def replay_range(self, webhook_id: UUID, data: NewReplays, act: Act) -> Replayed:
        return await actions.replay_range(webhook_id, data, act)


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

    show = gets(
        "/{delivery_id:uuid}", queries.delivery, needs=WRITE, summary="One delivery, what it says and every attempt"
    )
    replay = posts(
        "/{delivery_id:uuid}/replays",
        actions.replay,
        needs=WRITE,
        status_code=HTTP_202_ACCEPTED,
        summary="Send it again, with the same id",
    )


class WebhookEventTypeController(Controller):
    path = "/api/v1/webhook-event-types"
    tags = ("webhooks",)

    @get("/", needs=WRITE, summary="What a webhook can ask for")
    async def list_types(self) -> tuple[str, ...]:
        return event_types()
