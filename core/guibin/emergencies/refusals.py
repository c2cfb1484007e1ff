"""Why an emergency access is not opened or ended."""

from guibin_tenants.refusals import Conflict, Forbidden


class AlreadyInSight(Conflict):
    """This customer's file is in your sight as it is. Open it as always."""


class AlreadyLent(Conflict):
    """You have an emergency access to this customer's file that still runs."""


class SeveralAreKnownBy(Conflict):
    """Several customers are known by this. Name the one by the number of the archive."""


class MonthUsedUp(Conflict):
    """You have opened as many emergency accesses this month as one person may. Ask somebody else who may."""


class AlreadyOver(Conflict):
    """This emergency access is over."""


class NotYours(Forbidden):
    """This emergency access is somebody else's: they, an auditor or an admin end it."""
