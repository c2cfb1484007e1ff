"""What can be the case with a record that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class NothingOpen(Conflict):
    """The contact showed no need, or the need is met already."""

    kind = "nothing-open"
    title = "There is no open need to handle"


class ArchiveErased(Conflict):
    """The customer's key was destroyed: nothing sealed for it opens, and nothing new is written about it."""

    kind = "archive-erased"
    title = "The customer's archive was erased"
