"""Why a roster is not opened, a shift not planned, a matter not taken."""

from guibin_tenants.refusals import Conflict, Forbidden


class RosterOpen(Conflict):
    """The org unit keeps this roster already."""


class RosterClosed(Conflict):
    """The roster is kept no more."""


class ShiftOver(Conflict):
    """The shift is over or was cancelled."""


class CallTaken(Conflict):
    """Somebody takes care of it already, or the matter is settled."""


class NotYourRoster(Forbidden):
    """Rosters are kept by those who see their org unit."""
