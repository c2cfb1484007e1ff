"""Why a finding is not waived."""

from guibin_tenants.refusals import Conflict


class FindingSettled(Conflict):
    """The finding is settled already."""
