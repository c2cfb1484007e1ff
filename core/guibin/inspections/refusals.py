"""Why something is not inspected, corrected or verified: each a fact, each a problem type."""

from guibin_tenants.refusals import Conflict, Forbidden


class NotAnInspector(Forbidden):
    """This inspection is for others. The policy says who inspects."""


class OwnWork(Forbidden):
    """Nobody inspects their own work, nor verifies their own correction."""


class AlreadyInspected(Conflict):
    """It has been inspected, and passed."""


class NotToCorrect(Conflict):
    """There is nothing to correct. The fault is corrected or verified already."""


class NotToVerify(Conflict):
    """There is no correction to verify."""


class NotTheOwner(Forbidden):
    """The fault is for somebody else to correct. Its owner corrects it, or who leads their org unit."""
