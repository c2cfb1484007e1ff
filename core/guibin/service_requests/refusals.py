"""What can be the case with a service request that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class NotOpen(Conflict):
    """It waits for its approval, or it has ended."""

    kind = "service-request-not-open"
    title = "The service request is not open"


class StepOutOfOrder(Conflict):
    """Another step comes first, or this one was taken."""

    kind = "step-out-of-order"
    title = "Another step comes next"


class NoAppointmentNeeded(Conflict):
    """The service has no appointment in this situation, or its day is past."""

    kind = "no-appointment-needed"
    title = "There is no appointment to make or move"
