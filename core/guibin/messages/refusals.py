"""What can be the case with a message that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class NotFailed(Conflict):
    """It was sent, waits, or is not wanted any more."""

    kind = "message-not-failed"
    title = "Only a message that failed can be sent again"


class TestRefused(Conflict):
    """The provider did not take it."""

    __test__ = False

    kind = "channel-test-refused"
    title = "The test message was not taken"


class NoChannel(Conflict):
    """There is nothing to send through."""

    kind = "no-channel"
    title = "The company has no channel for this"
