"""What callers send about reviews, bounded and strict."""

from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.notation.plausible import Plausible
from guibin.policy.words import Code, Said, Unsaid


class NewEscalation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What exceeds one's own authority: to the department `to_unit_id` as its `task`, else up to the leader (S07-9)."""

    text: Said
    task: Code = "demand"
    to_unit_id: UUID | None = None
    owner_id: UUID | None = None


class NewReview(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the customer stands, what it needs, what follows until when. A need is followed up or escalated.

    `rhythm` is the policy's review, by default its first; the review is of the present span.
    """

    customer_id: UUID
    situation: Said
    rhythm: Code | None = None
    needs: Unsaid = ""
    follow_up: Unsaid = ""
    follow_up_on: date | None = None
    escalation: NewEscalation | None = None


class SpanAsked(Struct, frozen=True, kw_only=True):
    """Which review of the policy, its first without a name, in the span of which day."""

    rhythm: str | None = None
    on: Annotated[date | None, Meta(description="A day of the span; today without.")] = None
