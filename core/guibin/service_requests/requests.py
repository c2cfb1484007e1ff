"""What callers send about service requests, bounded and strict."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from guibin.notation.plausible import Plausible
from guibin.policy.words import Answers, Channel, Code, Line, Said, Unsaid

Moment = Annotated[datetime, Meta(tz=True)]


class NewServiceRequest(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the customer asks for. `answers` fill in the item's form; `situation` is only needed where the archive and the
    answers do not tell it. `received_at` is by default now and never later; `owner_id` by default whoever records it.
    """

    customer_id: UUID
    item: Code
    channel: Channel
    text: Said
    answers: Answers = {}
    situation: Code | None = None
    received_at: Moment | None = None
    owner_id: UUID | None = None


class NewAppointment(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The day and hour agreed with the customer. Moving it needs the reason."""

    at: Moment
    reason: Unsaid = ""


class NewStep(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step that was taken. `rating` is of 1 (poor) to 5 (excellent), `rated` who was rated, `unsigned_because` why the
    customer did not sign for it where policy asks that."""

    step: Code
    result: Unsaid = ""
    reaction: Unsaid = ""
    accompanied_by: Line = ""
    rating: Annotated[int, Meta(ge=1, le=5)] | None = None
    rated: Line = ""
    unsigned_because: Unsaid = ""
    taken_at: Moment | None = None


class NewSkippedStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The step that comes next is not carried out, and why."""

    step: Code
    reason: Said


class NewServiceNote(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line for the case."""

    text: Said
    kind: Literal["note", "contact", "coordination"] = "note"
