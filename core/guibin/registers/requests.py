"""What callers send about registers, bounded and strict."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from guibin.policy.words import Reason, Said, SpanName
from guibin.profiles.requests import FieldValues


class NewEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A registration or analysis of a customer's file; `values` fill in the register's form.

    `span` such as 2026-03 is by default the present one; one that is over is entered late, one to come not at all.
    """

    customer_id: UUID
    text: Said
    what: Literal["registration", "analysis"] = "registration"
    span: SpanName | None = None
    values: FieldValues = {}


class NewCorrection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the entry should have said, and why it is corrected."""

    text: Said
    reason: Reason
    values: FieldValues = {}


class DutyAsked(Struct, frozen=True, kw_only=True):
    """Registration or analysis, in the span of which day."""

    what: Literal["registration", "analysis"] = "registration"
    on: Annotated[date | None, Meta(description="A day of the span; today without.")] = None
