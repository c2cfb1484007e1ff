"""What can be the case with a signal or an outage that forbids what was asked."""

from guibin_tenants.refusals import Conflict, Forbidden


class SignalEnded(Conflict):
    """The signal has ended. What was done about it stands on record."""


class OutageOver(Conflict):
    """The outage is over already."""


class NotYourCustomers(Forbidden):
    """The area is not yours to report for. Name your own org unit, or one under it."""
