"""What can be the case with a plan or log that forbids what was asked."""

from guibin_tenants.refusals import Conflict, Forbidden


class AlreadyPlanned(Conflict):
    """One plan per person and span; a returned one is revised."""

    kind = "already-planned"
    title = "There is a plan for this span already"


class NotReturned(Conflict):
    """A plan is revised after it was returned."""

    kind = "plan-not-returned"
    title = "The plan was not returned"


class NotToReview(Conflict):
    """It was reviewed already, or waits to be revised."""

    kind = "not-to-review"
    title = "There is nothing to review"


class AlreadyDone(Conflict):
    """It has its result."""

    kind = "already-done"
    title = "This is done already"


class NotYoursToReview(Forbidden):
    """A supervisor who sees the org unit reviews, and nobody their own."""

    kind = "not-yours-to-review"
    title = "This is for a supervisor of the org unit to review"


class NotYourPlan(Forbidden):
    """A plan is revised, and its items carried out, by whose they are."""

    kind = "not-your-plan"
    title = "This is somebody else's plan"
