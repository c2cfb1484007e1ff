"""Who asks, who decides, in which order."""

from msgspec import Struct

from .deadlines import Deadline
from .terms import Escalation, Timed
from .words import Clause, Named


class ApprovalStep(Timed, frozen=True, forbid_unknown_fields=True):
    """One decision by somebody in `role` or in one of `others`, due `within` from the moment it is asked for.

    With `level` they sit at this level of the tree of org units or above it: 0 is the head office (S04-3). They are
    warned at `warn_at_percent` of the time and told when it has passed; then it goes along `escalations`, without any to
    the next step's roles, from the last step to the company's admins.
    """

    role: Named
    within: Deadline | None = None
    others: tuple[Named, ...] = ()
    level: int | None = None

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role or post that may decide."""
        return (self.role, *self.others)


class ApprovalFlow(Struct, frozen=True, forbid_unknown_fields=True):
    """Steps in order. `applicants` are the roles that may ask, none = whoever may write the subject.

    Whoever asks never decides.
    """

    name: Named
    subject: Named
    steps: tuple[ApprovalStep, ...]
    applicants: tuple[Named, ...] = ()
    clause: Clause = ""

    def escalations_of(self, step: int) -> tuple[Escalation, ...]:
        """Whom a late decision goes to."""
        if self.steps[step].escalations:
            return self.steps[step].escalations
        following = self.steps[step + 1].roles if step + 1 < len(self.steps) else ("tenant_admin",)
        return tuple(Escalation(role) for role in following)
