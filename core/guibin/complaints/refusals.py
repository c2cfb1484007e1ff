"""What can be the case with a complaint that forbids what was asked."""

from guibin_tenants.refusals import Conflict, Forbidden


class TooLateToReopen(Conflict):
    """This complaint was settled too long ago. Longer than policy lets it be reopened: it is a new complaint."""

    kind = "complaint-too-late-to-reopen"


class AlreadyResolved(Conflict):
    """The complaint is already resolved. A callback that finds the customer not satisfied reopens it."""


class NotResolved(Conflict):
    """The complaint has no resolution yet. A callback tells a result, and there is none yet."""


class ComplaintClosed(Conflict):
    """The complaint is closed. The customer was satisfied, or the source had closed it: it changes no more."""


class MergedElsewhere(Conflict):
    """This complaint was merged into another."""

    kind = "complaint-merged"


class OtherCustomers(Conflict):
    """Only complaints of one customer are merged. Two customers' complaints are two matters, however alike."""

    kind = "complaints-of-others"


class AlreadyWaiting(Conflict):
    """The complaint already waits for the customer."""


class NotWaiting(Conflict):
    """The complaint does not wait for the customer. There is no open pause to end."""


class SameLevel(Conflict):
    """The complaint has this level already."""


class AlreadyRectified(Conflict):
    """The rectification plan was reported before."""


class Recused(Forbidden):
    """Others handle this complaint. It is against whoever asked, or they have an interest of their own in it."""


class AlreadyRecused(Conflict):
    """They do not handle this complaint already."""
