"""What callers send about department requests, bounded and strict."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from guibin.policy.words import Code, Reason, Said, Unsaid

# 90 days: what takes longer is a project.
WITHIN_HOURS_MAX = 2_160


class Matter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What it is about: a complaint, a service request, an application for a card, or a quantity of cards."""

    subject: Literal["complaint", "service_request", "card_application", "card_request"]
    subject_id: UUID


class NewDepartmentRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked of which department. `owner_id` answers for it: by default the department's manager.

    `within_hours` is the time to answer where it is not the task's own. It may be about a customer, or about a case.
    """

    task: Code
    to_unit_id: UUID
    text: Said
    owner_id: UUID | None = None
    within_hours: Annotated[int, Meta(ge=1, le=WITHIN_HOURS_MAX)] | None = None
    customer_id: UUID | None = None
    about: Matter | None = None


class NewAcknowledgement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The department has taken it up."""

    text: Unsaid = ""


class NewAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the department did or found."""

    text: Said


class NewReturn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is not this department's to do."""

    reason: Reason


class NewSending(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Once more: to the same department, or to another, and why."""

    reason: Reason
    to_unit_id: UUID | None = None
    owner_id: UUID | None = None


class NewRecall(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is no longer needed."""

    reason: Reason
