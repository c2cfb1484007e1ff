"""What cannot be: each a fact, each a problem type."""

from guibin_tenants.refusals import Conflict


class NobodyToContact(Conflict):
    """The segment is empty, or nobody in it wants to be contacted."""

    kind = "nobody-to-contact"
    title = "There is nobody in the segment who may be contacted"


class NotToContact(Conflict):
    """Control and excluded members are left alone: contacting them would spoil the comparison, or break a promise."""

    kind = "not-to-contact"
    title = "This member of the segment is not to be contacted"


class AlreadyContacted(Conflict):
    """Once per member."""

    kind = "already-contacted"
    title = "The member has been contacted already"


class NotContacted(Conflict):
    """Whoever was not contacted does not respond."""

    kind = "not-contacted"
    title = "The member has not been contacted"
