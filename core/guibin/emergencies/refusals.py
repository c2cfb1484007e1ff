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


class StillRuns(Conflict):
    """This emergency access still runs. It is judged once it is over; end it first where it must not go on."""


class AlreadyJudged(Conflict):
    """This emergency access has been judged already."""


class StoppedForNow(Conflict):
    """An emergency access of yours was held to be not justified: you open none for now. Ask somebody else who may."""


class OwnAccess(Forbidden):
    """Nobody judges their own emergency access. Another auditor does."""


class CustomerOutOfSight(Forbidden):
    """The customer is out of your sight: an auditor who sees the customer's org unit judges this access."""
