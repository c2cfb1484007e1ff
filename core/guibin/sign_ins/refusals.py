"""What can be the case with a link by mail that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class NoMail(Conflict):
    """No link can be sent by mail. Set a password for them instead; it opens nothing but the choice of another."""
