"""What cannot be: each a fact, each a problem type."""

from guibin_tenants.refusals import Conflict


class NobodyToAsk(Conflict):
    """The draw has nobody to draw from."""

    kind = "nobody-to-ask"
    title = "There is no customer to ask: all were asked lately, want no survey, or are of another kind"


class AlreadyConfirmed(Conflict):
    """It has come to its end."""

    kind = "improvement-confirmed"
    title = "The improvement has been confirmed already"


class NotReported(Conflict):
    """Only what its owner reports as done can be confirmed or sent back."""

    kind = "improvement-not-reported"
    title = "The owner has not reported the improvement as done"


class AlreadyAnswered(Conflict):
    """There is nothing left to send."""

    kind = "survey-answered"
    title = "The customer has answered already, or the link has expired"


class NoPublicAddress(Conflict):
    """A link needs an address that customers reach."""

    kind = "no-public-address"
    title = "The service has no public address: the operator sets GUIBIN_PUBLIC_URL"
