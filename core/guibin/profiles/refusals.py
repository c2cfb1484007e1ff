"""Why an archive is not written."""

from guibin_tenants.refusals import Conflict


class NumberTaken(Conflict):
    """Another customer has this number."""

    kind = "number-taken"
    title = "This number belongs to another customer"
