"""What cannot be: each a fact, each a problem type."""

from guibin_tenants.refusals import Conflict


class NotYetOpen(Conflict):
    """The offer has not opened for this customer. Others come first; the detail says when it opens."""

    kind = "offer-not-yet-open"


class OfferClosed(Conflict):
    """The offer has closed."""


class TopicDeclined(Conflict):
    """The customer wants to hear nothing of this. Sell it only where they ask for it themselves (S02-3)."""


class SoldOut(Conflict):
    """Not so many are left."""


class CustomerHasEnough(Conflict):
    """The customer has bought as many as one may."""


class AlreadyReturned(Conflict):
    """The purchase has been returned already."""
