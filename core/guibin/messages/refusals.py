"""What can be the case with a message that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class NotFailed(Conflict):
    """Only a message that failed can be sent again."""

    kind = "message-not-failed"


class TestRefused(Conflict):
    """The test message was not taken."""

    __test__ = False

    kind = "channel-test-refused"


class NoChannel(Conflict):
    """The company has no channel for this. There is nothing to send through."""
