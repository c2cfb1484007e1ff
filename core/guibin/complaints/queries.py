"""Reading complaints: lists without what the customer said, the whole form with it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.sla.queries import OVERDUE, timer_of
from guibin.web.listing import Listing, newest_first
from guibin_tenants.rows import line, lines

from .levels import RESOLUTION


class ComplaintView(Struct, frozen=True, kw_only=True):
    """A complaint as lists show it.

    `owner_id` was contacted first and stays responsible; `handler_id` or `handler_unit_id` works on it now. `due_at` is
    the deadline as it stands (None when the source had already closed it at a moment it does not tell); `breached_at`
    stays once it was passed; `provisional` while the holidays of its year are not published. `clause` is the rule the deadline comes from.
    """

    id: UUID
    number: str
    kind: str
    customer_id: UUID | None
    level: str
    clause: str
    because: str
    channel: str
    on_behalf: bool
    special: bool
    received_at: datetime
    warn_at: datetime | None
    due_at: datetime | None
    provisional: bool
    warned_at: datetime | None
    breached_at: datetime | None
    resolved_at: datetime | None
    state: str
    owner_id: UUID
    owner_name: str
    handler_id: UUID | None
    handler_unit_id: UUID | None
    reopened: int
    source_number: str | None
    follows_id: UUID | None
    merged_into_id: UUID | None
    version: int


class HandOverLine(Struct, frozen=True):
    """Who handed the work to whom, and why."""

    id: UUID
    to_staff_id: UUID | None
    to_unit_id: UUID | None
    reason: str
    handed_by: UUID
    handed_by_name: str
    handed_at: datetime


class LevelLine(Struct, frozen=True):
    """A level judged anew, with the deadline before and after."""

    from_level: str
    to_level: str
    reason: str
    due_before: datetime | None
    due_after: datetime | None
    changed_by: UUID
    changed_by_name: str
    changed_at: datetime


class PauseLine(Struct, frozen=True):
    """A time of waiting for the customer; open while `ended_at` is None."""

    id: UUID
    reason: str
    started_at: datetime
    started_by_name: str
    ended_at: datetime | None
    ended_by_name: str


class ResolutionLine(Struct, frozen=True):
    """A remedy given; `resolved_at` is None when an import's source did not tell."""

    round: int
    remedy: str
    cause: str
    resolved_by: UUID
    resolved_by_name: str
    resolved_at: datetime | None


class CallbackLine(Struct, frozen=True):
    """The result told to the customer, and the answer."""

    id: UUID
    round: int
    outcome: str
    comment: str
    called_by: UUID
    called_by_name: str
    called_at: datetime


class NoteLine(Struct, frozen=True):
    """A note, contact, repair record or receipt."""

    id: UUID
    kind: str
    text: str
    written_by: UUID
    written_by_name: str
    written_at: datetime


class MessageLine(Struct, frozen=True):
    """What the customer wrote, or was told; `answers` says that it was a reply."""

    id: UUID
    direction: str
    automatic: bool
    answers: bool
    text: str
    sent_at: datetime
    written_by: UUID
    written_by_name: str


class DeadlineLine(Struct, frozen=True):
    """One target of the complaint: the resolution, and beside it what its level asks for."""

    milestone: str
    occurrence: int
    started_at: datetime
    warn_at: datetime
    due_at: datetime
    provisional: bool
    paused_at: datetime | None
    breached_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None


class IntakeLine(Struct, frozen=True):
    """The same matter arriving once more; `from_complaint_id` is the complaint it was before the two were merged."""

    id: UUID
    from_complaint_id: UUID | None
    channel: str
    text: str
    received_at: datetime
    recorded_by_name: str


class RectificationLine(Struct, frozen=True):
    """The plan reported to leadership."""

    plan: str
    reported_to: str
    reported_by_name: str
    reported_at: datetime


class StepLine(Struct, frozen=True):
    """A warning, breach, escalation or success that happened to one of its deadlines."""

    milestone: str
    generation: int
    step: str
    kind: str
    roles: tuple[str, ...]
    due_at: datetime
    fired_at: datetime


class ComplaintForm(ComplaintView, frozen=True, kw_only=True):
    """The customer opinion and complaint form, whole (S07-27)."""

    text: str
    intakes: list[IntakeLine]
    hand_overs: list[HandOverLine]
    levels: list[LevelLine]
    pauses: list[PauseLine]
    resolutions: list[ResolutionLine]
    callbacks: list[CallbackLine]
    notes: list[NoteLine]
    messages: list[MessageLine]
    rectification: RectificationLine | None
    deadlines: list[DeadlineLine]
    steps: list[StepLine]


class ComplaintFilter(Struct, frozen=True, kw_only=True):
    """Which complaints. `received_from` is inclusive, `received_before` exclusive."""

    state: Annotated[str | None, Meta(description="open, waiting, resolved or closed")] = None
    level: str | None = None
    channel: str | None = None
    owner_id: UUID | None = None
    customer_id: UUID | None = None
    number: str | None = None
    received_from: datetime | None = None
    received_before: datetime | None = None
    overdue: bool = False


LISTED = Listing(
    view=ComplaintView,
    source=f"complaint x left join {timer_of('x', RESOLUTION)}",
    order=newest_first("x.received_at"),
    columns={
        "warn_at": "t.warn_at",
        "due_at": "t.due_at",
        "provisional": "coalesce(t.provisional, false)",
        "warned_at": "t.warned_at",
        "breached_at": "t.breached_at",
        "resolved_at": "t.completed_at",
        "reopened": "x.round",
    },
    filters={
        "received_from": "x.received_at >= $value",
        "received_before": "x.received_at < $value",
        "overdue": OVERDUE,
    },
)


def _of(table: str) -> str:
    return f"from {table} where complaint_id = x.id order by"


# The complaint with everything that happened to it, in one statement.
FORM = LISTED.wider(
    ComplaintForm,
    intakes=lines(IntakeLine, f"{_of('complaint_intake')} received_at, id"),
    hand_overs=lines(HandOverLine, f"{_of('complaint_hand_over')} handed_at, id"),
    levels=lines(LevelLine, f"{_of('complaint_level_change')} changed_at, id"),
    pauses=lines(PauseLine, f"{_of('complaint_pause')} started_at, id"),
    resolutions=lines(ResolutionLine, f"{_of('complaint_resolution')} round"),
    callbacks=lines(CallbackLine, f"{_of('complaint_callback')} called_at, id"),
    notes=lines(NoteLine, f"{_of('complaint_note')} written_at, id"),
    messages=lines(MessageLine, f"{_of('complaint_message')} sent_at, id"),
    rectification=line(RectificationLine, f"{_of('complaint_rectification')} id"),
    deadlines=lines(DeadlineLine, "from timer where subject_id = x.id order by due_at, milestone, occurrence"),
    steps=lines(
        StepLine,
        "from (select of.milestone, s.* from timer_step s join timer of on of.tenant_id = s.tenant_id"
        " and of.id = s.timer_id where of.subject_id = x.id) step order by due_at, generation, step",
    ),
)


async def by_id(complaint_id: UUID) -> ComplaintView:
    """Raises NotFound."""
    return await LISTED.one(complaint_id)


# What a customer's yearly file holds of them: of customer $1, from $2 on and before $3.
IN_FILE = (
    "select number, level, text, state, received_at from complaint where customer_id = $1"
    " and received_at >= $2 and received_at < $3 order by received_at, id"
)
