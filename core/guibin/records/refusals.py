"""What can be the case with a record that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class NothingOpen(Conflict):
    """There is no open need to handle. The contact showed no need, or the need is met already."""
