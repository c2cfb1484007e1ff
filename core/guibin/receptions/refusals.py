"""What can be the case with a reception that forbids what was asked."""

from guibin_tenants.refusals import Conflict, Forbidden


class NotThisFar(Conflict):
    """Something else comes first. Confirmation, approval, plan, notice, arrival."""

    kind = "reception-not-this-far"


class ReceptionEnded(Conflict):
    """The reception is filed or cancelled: it is read-only."""


class NotTheCentre(Forbidden):
    """This is for the reception centre to do. Only the reception centre coordinates (S14-1)."""

    kind = "not-the-reception-centre"


class NotYourDepartment(Forbidden):
    """Only the department itself acknowledges and reports. A department answers for itself."""


class PartyNotAsked(Conflict):
    """The visiting party has not been asked, or its answer is not written up. S11-7."""

    kind = "visiting-party-not-asked"


class NobodyAssigned(Conflict):
    """Nobody is assigned to the guest yet. A person is assigned before the departments are told (S14-3)."""


class EditionReplaced(Conflict):
    """A newer edition of this notice has gone out. That one is to be acknowledged."""


class AlreadyDone(Conflict):
    """This was done before."""


class PlanWaits(Conflict):
    """An edition of the plan waits for its decision."""


class NotComplete(Conflict):
    """The reception is not complete yet. Something is missing before the material can be filed."""

    kind = "reception-not-complete"
