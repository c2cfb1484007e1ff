"""What can be the case with what a directory tells. Each is told in SCIM's form (RFC 7644, 3.12)."""

from guibin_tenants.refusals import Conflict, Invalid, NotFound


class NotProvisioned(NotFound):
    """The company takes no people from a directory. An admin writes rules for its groups first."""


class AlreadyTold(Conflict):
    """There is one of that name already. Names are told apart by no capitals."""


class LoginStays(Conflict):
    """Somebody with an account keeps their login. Tell them anew under the other name."""


class NotTheirs(Conflict):
    """An account of that login is not theirs to take. It holds more than the rules give, ended, or the rules take none over."""


class WrongFilter(Invalid):
    """That filter is not understood. Attributes, eq, ne, sw, ew, co, pr, and, or, not and brackets are."""


class WrongPath(Invalid):
    """That change is not understood. Add, replace and remove change attributes by their names."""
