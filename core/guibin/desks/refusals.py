"""Why a desk is not opened, or nobody sits down."""

from guibin_tenants.refusals import Conflict, Forbidden


class DeskOpen(Conflict):
    """The hall has a desk already."""


class DeskClosed(Conflict):
    """The desk is closed."""


class SeatTaken(Conflict):
    """They work at this desk already."""


class NotYourHall(Forbidden):
    """That hall is not among the org units you see. The hall is another org unit's: its desk is seen, not changed."""


class NotGivenHere(Conflict):
    """This hall has no venue where the service is given (S03-7)."""
