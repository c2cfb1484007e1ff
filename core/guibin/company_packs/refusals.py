"""Why a pack is not switched: each a fact, each a problem type."""

from guibin_tenants.refusals import Conflict, Forbidden, NotFound


class OperatorsPack(Forbidden):
    """Only whoever operates the service switches this pack. The company's own admin switches those that the operator allows."""


class PackNotReady(Conflict):
    """The pack has no tables here yet. Whoever operates the service makes them with `guibin migrate`."""


class NoUpgrade(NotFound):
    """No upgrade of this pack waits. The company goes by what is installed."""


class UpgradedByThen(Conflict):
    """The upgrade holds by then already. Whoever operates the service set the last date."""


class UpgradedAgain(Conflict):
    """Another version was installed since you looked. See what that one changes."""
