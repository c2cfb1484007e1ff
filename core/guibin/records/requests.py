"""What callers send about contacts and visits, bounded and strict."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from guibin.notation.plausible import Plausible
from guibin.policy.words import Channel, Line, Name, Purpose, Reason, Said, Unsaid, up_to

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


class NewVisit(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is visited, when, what for and where. `staff_id` is who goes, by default whoever plans it."""

    customer_id: UUID
    planned_at: Moment
    purpose: Reason
    place: Line = ""
    staff_id: UUID | None = None


class NewVisitTime(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another time for the visit, and why."""

    planned_at: Moment
    reason: Reason


class NewCancellation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the visit does not take place."""

    reason: Reason


class NewVisitRecord(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The detailed record of a visit (S07-25). `method` is the channel, `happened_at` by default now.

    `settles_problem` says that it settled a concrete problem: the customer signs before it is filed (S07-12).
    """

    content: Said
    method: Channel = "visit"
    happened_at: Moment | None = None
    duration_minutes: Minutes | None = None
    place: Line | None = None
    number: Number = ""
    need: Unsaid = ""
    handling: Unsaid = ""
    handled: bool = False
    settles_problem: bool = False


class NewSignature(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The customer's signature: a PNG or JPEG image, or a PDF scan, in base64. `signed_by` is who signed."""

    signed_by: Name
    content: bytes


class NewFiling(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The material is complete."""

    note: Unsaid = ""
