"""What cannot be: each a fact, each a problem type."""

from guibin_tenants.refusals import Conflict, Forbidden


class ActivityCancelled(Conflict):
    """Nobody is invited to, answers or attends what does not take place."""

    kind = "activity-cancelled"
    title = "The activity was cancelled"


class TooLateToAnswer(Conflict):
    """The time for answers is over."""

    kind = "too-late-to-answer"
    title = "Answers are no longer taken"


class NotThatFar(Conflict):
    """Attendance and feedback come after the beginning."""

    kind = "activity-not-begun"
    title = "The activity has not begun"


class ActivityBegun(Conflict):
    """What has begun is no longer planned."""

    kind = "activity-begun"
    title = "The activity has begun already"


class CapacityTaken(Conflict):
    """More places are given than would be left."""

    kind = "capacity-taken"
    title = "More places have been given already"


class AlreadyAttended(Conflict):
    """The guest is on record."""

    kind = "already-attended"
    title = "The attendance has been recorded already"


class NotAttended(Conflict):
    """Only who came says how it was."""

    kind = "not-attended"
    title = "The customer is not on record as having attended"


class AlreadyGivenFeedback(Conflict):
    """Once per guest."""

    kind = "feedback-given"
    title = "The guest has given feedback already"


class NotYourActivity(Forbidden):
    """An org unit above holds it: its outlets invite their customers, and change nothing of it."""

    kind = "not-your-activity"
    title = "Another org unit holds the activity"
