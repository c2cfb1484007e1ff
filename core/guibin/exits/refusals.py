"""What an exit refuses, named for what is the case."""

from guibin_tenants.refusals import Conflict


class NoPlace(Conflict):
    """The pack cannot go there. It goes to a folder that does not exist yet, or is empty, in one that may be written."""
