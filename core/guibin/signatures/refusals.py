"""What can be the case with a signature that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class SignatureMissing(Conflict):
    """The customer has not signed. What settled a concrete problem is filed with a signature, or with the reason (S07-12)."""


class AlreadySigned(Conflict):
    """It has the customer's signature already. A signature is never exchanged for another."""
