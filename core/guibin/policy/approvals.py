"""Who asks, who decides, in which order."""

from msgspec import Struct

from .deadlines import Deadline


class ApprovalStep(Struct, frozen=True, forbid_unknown_fields=True):
    """One decision by somebody in `role` or in one of `others`, due `within` from the moment it is asked for.

    With `level` they sit at this level of the tree of org units or above it: 0 is the head office (S04-3).
    """

    role: str
    within: Deadline | None = None
    others: tuple[str, ...] = ()
    level: int | None = None

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role or post that may decide."""
        return (self.role, *self.others)


class ApprovalFlow(Struct, frozen=True, forbid_unknown_fields=True):
    """Steps in order. `applicants` are the roles that may ask, none = whoever may write the subject.

    Whoever asks never decides.
    """

    name: str
    subject: str
    steps: tuple[ApprovalStep, ...]
    applicants: tuple[str, ...] = ()
    clause: str = ""
