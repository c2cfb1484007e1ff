"""What can be the case with a reception that forbids what was asked."""

from guibin_tenants.refusals import Conflict, Forbidden


class NotThisFar(Conflict):
    """Something comes first: confirmation, approval, plan, notice, arrival."""

    kind = "reception-not-this-far"
    title = "Something else comes first"


class ReceptionEnded(Conflict):
    """Filed and cancelled receptions are read-only."""

    kind = "reception-ended"
    title = "The reception is filed or cancelled: it is read-only"


class NotTheCentre(Forbidden):
    """Only the reception centre coordinates (S14-1)."""

    kind = "not-the-reception-centre"
    title = "This is for the reception centre to do"


class NotYourDepartment(Forbidden):
    """A department answers for itself."""

    kind = "not-your-department"
    title = "Only the department itself acknowledges and reports"


class PartyNotAsked(Conflict):
    """The visiting party is asked first, and its answer written up (S11-7)."""

    kind = "visiting-party-not-asked"
    title = "The visiting party has not been asked, or its answer is not written up"


class NobodyAssigned(Conflict):
    """A person is assigned before the departments are told (S14-3)."""

    kind = "nobody-assigned"
    title = "Nobody is assigned to the guest yet"


class EditionReplaced(Conflict):
    """A newer edition has gone out: that one is to be acknowledged."""

    kind = "edition-replaced"
    title = "A newer edition of this notice has gone out"


class AlreadyDone(Conflict):
    """It was done before."""

    kind = "already-done"
    title = "This was done before"


class PlanWaits(Conflict):
    """An earlier edition of the plan waits for its decision."""

    kind = "plan-waits"
    title = "An edition of the plan waits for its decision"


class NotComplete(Conflict):
    """Something is missing before the material can be filed."""

    kind = "reception-not-complete"
    title = "The reception is not complete yet"
