"""What can be the case with a webhook that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class TooManyWebhooks(Conflict):
    """The company has as many webhooks as it may have. Each costs a delivery per event."""


class WebhookDisabled(Conflict):
    """The webhook is disabled: enable it first. Nothing is sent there."""


class WebhookEnabled(Conflict):
    """The webhook is not disabled. There is nothing to enable."""


class DeliveryPending(Conflict):
    """The delivery has not ended: it is tried again by itself. It is being delivered."""
