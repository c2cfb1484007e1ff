"""What can be the case with a webhook that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class TooManyWebhooks(Conflict):
    """Each costs a delivery per event."""

    kind = "too-many-webhooks"
    title = "The company has as many webhooks as it may have"


class WebhookDisabled(Conflict):
    """Nothing is sent there."""

    kind = "webhook-disabled"
    title = "The webhook is disabled: enable it first"


class WebhookEnabled(Conflict):
    """There is nothing to enable."""

    kind = "webhook-enabled"
    title = "The webhook is not disabled"


class DeliveryPending(Conflict):
    """It is being delivered."""

    kind = "delivery-pending"
    title = "The delivery has not ended: it is tried again by itself"
