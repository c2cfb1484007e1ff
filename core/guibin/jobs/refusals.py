"""What stands against changing a job."""

from guibin_tenants.refusals import Conflict


class NotWaiting(Conflict):
    """This job cannot be tried again. It runs, or has done what it was for."""

    kind = "job-not-waiting"


class AlreadyEnded(Conflict):
    """This job has ended."""

    kind = "job-already-ended"


class AlreadyPaused(Conflict):
    """These jobs wait already. The kind is paused."""

    kind = "jobs-already-paused"
