"""Why a part of the policy is not changed: each a fact, each a problem type."""

from guibin_tenants.refusals import Conflict, Forbidden


class NotYourPart(Forbidden):
    """This part of the policy is not yours to change. Whose it is, the policy says."""


class AlreadyProposed(Conflict):
    """A change of this part waits for its approval already."""


class NothingToRead(Conflict):
    """This change does not concern you. Only those who must comply confirm that they read it."""


class SeveralParts(Conflict):
    """These changes wait for different approvals. Propose each part of the policy by itself."""


class ToBeApproved(Conflict):
    """A part of this waits for an approval. Propose it, or change the part by itself: `PATCH /api/v1/policy/overrides`."""


class NotToCome(Conflict):
    """This version does not take effect later. It is in force, was in force, or another took its place."""


class BringsUpgrade(Conflict):
    """This version brings an upgrade of an industry pack. Withdraw it there: `DELETE /api/v1/enabled-packs/{name}/upgrade`."""


class NeverInForce(Conflict):
    """This version was never in force. Only what the policy once said can be brought back."""


class ReadInPerson(Forbidden):
    """No key reads for somebody. Whoever must comply signs in and confirms it."""
