"""What can be the case with a service request that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class NotOpen(Conflict):
    """The service request is not open. It waits for its approval, or it has ended."""

    kind = "service-request-not-open"


class StepOutOfOrder(Conflict):
    """Another step comes next. Another one comes first, or this one was taken."""


class StepNeeded(Conflict):
    """This step is not skipped. A time limit counts on it, or nothing would have been done: carry it out, or withdraw the request."""


class NoAppointmentNeeded(Conflict):
    """There is no appointment to make or move. The service has no appointment in this situation, or its day is past."""
