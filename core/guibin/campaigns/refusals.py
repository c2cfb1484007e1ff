"""What cannot be: each a fact, each a problem type."""

from guibin_tenants.refusals import Conflict


class NobodyToContact(Conflict):
    """There is nobody in the segment who may be contacted. It is empty, or nobody in it wants to be contacted."""


class NotToContact(Conflict):
    """This member of the segment is not to be contacted. Control and excluded members are left alone."""


class AlreadyContacted(Conflict):
    """The member has been contacted already. Once per member."""


class NotContacted(Conflict):
    """The member has not been contacted. Whoever was not contacted does not respond."""
