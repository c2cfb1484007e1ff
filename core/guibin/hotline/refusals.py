"""What can be the case with a call that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class CallEnded(Conflict):
    """The call is over: what else the caller wants is a call, an interaction or a case of its own."""


class CallRuns(Conflict):
    """The call is not over yet. End it first, with what came of it."""


class AlreadyMatched(Conflict):
    """It is known whose call it was, and it stands in their history."""


class OpenedElsewhere(Conflict):
    """A call of this reference was opened before, and is not to be seen from here any more."""
