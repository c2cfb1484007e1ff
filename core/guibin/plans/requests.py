"""What callers send about plans, logs and relationship plans, bounded and strict."""

from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.notation.plausible import Plausible
from guibin.policy.cadence import Span
from guibin.policy.words import Code, Reason, Said, Unsaid

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


class NewResult(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came of it."""

    text: Said


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


class NewMeasure(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to do with the customer until a day: visit, call, message, event, gift or another `kind`."""

    kind: Code
    due_on: date
    text: Unsaid = ""


class NewRelationshipPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A customer's plan of a year: the template of its tier, and measures of its own."""

    customer_id: UUID
    year: Annotated[int, Meta(ge=1_900, le=9_000)]
    goal: Unsaid = ""
    measures: Annotated[tuple[NewMeasure, ...], Meta(max_length=ITEMS_MAX)] = ()


class NewExecution(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By which contact it was carried out; a note for what leaves none, such as a gift."""

    interaction_id: UUID | None = None
    note: Unsaid = ""


class NewDropping(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the measure does not fit this customer."""

    reason: Reason
