"""What can be the case with a register that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class AlreadyRegistered(Conflict):
    """One entry per customer, duty and span; what was wrong in it is corrected beside it."""

    kind = "already-registered"
    title = "The span is in the register already"


class ArchiveFrozen(Conflict):
    """The year's file is archived: nothing is added to it any more."""

    kind = "archive-frozen"
    title = "The file of this span is archived"
