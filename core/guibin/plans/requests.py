"""What callers send about work plans and work logs, bounded and strict."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from guibin.notation.plausible import Plausible
from guibin.policy.cadence import Span
from guibin.policy.words import Reason, Said, Unsaid

ITEMS_MAX = 100


class NewItem(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to do, perhaps for a customer, perhaps until a day of the span."""

    text: Reason
    customer_id: UUID | None = None
    due_on: date | None = None


Items = Annotated[tuple[NewItem, ...], Meta(min_length=1, max_length=ITEMS_MAX)]


class NewWorkPlan(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One's own plan for the span that holds `on`, by default today: the present one or the next."""

    span: Span
    items: Items
    on: date | None = None


class NewRevision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The plan once more, after it was returned."""

    items: Items


class NewReview(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Accepted, or returned with remarks."""

    accepted: bool
    remarks: Unsaid = ""


class NewLog(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one did on a day, by default today, perhaps for a customer."""

    text: Said
    worked_on: date | None = None
    customer_id: UUID | None = None


class NewLogReview(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose log of the span that holds `on` is accepted, or returned with remarks."""

    staff_id: UUID
    on: date
    accepted: bool
    remarks: Unsaid = ""


LapseKind = Literal["missed_call", "refused_call", "phone_off", "refused_service"]


class NewLapse(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who missed or refused what, when and in which words; perhaps whose call or service it was."""

    staff_id: UUID
    kind: LapseKind
    happened_at: Annotated[datetime, Meta(tz=True)]
    text: Said
    customer_id: UUID | None = None


class NewCheckResult(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came of the call, by default now."""

    outcome: Literal["reached", "missed_call", "refused_call", "phone_off"]
    called_at: Annotated[datetime, Meta(tz=True)] | None = None
    text: Unsaid = ""
