"""What can be the case with a task that forbids what was asked."""

from guibin_tenants.refusals import Conflict


class TaskEnded(Conflict):
    """The task has ended. What was done about it stands on record."""


class NobodyToAsk(Conflict):
    """Nobody holds the role, and there is no admin of the company either: nobody could do the task."""

    kind = "nobody-for-task"
