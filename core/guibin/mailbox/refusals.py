"""What can be the case with a mail or a mailbox that forbids what was asked."""

from guibin_tenants.refusals import Conflict, Forbidden


class TooManyMailboxes(Conflict):
    """There are as many mailboxes as a company may have."""


class MailboxPaused(Conflict):
    """The mailbox is paused. Nothing is fetched until it goes on."""


class NoServer(Conflict):
    """The mailbox has no server to fetch from: mails come to its door."""


class MailHandled(Conflict):
    """The mail does not wait any more: it was taken up, answered or dismissed."""


class SenderUnknown(Conflict):
    """Nobody knows yet whose mail it is: match it first."""


class MailMatched(Conflict):
    """It is known whose mail it is."""


class NotAnswered(Conflict):
    """A machine's mail is never answered, and one without a sender cannot be."""


class NotSigned(Forbidden):
    """What came to the door is not signed with the mailbox's secret, or was signed too long ago."""
