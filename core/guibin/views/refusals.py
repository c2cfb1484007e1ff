"""What is refused about views of lists."""

from guibin_tenants.refusals import Conflict, Forbidden


class ViewNameTaken(Conflict):
    """You have a view of this name in this list."""


class NotYourView(Forbidden):
    """This view was made by somebody else. A shared one is changed also by whoever may share where it is."""
