"""What comes in about who serves a customer."""

from uuid import UUID

from msgspec import Struct

from guibin.policy.words import Code, Paragraph


class Assignment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who looks after the customer from now on, and where. What is left out stays, if they still see the customer."""

    org_unit_id: UUID | None = None
    account_manager_id: UUID | None = None
    reason: Paragraph = ""


class NewMember(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody joins the team; `part` is what they are there for, such as `technician` or `deputy`."""

    staff_id: UUID
    part: Code
