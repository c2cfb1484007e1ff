"""What can be the case with a visit that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class NotPlanned(Conflict):
    """The visit took place, or was cancelled: it is neither moved nor carried out (again)."""

    kind = "visit-not-planned"
    title = "The visit is no longer planned"


class NotCarriedOut(Conflict):
    """What comes after a visit waits for the visit."""

    kind = "visit-not-carried-out"
    title = "The visit was not carried out, or is filed already"


class SignatureMissing(Conflict):
    """A visit that settles a concrete problem is filed only with the customer's signature (S07-12)."""

    kind = "signature-missing"
    title = "The customer has not signed"


class AlreadySigned(Conflict):
    """A signature is never exchanged for another."""

    kind = "already-signed"
    title = "The visit has the customer's signature already"
