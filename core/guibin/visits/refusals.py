"""What can be the case with a visit that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class NotPlanned(Conflict):
    """The visit is no longer planned. It took place, or was cancelled."""

    kind = "visit-not-planned"


class NotCarriedOut(Conflict):
    """The visit was not carried out, or is filed already. What comes after a visit waits for the visit."""

    kind = "visit-not-carried-out"
