"""What can be the case with a review that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class AlreadyReviewed(Conflict):
    """The customer was reviewed in this span already. One review per customer and span."""


class NothingToFollowUp(Conflict):
    """There is no open follow-up. No follow-up was agreed, or it is done."""
