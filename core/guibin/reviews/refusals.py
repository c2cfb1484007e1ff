"""What can be the case with a review that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class AlreadyReviewed(Conflict):
    """One review per customer and span."""

    kind = "already-reviewed"
    title = "The customer was reviewed in this span already"


class NothingToFollowUp(Conflict):
    """No follow-up was agreed, or it is done."""

    kind = "nothing-to-follow-up"
    title = "There is no open follow-up"
