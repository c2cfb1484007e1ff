"""What can stand in the way of an approval."""

from guibin_tenants.refusals import Conflict, Forbidden


class AlreadyAsked(Conflict):
    """The same has been asked for already and waits for its decision."""


class AlreadyDecided(Conflict):
    """This has been decided already."""


class OwnApplication(Forbidden):
    """The applicant cannot be the approver."""


class NotYoursToDecide(Forbidden):
    """This step is for somebody else to decide."""


class NotAnApplicant(Forbidden):
    """Your role may not ask for this. The flow says who may."""
