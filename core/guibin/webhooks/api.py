"""`/api/v1/webhooks`, `/webhook-deliveries` and `/webhook-event-types`."""

from litestar import Controller, get
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from guibin.context import Act
from guibin.web.routing import deletes, gets, patches, posts
from guibin_tenants.principals import may, sees_all

from . import actions, queries
from .kinds import event_kinds
from .payloads import event_types

# What happens anywhere in the company goes there, also what an outlet must not see of another (S02-6).
READ = WRITE = may("webhooks:write") & sees_all


class WebhookController(Controller):
    path = "/api/v1/webhooks"
    tags = ("webhooks",)
    list_webhooks = gets("/", queries.endpoints, "Where events are sent, the oldest first")
    add = posts(
        "/", actions.add, "Have events sent somewhere; the secret is shown once", shown_once=True, confirmed=True
    )
    show = gets("/{webhook_id:uuid}", queries.endpoint, "One webhook")
    change = patches("/{webhook_id:uuid}", actions.change, "Change address, description or choice of events")
    remove = deletes("/{webhook_id:uuid}", actions.remove, "Send nothing there any more")
    rotate = posts(
        "/{webhook_id:uuid}/secrets",
        actions.rotate,
        "A new secret, the old one signs too for a while",
        shown_once=True,
        confirmed=True,
    )
    ping = posts(
        "/{webhook_id:uuid}/pings", actions.ping, "Send an event that means nothing", status_code=HTTP_202_ACCEPTED
    )
    disable = posts(
        "/{webhook_id:uuid}/disablement", actions.disable_by_staff, "Send nothing for now", status_code=HTTP_200_OK
    )
    enable = deletes(
        "/{webhook_id:uuid}/disablement", actions.enable, "Send again from now on", status_code=HTTP_200_OK
    )
    replay_range = posts(
        "/{webhook_id:uuid}/replays",
        actions.replay_range,
        "Send again what was in a span",
        status_code=HTTP_202_ACCEPTED,
        confirmed=True,
    )


class WebhookDeliveryController(Controller):
    path = "/api/v1/webhook-deliveries"
    tags = ("webhooks",)
    list_deliveries = gets("/", queries.deliveries, "What was sent and what waits, the latest first")
    show = gets("/{delivery_id:uuid}", queries.delivery, "One delivery, what it says and every attempt")
    replay = posts(
        "/{delivery_id:uuid}/replays", actions.replay, "Send it again, with the same id", status_code=HTTP_202_ACCEPTED
    )


class WebhookEventTypeController(Controller):
    path = "/api/v1/webhook-event-types"
    tags = ("webhooks",)

    @get("/", needs=READ, summary="What a webhook can ask for")
    async def list_types(self, act: Act) -> tuple[str, ...]:
        return event_types(act.company.packs)


class EventTypeController(Controller):
    path = "/api/v1/event-types"
    tags = ("webhooks",)
    list_kinds = gets(
        "/", event_kinds, "Every kind of event, in words of both languages, with its payload", needs=may("policy:read")
    )
