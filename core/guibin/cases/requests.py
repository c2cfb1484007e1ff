"""What is said of any case in the same words."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.policy.words import Channel, Line, Paragraph, Reason, Said, Unsaid

LeavesTo = Literal["nobody", "customer", "outside"]


class Because(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is done."""

    reason: Reason


class NewHandOver(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who works on it from now on: a member of staff, a department, or one within the other."""

    reason: Reason
    to_staff_id: UUID | None = None
    to_unit_id: UUID | None = None


class Leaving(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What something is needed for, and to whom it leaves the company (S02-6, S12-5).

    `leaves_to` is nobody where it is used inside, the customer themselves, or outside: then `recipient` says who gets it,
    by a `legal_basis` such as a court's order, or without one by the customer's consent to the purpose `disclosure`.
    """

    purpose: Paragraph = ""
    leaves_to: LeavesTo = "nobody"
    recipient: Line = ""
    legal_basis: Line = ""


class NewDisclosure(Leaving, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why something sealed is needed in clear, and whether it leaves the company: both are said, and on record."""

    purpose: Paragraph
    leaves_to: LeavesTo


class NewText(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done, found or came of it."""

    text: Said


class NewWord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """It is done; a word with it, if there is one to be said."""

    text: Unsaid = ""


class NewSending(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By which channel the customer is reached."""

    channel: Channel
