"""Who asks, who decides, in which order."""

from msgspec import Struct

from .deadlines import Deadline


class ApprovalStep(Struct, frozen=True, forbid_unknown_fields=True):
    """One decision by somebody in `role`, due `within` from the moment it is asked for."""

    role: str
    within: Deadline | None = None


class ApprovalFlow(Struct, frozen=True, forbid_unknown_fields=True):
    """Steps in order. `applicants` are the roles that may ask, none = whoever may write the subject.

    Whoever asks never decides.
    """

    name: str
    subject: str
    steps: tuple[ApprovalStep, ...]
    applicants: tuple[str, ...] = ()
    clause: str = ""
