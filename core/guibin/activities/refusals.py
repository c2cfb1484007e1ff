"""What cannot be: each a fact, each a problem type."""

from guibin_tenants.refusals import Conflict, Forbidden


class ActivityCancelled(Conflict):
    """The activity was cancelled. Nobody is invited to, answers or attends what does not take place."""


class TooLateToAnswer(Conflict):
    """Answers are no longer taken."""


class NotThatFar(Conflict):
    """The activity has not begun. Attendance and feedback come after the beginning."""

    kind = "activity-not-begun"


class ActivityBegun(Conflict):
    """The activity has begun already. What has begun is no longer planned."""


class CapacityTaken(Conflict):
    """More places have been given already."""


class AlreadyAttended(Conflict):
    """The attendance has been recorded already."""


class NotAttended(Conflict):
    """The customer is not on record as having attended. Only who came says how it was."""


class AlreadyGivenFeedback(Conflict):
    """The guest has given feedback already. Once per guest."""

    kind = "feedback-given"


class NotYourActivity(Forbidden):
    """Another org unit holds the activity. One above: its outlets invite their customers, and change nothing of it."""
