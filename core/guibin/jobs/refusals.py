"""What stands against changing a job."""

from guibin_tenants.refusals import Conflict


class NotWaiting(Conflict):
    """The job runs, or has done what it was for: there is nothing to try again."""

    kind = "job-not-waiting"
    title = "This job cannot be tried again"


class AlreadyEnded(Conflict):
    """The job has ended: there is nothing to cancel."""

    kind = "job-already-ended"
    title = "This job has ended"


class AlreadyPaused(Conflict):
    """The kind is paused."""

    kind = "jobs-already-paused"
    title = "These jobs wait already"
