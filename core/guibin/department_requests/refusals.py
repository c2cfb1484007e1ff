"""What can be the case with a department's request that forbids what was asked."""

from guibin_tenants.refusals import Conflict, Forbidden


class NotWithDepartment(Conflict):
    """It was handed back, answered or withdrawn."""

    kind = "not-with-department"
    title = "The request is not with a department"


class NotToSendAgain(Conflict):
    """It is with a department already, or was withdrawn."""

    kind = "not-to-send-again"
    title = "The request was neither handed back nor answered"


class AlreadyAcknowledged(Conflict):
    """The department has taken it up."""

    kind = "already-acknowledged"
    title = "The request was acknowledged already"


class OtherDepartments(Forbidden):
    """Only the department asked answers for itself, and only the one who asked sends or withdraws."""

    kind = "other-departments"
    title = "This is for the other side to do"
