"""What is said when an emergency access is opened or ended."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from guibin.policy.emergencies import MINUTES_LONGEST
from guibin.policy.words import CodeIfAny, Line, Reason

State = Literal["running", "over", "ended"]
Verdict = Literal["justified", "not_justified"]
# Of the review: owed in time, owed past its time, given.
ReviewState = Literal["owed", "late", "reviewed"]


class NewEmergencyAccess(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose file, why and for how many `minutes`, None for as many as the policy says. The customer is `customer_id`, or whoever
    is `known_by` a whole number: the archive's, a telephone's, a document's. `case_number` is the matter's elsewhere.
    """

    customer_id: UUID | None = None
    known_by: Line = ""
    reason: Reason
    minutes: Annotated[int, Meta(ge=1, le=MINUTES_LONGEST)] | None = None
    case_number: CodeIfAny = ""


class NewReview(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an auditor holds of an access, and why."""

    verdict: Verdict
    reason: Reason


class EmergencySpan(Struct, frozen=True, kw_only=True):
    """Accesses opened from `since` on and before `until`, by default all."""

    since: datetime | None = None
    until: datetime | None = None


class EmergencyFilter(Struct, frozen=True, kw_only=True):
    """Which of them. `since` is inclusive, `until` exclusive, by when they were opened."""

    state: State | None = None
    review: ReviewState | None = None
    verdict: Verdict | None = None
    staff_id: UUID | None = None
    customer_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
