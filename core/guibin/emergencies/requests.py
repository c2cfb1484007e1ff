"""What is said when an emergency access is opened or ended."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from guibin.policy.emergencies import MINUTES_LONGEST
from guibin.policy.words import CodeIfAny, Line, Reason

State = Literal["running", "over", "ended"]


class NewEmergencyAccess(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose file, why and for how many `minutes`, None for as many as the policy says. The customer is `customer_id`, or whoever
    is `known_by` a whole number: the archive's, a telephone's, a document's. `case_number` is the matter's elsewhere.
    """

    customer_id: UUID | None = None
    known_by: Line = ""
    reason: Reason
    minutes: Annotated[int, Meta(ge=1, le=MINUTES_LONGEST)] | None = None
    case_number: CodeIfAny = ""


class EmergencyFilter(Struct, frozen=True, kw_only=True):
    """Which of them. `since` is inclusive, `until` exclusive, by when they were opened."""

    state: State | None = None
    staff_id: UUID | None = None
    customer_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
