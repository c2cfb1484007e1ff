"""What can be the case with a complaint that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class TooLateToReopen(Conflict):
    """It was settled longer ago than policy lets it be reopened: the matter is a new complaint."""

    kind = "complaint-too-late-to-reopen"
    title = "This complaint was settled too long ago"


class AlreadyResolved(Conflict):
    """The complaint has a remedy already; a callback that finds the customer not satisfied reopens it."""

    kind = "already-resolved"
    title = "The complaint is already resolved"


class NotResolved(Conflict):
    """A callback tells a result, and there is none yet."""

    kind = "not-resolved"
    title = "The complaint has no resolution yet"


class ComplaintClosed(Conflict):
    """The customer was satisfied, or the source had closed it: it changes no more."""

    kind = "complaint-closed"
    title = "The complaint is closed"


class MergedElsewhere(Conflict):
    """The matter goes on in another complaint."""

    kind = "complaint-merged"
    title = "This complaint was merged into another"


class OtherCustomers(Conflict):
    """Two customers' complaints are two matters, however alike."""

    kind = "complaints-of-others"
    title = "Only complaints of one customer are merged"


class AlreadyWaiting(Conflict):
    """The clock stands already."""

    kind = "already-waiting"
    title = "The complaint already waits for the customer"


class NotWaiting(Conflict):
    """There is no open pause to end."""

    kind = "not-waiting"
    title = "The complaint does not wait for the customer"


class SameLevel(Conflict):
    """The level asked for is the one it has."""

    kind = "same-level"
    title = "The complaint has this level already"


class AlreadyRectified(Conflict):
    """Leadership has this complaint's rectification plan already."""

    kind = "already-rectified"
    title = "The rectification plan was reported before"
