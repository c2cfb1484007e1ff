"""What callers send about contacts, bounded and strict."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from guibin.notation.plausible import Plausible
from guibin.policy.packs import Policy
from guibin.policy.words import Channel, Line, Reason, Said, Unsaid, up_to

from .tables import Direction

Moment = Annotated[datetime, Meta(tz=True)]
Number = Annotated[str, up_to(40)]
Minutes = Annotated[int, Meta(ge=0, le=1_440)]


Wants = Literal["", "product", "membership", "help"]


class NewInteraction(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A contact that took place, or an attempt at one.

    `happened_at` is by default now. `staff_id` is who had the contact, by default whoever records it. A `need` stays
    open until it is `handled`; `handling` says what was done about it. `number` is the telephone number used; it is
    sealed and shown masked. `wants` says whether the need is for a product, to be a member, or for help.
    """

    customer_id: UUID
    channel: Channel
    direction: Direction
    content: Said
    outcome: Literal["reached", "not_reached", "missed"] = "reached"
    happened_at: Moment | None = None
    duration_minutes: Minutes | None = None
    place: Line = ""
    number: Number = ""
    need: Unsaid = ""
    wants: Wants = ""
    handling: Unsaid = ""
    handled: bool = False
    staff_id: UUID | None = None


class InteractionCorrection(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was written wrongly about a contact, and why it is put right now (S07-10). What is left out stays."""

    reason: Reason
    content: Said | UnsetType = UNSET
    need: Unsaid | UnsetType = UNSET
    place: Line | UnsetType = UNSET
    happened_at: Moment | UnsetType = UNSET
    duration_minutes: Minutes | UnsetType | None = UNSET


class NewHandling(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done about the need, and whether it is met."""

    text: Said
    done: bool = True


# A cadence that asks for a face-to-face contact is met on these (S05-6).
FACE_TO_FACE = ("visit", "hall", "event")
CHANNELS = ("phone", "sms", "email", "social", "web", "letter", "fax", *FACE_TO_FACE)


def channels_of(policy: Policy) -> tuple[str, ...]:
    """Every channel a contact may come through: the core's and those the company takes complaints through."""
    return tuple(dict.fromkeys((*CHANNELS, *policy.complaints.channels)))
