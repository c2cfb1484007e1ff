"""What callers send about contacts, bounded and strict."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from guibin.notation.plausible import Plausible
from guibin.policy.words import Channel, Line, Purpose, Reason, Said, Unsaid, up_to

Moment = Annotated[datetime, Meta(tz=True)]
Number = Annotated[str, up_to(40)]
Minutes = Annotated[int, Meta(ge=0, le=1_440)]


class NewInteraction(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A contact that took place, or an attempt at one.

    `happened_at` is by default now. `staff_id` is who had the contact, by default whoever records it. A `need` stays
    open until it is `handled`; `handling` says what was done about it. `number` is the telephone number used; it is
    sealed and shown masked.
    """

    customer_id: UUID
    channel: Channel
    direction: Literal["in", "out"]
    content: Said
    outcome: Literal["reached", "not_reached", "missed"] = "reached"
    happened_at: Moment | None = None
    duration_minutes: Minutes | None = None
    place: Line = ""
    number: Number = ""
    need: Unsaid = ""
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


class NewDisclosure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why something sealed is needed in clear; the answer is on record (S07-8)."""

    purpose: Purpose
