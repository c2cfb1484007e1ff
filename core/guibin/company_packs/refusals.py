"""Why a pack is not switched: each a fact, each a problem type."""

from guibin_tenants.refusals import Conflict, Forbidden


class OperatorsPack(Forbidden):
    """Only whoever operates the service switches this pack. The company's own admin switches those that the operator allows."""


class PackNotReady(Conflict):
    """The pack has no tables here yet. Whoever operates the service makes them with `guibin migrate`."""
