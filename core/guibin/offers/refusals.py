"""What cannot be: each a fact, each a problem type."""

from guibin_tenants.refusals import Conflict


class NotYetOpen(Conflict):
    """Others come first; the detail says when it opens for this customer."""

    kind = "offer-not-yet-open"
    title = "The offer has not opened for this customer"


class OfferClosed(Conflict):
    """It is over."""

    kind = "offer-closed"
    title = "The offer has closed"


class SoldOut(Conflict):
    """Fewer units are left than were asked for."""

    kind = "sold-out"
    title = "Not so many are left"


class CustomerHasEnough(Conflict):
    """Everybody gets at most so many."""

    kind = "customer-has-enough"
    title = "The customer has bought as many as one may"


class AlreadyReturned(Conflict):
    """Once."""

    kind = "already-returned"
    title = "The purchase has been returned already"
