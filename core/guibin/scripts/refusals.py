"""Why a script is not taken, not switched on, or stands in the way."""

from guibin_tenants.refusals import Conflict, Forbidden, Refusal


class ScriptNameTaken(Conflict):
    """Another script has this name."""


class ScriptNotReady(Conflict):
    """The version is not ready to be switched on: its check finds mistakes, it has no test case, or one fails."""


class AlreadyAnswers(Conflict):
    """This version answers already."""


class ActivationWaits(Conflict):
    """Another version of this script waits for its approval."""


class NotSwitchedOn(Conflict):
    """No version of this script answers."""


class RunErased(Conflict):
    """What this run was given was erased with the customer it was about."""


class AlreadyStopped(Conflict):
    """The company's scripts are stopped already."""


class OperatorsStop(Forbidden):
    """Whoever operates the service stopped the company's scripts, and only they resume them."""


class ScriptFailed(Refusal):
    """A script of the company's that may object did not answer; what it could not judge does not happen."""

    kind = "script-failed"
