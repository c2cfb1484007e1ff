"""What is said of any case in the same words."""

from uuid import UUID

from msgspec import Struct

from guibin.policy.words import Channel, Purpose, Reason, Said, Unsaid


class Because(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is done."""

    reason: Reason


class NewHandOver(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who works on it from now on: a member of staff, a department, or one within the other."""

    reason: Reason
    to_staff_id: UUID | None = None
    to_unit_id: UUID | None = None


class NewDisclosure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why something sealed is needed in clear; the answer is on record (S02-6, S07-8)."""

    purpose: Purpose


class NewText(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done, found or came of it."""

    text: Said


class NewWord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """It is done; a word with it, if there is one to be said."""

    text: Unsaid = ""


class NewSending(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By which channel the customer is reached."""

    channel: Channel
