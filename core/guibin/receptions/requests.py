"""What callers send about receptions, bounded and strict."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.notation.plausible import Plausible
from guibin.policy.money import Money
from guibin.policy.words import Answers, Code, Line, Name, Note, Reason, Said, Title, Unsaid

Moment = Annotated[datetime, Meta(tz=True)]
Party = Annotated[int, Meta(ge=1, le=5_000)]
LINES_MAX = 100


class NewReception(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """News of a visit. `source` is the top manager or department it came from; `protocol` a proposal."""

    customer_id: UUID
    source: Title
    arrives_at: Moment
    leaves_at: Moment | None = None
    party_size: Party = 1
    text: Unsaid = ""
    protocol: Code | None = None
    venue_id: UUID | None = None


class NewReceptionConfirmation(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The centre has checked the news; what is left out was right."""

    protocol: Code | None = None
    arrives_at: Moment | None = None
    leaves_at: Moment | None = None
    party_size: Party | None = None
    text: Unsaid = ""


class NewEnquiry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom of the visiting party was asked, and for what (S11-7)."""

    asked: Name
    text: Unsaid = ""


class Particulars(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The guest's data, itinerary, activities and requirements, written up. `answers` fill in the protocol's form."""

    guests: Said
    itinerary: Unsaid = ""
    activities: Unsaid = ""
    requirements: Unsaid = ""
    answers: Answers = {}


class NewReceptionApplication(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Under which protocol the guest is to be received, for which of its reasons."""

    protocol: Code
    reason: Reason
    qualification: Code | None = None


class ItineraryLine(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens when and where."""

    at: Moment
    what: Name
    place: Line = ""


class PlanContent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the guest is received, by which standard, where, with which gifts, for how much at most, in which order."""

    plan: Said
    standard: Unsaid = ""
    room: Line = ""
    gifts: Unsaid = ""
    budget: Money | None = None
    itinerary: Annotated[tuple[ItineraryLine, ...], Meta(max_length=LINES_MAX)] = ()


class NewAssignment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is with the guest."""

    staff_id: UUID
    text: Unsaid = ""


class NewReceptionChange(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The guest's time or party changed, and why; what is left out stays."""

    reason: Reason
    arrives_at: Moment | None = None
    leaves_at: Moment | None = None
    party_size: Party | None = None


class TaskReport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """It is done, and what it cost. `answers` fill in the task's form."""

    text: Unsaid = ""
    cost: Money | None = None
    answers: Answers = {}


class NewArrival(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The guest is here. Another passage than the protocol's needs the reason in `text`."""

    channel: Code | None = None
    waited_minutes: Annotated[int, Meta(ge=0, le=1_440)] = 0
    arrived_at: Moment | None = None
    text: Unsaid = ""


class NewStage(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The next stage took place: meet, tour, send-off."""

    stage: Code
    text: Unsaid = ""
    happened_at: Moment | None = None


class NewEtiquetteCheck(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether an item of etiquette was kept; what was not needs a word."""

    item: Code
    kept: bool
    text: Unsaid = ""


class NewReceptionFeedback(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the guest said; `given` is false when there was nothing to say. `score` of 100."""

    text: Unsaid = ""
    score: Annotated[int, Meta(ge=0, le=100)] | None = None
    given: bool = True


class NewFeedbackAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done about it, what the guest was told, and whether that satisfied them.

    Not `satisfied` keeps the matter open: `remains` is what the guest still misses, answered in time like the first (S14-10).
    """

    handling: Said
    reply: Said
    satisfied: bool = True
    remains: Note = ""


class NewMaterial(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A photograph or document: PNG, JPEG or PDF in base64."""

    name: Name
    content: bytes


class NewReceptionFiling(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be kept in mind for the next visit."""

    summary: Said
