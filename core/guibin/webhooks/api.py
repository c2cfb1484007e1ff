"""`/api/v1/webhooks`, `/webhook-deliveries` and `/webhook-event-types`."""

from litestar import Controller, get
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from guibin.web.listing import from_query
from guibin.web.routing import deletes, gets, patches, posts
from guibin_tenants.principals import may, sees_all

from . import actions, queries
from .payloads import event_types
from .requests import DeliveryFilter

# What happens anywhere in the company goes there, also what an outlet must not see of another (S02-6).
WRITE = may("webhooks:write") & sees_all


class WebhookController(Controller):
    path = "/api/v1/webhooks"
    tags = ("webhooks",)
    list_webhooks = gets("/", queries.endpoints, needs=WRITE, summary="Where events are sent, the oldest first")
    add = posts(
        "/", actions.add, needs=WRITE, shown_once=True, summary="Have events sent somewhere; the secret is shown once"
    )
    show = gets("/{webhook_id:uuid}", queries.endpoint, needs=WRITE, summary="One webhook")
    change = patches(
        "/{webhook_id:uuid}", actions.change, needs=WRITE, summary="Change address, description or choice of events"
    )
    remove = deletes("/{webhook_id:uuid}", actions.remove, needs=WRITE, summary="Send nothing there any more")
    rotate = posts(
        "/{webhook_id:uuid}/secrets",
        actions.rotate,
        needs=WRITE,
        shown_once=True,
        summary="A new secret, the old one signs too for a while",
    )
    ping = posts(
        "/{webhook_id:uuid}/pings",
        actions.ping,
        needs=WRITE,
        status_code=HTTP_202_ACCEPTED,
        summary="Send an event that means nothing",
    )
    disable = posts(
        "/{webhook_id:uuid}/disablement",
        actions.disable_by_staff,
        needs=WRITE,
        status_code=HTTP_200_OK,
        summary="Send nothing for now",
    )
    enable = deletes(
        "/{webhook_id:uuid}/disablement",
        actions.enable,
        needs=WRITE,
        status_code=HTTP_200_OK,
        summary="Send again from now on",
    )
    replay_range = posts(
        "/{webhook_id:uuid}/replays",
        actions.replay_range,
        needs=WRITE,
        status_code=HTTP_202_ACCEPTED,
        summary="Send again what was in a span",
    )


class WebhookDeliveryController(Controller):
    path = "/api/v1/webhook-deliveries"
    tags = ("webhooks",)
    list_deliveries = gets(
        "/",
        queries.deliveries,
        needs=WRITE,
        summary="What was sent and what waits, the latest first",
        dependencies={"filters": from_query(DeliveryFilter)},
    )
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
