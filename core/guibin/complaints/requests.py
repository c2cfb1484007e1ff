"""What callers send about complaints, bounded and strict."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from guibin.cases.requests import NewHandOver
from guibin.notation.plausible import Plausible
from guibin.policy.words import Channel, Code, CodeIfAny, NameIfAny, Reason, Said, Unsaid, saying, up_to

from .tables import CallbackOutcome, Direction

# What stands for the cause of which nothing was said.
UNSPECIFIED = "unspecified"
_Name = Annotated[str, up_to(40, 1)]
_Moment = Annotated[datetime, Meta(tz=True)]


class NewComplaint(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A complaint or opinion as it comes in.

    `customer_id` is None for somebody anonymous. `level` None leaves it to the pack and the policy. `owner_id` is who was
    contacted first: by default whoever records it. `received_at` is by default now and never later.
    `complainant_id` is the member of staff who complains, if it is one: what they write is no answer of ours.
    `against_id` is the member of staff it is against, who does not handle it and hears of it from others.
    `follows_id` is an earlier complaint about the same matter, settled too long ago to reopen it.
    `on_behalf` says somebody speaks for the customer; `special` that it is followed up whatever the sample draws.
    """

    text: Said
    channel: Channel
    kind: Literal["complaint", "opinion"] = "complaint"
    customer_id: UUID | None = None
    level: _Name | None = None
    received_at: _Moment | None = None
    owner_id: UUID | None = None
    complainant_id: UUID | None = None
    against_id: UUID | None = None
    follows_id: UUID | None = None
    on_behalf: bool = False
    special: bool = False


class NewIntake(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same matter, arriving once more."""

    channel: Channel
    text: Unsaid = ""
    received_at: _Moment | None = None


class NewMerge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The complaint that is the same matter, and why it is."""

    complaint_id: UUID
    reason: Reason


class NewRecusal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who does not handle it, because it is against them or for another interest of theirs."""

    staff_id: UUID
    reason: Reason


class NewWithdrawal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the customer takes it back; `said_by` is who said so, where it was somebody in their place."""

    reason: Reason
    said_by: NameIfAny = ""


class NewAnalysis(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the policy's causes, and how it came about."""

    cause: Code
    text: Said


class NewComplaintHandOver(NewHandOver, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As any hand-over; where the cause is analysed first, `cause` and `analysis` say it unless it was said before (S07-33)."""

    cause: CodeIfAny = ""
    analysis: Unsaid = ""


class NewLevel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another level, and why. `cause` and `analysis` as of a hand-over, where the level opens the internal flow (S07-33)."""

    level: _Name
    reason: Reason
    cause: CodeIfAny = ""
    analysis: Unsaid = ""


class NewResolution(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The remedy given, and for the analysis afterwards the cause: one of the policy's, or nothing said of it."""

    remedy: Said
    cause: Annotated[str, saying(60)] = UNSPECIFIED


class NewCallback(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the customer took the result, or that nobody answered. `on_site` is a revisit: who is satisfied then signs, or
    `unsigned_because` says why they cannot (S07-12).
    """

    outcome: CallbackOutcome
    comment: Unsaid = ""
    on_site: bool = False
    unsigned_because: Unsaid = ""


class NewMessage(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`in` from the customer, whoever writes it down; `out` to the customer. A machine's answer is `automatic`.

    `sent_at` is by default now and never later.
    """

    text: Said
    direction: Direction
    automatic: bool = False
    sent_at: _Moment | None = None


class NewNote(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line for the form (S07-27)."""

    text: Said
    kind: Literal["note", "contact", "repair", "receipt"] = "note"


class NewRectification(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The plan, and to whom in leadership it was reported."""

    plan: Said
    reported_to: _Name
