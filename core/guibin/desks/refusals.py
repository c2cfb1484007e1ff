"""Why a desk is not opened, or nobody sits down."""

from guibin_tenants.refusals import Conflict, Forbidden


class DeskOpen(Conflict):
    """The hall has a desk already."""

    kind = "desk-open"
    title = "The hall has a desk already"


class DeskClosed(Conflict):
    """It was closed."""

    kind = "desk-closed"
    title = "The desk is closed"


class SeatTaken(Conflict):
    """They work there already."""

    kind = "seat-taken"
    title = "They work at this desk already"


class NotYourHall(Forbidden):
    """The hall is another org unit's: its desk is seen, not changed."""

    kind = "not-your-hall"
    title = "That hall is not among the org units you see"
