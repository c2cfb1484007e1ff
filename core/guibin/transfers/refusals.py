"""What is refused about imports and exports."""

from guibin_tenants.refusals import Conflict


class TransferRuns(Conflict):
    """It is still running. It waits or runs: it is not begun twice."""


class TransferOver(Conflict):
    """It is over. It ended, or its file is gone."""
