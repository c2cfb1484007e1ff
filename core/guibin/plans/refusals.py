"""What can be the case with a plan or log that forbids what was asked."""

from guibin_tenants.refusals import Conflict, Forbidden


class AlreadyPlanned(Conflict):
    """There is a plan for this span already. One plan per person and span; a returned one is revised."""


class NotReturned(Conflict):
    """The plan was not returned. A plan is revised after it was returned."""

    kind = "plan-not-returned"


class NotToReview(Conflict):
    """There is nothing to review. It was reviewed already, or waits to be revised."""


class AlreadyDone(Conflict):
    """This is done already. It has its result."""


class NotYoursToReview(Forbidden):
    """This is for a supervisor of the org unit to review. Of those who see it, and nobody their own."""


class NotYourPlan(Forbidden):
    """This is somebody else's plan. A plan is revised, and its items carried out, by whose they are."""


class NotYourLapse(Forbidden):
    """This is for somebody else to answer. A lapse is answered by whoever it is said of."""
