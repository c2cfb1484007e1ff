"""What callers send about activities, bounded and strict."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from guibin.notation.plausible import Plausible
from guibin.policy.words import Channel, Line, Note, Page, Title, Word, Words
from guibin.tiers.segments import Segment

Moment = Annotated[datetime, Meta(tz=True)]
Capacity = Annotated[int, Meta(ge=1, le=1_000_000)]
Companions = Annotated[int, Meta(ge=0, le=100)]
Score = Annotated[int, Meta(ge=0, le=100)]
INVITED_MAX = 5_000

Budget = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class NewActivity(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`capacity` counts persons, companions included; without it everybody who accepts has a place.

    `budget` is in whole units of the company's currency. `answer_until` is by default as long before the start as the kind says.
    """

    kind: Word
    title: Title
    starts_at: Moment
    ends_at: Moment
    text: Page = ""
    place: Line = ""
    capacity: Capacity | None = None
    budget: Budget | None = None
    answer_until: Moment | None = None
    org_unit_id: UUID | None = None


class ActivityChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays. More capacity lets the waiting move up."""

    title: Title | UnsetType = UNSET
    text: Page | UnsetType = UNSET
    place: Line | UnsetType = UNSET
    capacity: Capacity | UnsetType | None = UNSET


class NewCancellation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it does not take place."""

    reason: Words


class NewInvitations(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to invite: customers by id, a segment, or both. `channel` is for those who prefer none."""

    customer_ids: Annotated[tuple[UUID, ...], Meta(max_length=500)] = ()
    segment: Segment | None = None
    channel: Channel = "phone"


class NewActivityAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the customer told our staff."""

    accepted: bool
    companions: Companions = 0
    note: Page = ""


class NewAttendance(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`persons` came, the customer and companions."""

    persons: Annotated[int, Meta(ge=1, le=101)] = 1
    note: Page = ""


class NewFeedback(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every question of the kind, 0 to 100."""

    scores: Annotated[dict[Word, Score], Meta(max_length=50)]
    comment: Note = ""
