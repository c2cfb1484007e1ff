"""Endpoints and their secrets, events as they are sent, deliveries and every attempt at one."""

from typing import Literal

from piccolo.columns import Array, Bytea, Integer, SmallInt, Text, Timestamptz, Varchar

from guibin.cases.outcomes import known
from guibin_tenants.tables import Index, Keys, RowOf, TenantTable

State = Literal["pending", "delivered", "failed", "held"]


class WebhookEndpoint(TenantTable):
    """Where a company has events sent. No `event_types` means all; of these only what fits `narrowed_to`, each `field=value`.

    `failing_since` is the first failure since the last success. `disabled_because` is one of gone (it answered 410),
    failing (for days) and staff.
    """

    url = Text()
    description = Varchar(length=200, default="")
    event_types = Array(base_column=Text(), default=list)
    narrowed_to = Array(base_column=Text(), default=list)
    created_by_name = Varchar(length=200)
    created_at = Timestamptz(default=None, null=True)
    failing_since = Timestamptz(default=None, null=True)
    disabled_at = Timestamptz(default=None, null=True)
    disabled_because = Varchar(length=10, default=None, null=True)
    removed_at = Timestamptz(default=None, null=True)

    keys = Keys(
        signed="created",
        written_by="company",
        indexes=(Index(("created_at", "id"), where="removed_at is null"),),
        checks={"reason_known": "disabled_because in ('gone', 'failing', 'staff')"},
    )


class WebhookSecret(TenantTable):
    """A signing secret, sealed under the company's key. One that was followed by another signs too until `expires_at`."""

    endpoint_id = RowOf("webhook_endpoint")
    sealed = Bytea(secret=True)
    created_by_name = Varchar(length=200)
    created_at = Timestamptz(default=None, null=True)
    expires_at = Timestamptz(default=None, null=True)

    keys = Keys(signed="created", written_by="company", indexes=(Index(("endpoint_id", "created_at")),))


class WebhookEvent(TenantTable):
    """What happened, byte for byte as it is sent. Its id is the `webhook-id`, the same for every repeat."""

    type = Varchar(length=60)
    body = Text()
    happened_at = Timestamptz(default=None, null=True)

    keys = Keys(indexes=(Index(("happened_at", "id")),))


class WebhookDelivery(TenantTable):
    """One event for one endpoint.

    `state` is pending, delivered, failed (given up) or held (the endpoint was disabled). `attempts` counts all of them,
    `tries` those since the delivery was written or replayed: it decides how long to wait. `next_at` is the next.
    """

    event_id = RowOf("webhook_event")
    endpoint_id = RowOf("webhook_endpoint")
    state = Varchar(length=10, default="pending")
    attempts = Integer(default=0)
    tries = SmallInt(default=0)
    next_at = Timestamptz(default=None, null=True)
    created_at = Timestamptz(default=None, null=True)
    ended_at = Timestamptz(default=None, null=True)

    keys = Keys(
        unique=(("event_id", "endpoint_id"),),
        indexes=(
            Index(("created_at desc", "id desc"), name="webhook_delivery_log_idx"),
            Index(("endpoint_id", "created_at desc", "id desc"), name="webhook_delivery_endpoint_idx"),
            Index(("endpoint_id",), where="state = 'pending'", name="webhook_delivery_pending_idx"),
        ),
        checks={"state_known": known("state", State)},
    )


class WebhookAttempt(TenantTable):
    """One try: the status that came back, or 0 and a word for why none did. Never what the receiver said."""

    delivery_id = RowOf("webhook_delivery")
    attempt = Integer()
    status = SmallInt(default=0)
    error = Varchar(length=40, default="")
    duration_ms = Integer(default=0)
    attempted_at = Timestamptz(default=None, null=True)

    keys = Keys(unique=(("delivery_id", "attempt"),))
