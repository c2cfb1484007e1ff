"""What forbids switching an automation on, or taking its log."""

from guibin_tenants.refusals import Conflict


class GoesRound(Conflict):
    """These automations would set each other off without end."""


class NothingPast(Conflict):
    """Nothing is kept by which this could be tried on the past."""


class StoppedByOperator(Conflict):
    """The operator of the service has stopped the company's automations."""
