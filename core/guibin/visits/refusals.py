"""What can be the case with a visit that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class NotPlanned(Conflict):
    """The visit is no longer planned. It took place, or was cancelled."""

    kind = "visit-not-planned"


class NotCarriedOut(Conflict):
    """The visit was not carried out, or is filed already. What comes after a visit waits for the visit."""

    kind = "visit-not-carried-out"


class SignatureMissing(Conflict):
    """The customer has not signed. A visit that settles a concrete problem is filed with a signature only (S07-12)."""


class AlreadySigned(Conflict):
    """The visit has the customer's signature already. A signature is never exchanged for another."""
