"""What can stand in the way of a redemption."""

from guibin_tenants.refusals import Conflict, Refusal


class NotEntitled(Refusal):
    """The customer is not entitled to this on that day."""


class NotProved(Refusal):
    """No proof of this customer was accepted just now. The item is given on one alone (S03-4)."""


class NotWanted(Conflict):
    """The customer has declined this. Record first that they want it now (S02-2)."""


class QuotaUsedUp(Conflict):
    """Not enough is left of the quota. A quota never goes below zero."""


class NotAmongThem(Refusal):
    """The person is none of those who share this quota."""


class ShareUsedUp(Conflict):
    """Not enough is left of the person's share. Of a shared quota nobody uses more than their share in a period."""


class ReferenceTaken(Conflict):
    """This reference has been used for another redemption."""


class AlreadyReversed(Conflict):
    """This redemption has been reversed already."""


class NotReserved(Conflict):
    """This is not a running reservation."""
