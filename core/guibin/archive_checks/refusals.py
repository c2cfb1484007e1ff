"""Why a finding is not waived."""

from guibin_tenants.refusals import Conflict


class FindingSettled(Conflict):
    """It is gone or waived already."""

    kind = "finding-settled"
    title = "The finding is settled already"
