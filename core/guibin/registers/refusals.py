"""What can be the case with a register that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class AlreadyRegistered(Conflict):
    """The span is in the register already. One entry per customer, duty and span; corrections stand beside it."""


class ArchiveFrozen(Conflict):
    """The file of this span is archived. Nothing is added to it any more."""
