"""Why a qualification is not recorded or withdrawn."""

from guibin_tenants.refusals import Conflict, Forbidden


class RecordWithdrawn(Conflict):
    """The record was withdrawn before."""


class NotYourTeam(Forbidden):
    """Qualifications are kept by those who lead the member of staff."""
