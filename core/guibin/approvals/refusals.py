"""What can stand in the way of an approval."""

from guibin_tenants.refusals import Conflict, Forbidden


class AlreadyAsked(Conflict):
    """An earlier request about the same subject still waits."""

    kind = "already-asked"
    title = "The same has been asked for already and waits for its decision"


class AlreadyDecided(Conflict):
    """The step, or the whole request, has been decided meanwhile."""

    kind = "already-decided"
    title = "This has been decided already"


class OwnApplication(Forbidden):
    """Whoever asks does not decide."""

    kind = "own-application"
    title = "The applicant cannot be the approver"


class NotYoursToDecide(Forbidden):
    """The step is for another role, or for another org unit."""

    kind = "not-yours-to-decide"
    title = "This step is for somebody else to decide"


class NotAnApplicant(Forbidden):
    """The flow says who may ask, and this one may not."""

    kind = "not-an-applicant"
    title = "Your role may not ask for this"
