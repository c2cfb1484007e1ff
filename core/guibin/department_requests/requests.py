"""What callers send about department requests, bounded and strict."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from guibin.policy.words import Code, Reason, Said

# 90 days: what takes longer is a project.
WITHIN_HOURS_MAX = 2_160


class Matter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What it is about: a complaint, a service request, an application for a card, or a quantity of cards."""

    subject: Literal["complaint", "service_request", "card_application", "card_request"]
    subject_id: UUID


class NewDepartmentRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked of which department. `owner_id` answers for it: by default the
    department's contact, else its manager.

    `within_hours` is the time to answer where it is not the task's own. It may be about a customer, or about a case.
    """

    task: Code
    to_unit_id: UUID
    text: Said
    owner_id: UUID | None = None
    within_hours: Annotated[int, Meta(ge=1, le=WITHIN_HOURS_MAX)] | None = None
    customer_id: UUID | None = None
    about: Matter | None = None


class NewSending(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Once more: to the same department, or to another, and why."""

    reason: Reason
    to_unit_id: UUID | None = None
    owner_id: UUID | None = None


class NewContact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom requests of the department reach, and whom while that one is away."""

    org_unit_id: UUID
    staff_id: UUID
    deputy_id: UUID | None = None
