"""What callers send about registers, bounded and strict."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.policy.words import Purpose, Reason, Said, SpanName
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


class NewDisclosure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the frozen file is needed; the answer is on record (S02-6)."""

    purpose: Purpose
