"""What callers send about inspections, bounded and strict."""

from datetime import date
from uuid import UUID

from msgspec import Struct

from guibin.policy.inspections import Severity
from guibin.policy.words import Code, Explanation, Note, Unsaid


class NewPass(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing is wrong with it."""

    note: Note = ""


class NewFault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault by one of the inspection's criteria. `owner_id` corrects it, by default whoever's work it is."""

    criterion: Code
    severity: Severity = "minor"
    text: Explanation
    owner_id: UUID | None = None


class NewCorrection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done about it."""

    text: Explanation


class NewVerification(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the inspector accepts the correction; why not, where they do not."""

    accepted: bool
    text: Unsaid = ""


class DrawnIn(Struct, frozen=True, kw_only=True):
    """Drawn from this day on, and before that one; of all time without."""

    since: date | None = None
    before: date | None = None
