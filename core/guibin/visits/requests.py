"""What callers send about visits, bounded and strict."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.notation.plausible import Plausible
from guibin.policy.words import Channel, Line, Reason, Said, Unsaid
from guibin.records.requests import Minutes, Moment, Number


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


class NewVisitRecord(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The detailed record of a visit (S07-25). `method` is the channel, `happened_at` by default now.

    A `need` that was `handled` is a concrete problem settled, and so is whatever `settles_problem` says: the customer signs
    before it is filed (S07-12). `concerns` is what is on the customer's mind; with `manager_rating`, 1 to 5, whoever went rates
    the customer's account manager, who is somebody else (S09-6).
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
    concerns: Unsaid = ""
    manager_rating: Annotated[int, Meta(ge=1, le=5)] | None = None


class NewFiling(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The material is complete. `unsigned_because` is why a signature that is asked for cannot be had; it is told to the
    manager (S07-12)."""

    note: Unsaid = ""
    unsigned_because: Unsaid = ""
