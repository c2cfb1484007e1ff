"""What can be the case with a department's request that forbids what was asked."""

from guibin_tenants.refusals import Conflict, Forbidden


class NotWithDepartment(Conflict):
    """The request is not with a department. It was handed back, answered or withdrawn."""


class NotToSendAgain(Conflict):
    """The request was neither handed back nor answered. It is with a department already, or was withdrawn."""


class AlreadyAcknowledged(Conflict):
    """The request was acknowledged already."""


class OtherDepartments(Forbidden):
    """This is for the other side to do. The department asked answers for itself; the one who asked sends and withdraws."""


class NotItsContactToName(Forbidden):
    """Contacts are named by those who see the department."""
