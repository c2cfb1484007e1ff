"""What forbids writing a bundle."""

from guibin_tenants.refusals import Conflict


class NotPortable(Conflict):
    """Something of the company's own rules cannot stand in a bundle."""
