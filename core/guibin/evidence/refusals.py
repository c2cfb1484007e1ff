"""What the log refuses, named for what is the case."""

from guibin_tenants.refusals import NotFound


class NothingInLog(NotFound):
    """Nothing of it is in the log yet: what was committed enters it within minutes."""


class NoSuchCheckpoint(NotFound):
    """No checkpoint was signed at that size."""
