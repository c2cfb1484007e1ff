"""What an auditor may not say."""

from guibin_tenants.refusals import Forbidden


class OwnLook(Forbidden):
    """Nobody judges their own looks. Another auditor says whether they are explained."""
