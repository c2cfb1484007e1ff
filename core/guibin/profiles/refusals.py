"""Why an archive is not written."""

from guibin_tenants.refusals import Conflict, Refusal


class NumberTaken(Conflict):
    """Another customer has this number."""

    kind = "number-taken"
    title = "This number belongs to another customer"


class NoBasis(Refusal):
    """Somebody outside would get what neither the customer nor the law allows (S12-5)."""

    kind = "no-basis"
    title = "Nothing leaves the company without the customer's permission or a legal basis"
