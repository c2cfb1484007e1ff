"""What can stand in the way of a redemption."""

from guibin_tenants.refusals import Conflict, Refusal


class NotEntitled(Refusal):
    """No membership of the customer entitles to the item on that day."""

    kind = "not-entitled"
    title = "The customer is not entitled to this on that day"


class QuotaUsedUp(Conflict):
    """Fewer units are left in the period than were asked for; a quota never goes below zero."""

    kind = "quota-used-up"
    title = "Not enough is left of the quota"


class NotAmongThem(Refusal):
    """The person is none of those who share the quota on that day."""

    kind = "not-among-them"
    title = "The person is none of those who share this quota"


class ShareUsedUp(Conflict):
    """Of a shared quota nobody uses more than their share in a period."""

    kind = "share-used-up"
    title = "Not enough is left of the person's share"


class ReferenceTaken(Conflict):
    """The reference belongs to another redemption."""

    kind = "reference-taken"
    title = "This reference has been used for another redemption"


class AlreadyReversed(Conflict):
    """The redemption was undone before."""

    kind = "already-reversed"
    title = "This redemption has been reversed already"


class NotReserved(Conflict):
    """Only a running reservation can be taken up."""

    kind = "not-reserved"
    title = "This is not a running reservation"
