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
