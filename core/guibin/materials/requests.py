"""What callers send about materials, bounded and strict."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from guibin.notation.plausible import Plausible
from guibin.policy.words import Code, Unsaid

Occasion = Literal["visit", "contact", "counter", "other"]


class NewGiving(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many of a material given to a customer, or a demonstration shown, free of charge; `given_on` is by default today."""

    material: Code
    quantity: Annotated[int, Meta(ge=1, le=1_000)] = 1
    occasion: Occasion = "visit"
    note: Unsaid = ""
    given_on: date | None = None


class GivenTo(NewGiving, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same, with to whom."""

    customer_id: UUID
