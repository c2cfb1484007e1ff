"""What cannot be: each a fact, each a problem type."""

from guibin_tenants.refusals import Conflict


class NobodyToAsk(Conflict):
    """There is no customer to ask: all were asked lately, want no survey, or are of another kind."""


class AlreadyConfirmed(Conflict):
    """The improvement has been confirmed already. It has come to its end."""

    kind = "improvement-confirmed"


class NotReported(Conflict):
    """The owner has not reported the improvement as done. Nothing else can be confirmed or sent back."""

    kind = "improvement-not-reported"


class AlreadyAnswered(Conflict):
    """The customer has answered already, or the link has expired. There is nothing left to send."""

    kind = "survey-answered"


class NoPublicAddress(Conflict):
    """The service has no public address: the operator sets GUIBIN_PUBLIC_URL. A link needs an address that customers
    reach."""
