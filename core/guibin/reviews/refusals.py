"""What can be the case with a review or register that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class AlreadyReviewed(Conflict):
    """One review per customer and span."""

    kind = "already-reviewed"
    title = "The customer was reviewed in this span already"


class NothingToFollowUp(Conflict):
    """No follow-up was agreed, or it is done."""

    kind = "nothing-to-follow-up"
    title = "There is no open follow-up"


class AlreadyRegistered(Conflict):
    """One entry per customer, duty and span; what was wrong in it is corrected beside it."""

    kind = "already-registered"
    title = "The span is in the register already"


class ArchiveFrozen(Conflict):
    """The year's file is archived: nothing is added to it any more."""

    kind = "archive-frozen"
    title = "The file of this span is archived"
