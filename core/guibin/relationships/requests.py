"""What callers send about relationship plans, bounded and strict."""

from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.notation.plausible import Plausible
from guibin.plans.requests import ITEMS_MAX
from guibin.policy.words import Code, Unsaid


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
