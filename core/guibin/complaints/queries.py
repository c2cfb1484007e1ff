"""Reading complaints: lists without what the customer said, the whole form with it."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.web.paging import Cursor
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one

MILESTONE = "resolution"
Line = TypeVar("Line", bound=Struct)


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
    """Which complaints: None does not filter. `received_from` is inclusive, `received_before` exclusive."""

    state: str | None = None
    level: str | None = None
    channel: str | None = None
    owner_id: UUID | None = None
    customer_id: UUID | None = None
    number: str | None = None
    received_from: datetime | None = None
    received_before: datetime | None = None
    overdue_at: datetime | None = None


_VIEW = (
    "select c.id, c.number, c.kind, c.customer_id, c.level, c.clause, c.because, c.channel, c.on_behalf, c.special,"
    " c.received_at, t.warn_at, t.due_at, coalesce(t.provisional, false) as provisional, t.warned_at, t.breached_at, t.completed_at as resolved_at, c.state,"
    " c.owner_id, c.owner_name, c.handler_id, c.handler_unit_id, c.round as reopened, c.source_number, c.follows_id, c.merged_into_id, c.version,"
    " c.text from complaint c left join timer t on t.tenant_id = c.tenant_id and t.subject_id = c.id"
    f" and t.milestone = '{MILESTONE}'"
)


async def by_id(complaint_id: UUID) -> ComplaintView:
    """Raises NotFound."""
    return _view(await _row(complaint_id))


async def listed(wanted: ComplaintFilter, *, after: Cursor | None, limit: int) -> list[ComplaintView]:
    """Newest first, at most `limit`."""
    rows = await fetch(
        f"{_VIEW} where ($1::text is null or c.state = $1) and ($2::text is null or c.level = $2)"
        " and ($3::text is null or c.channel = $3) and ($4::uuid is null or c.owner_id = $4)"
        " and ($5::uuid is null or c.customer_id = $5) and ($6::text is null or c.number = $6)"
        " and ($7::timestamptz is null or c.received_at >= $7) and ($8::timestamptz is null or c.received_at < $8)"
        " and ($9::timestamptz is null or (t.due_at < $9 and t.completed_at is null and t.cancelled_at is null))"
        " and ($10::timestamptz is null or (c.received_at, c.id) < ($10, $11::uuid))"
        " order by c.received_at desc, c.id desc limit $12",
        wanted.state,
        wanted.level,
        wanted.channel,
        wanted.owner_id,
        wanted.customer_id,
        wanted.number,
        wanted.received_from,
        wanted.received_before,
        wanted.overdue_at,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [_view(dict(row)) for row in rows]


async def form(complaint_id: UUID) -> ComplaintForm:
    """The complaint with everything that happened to it. Raises NotFound."""
    row = await _row(complaint_id)
    rectified = await _lines(_RECTIFICATION, complaint_id, RectificationLine)
    return ComplaintForm(
        **_fields(row),
        text=row["text"],
        intakes=await _lines(_INTAKES, complaint_id, IntakeLine),
        hand_overs=await _lines(_HAND_OVERS, complaint_id, HandOverLine),
        levels=await _lines(_LEVELS, complaint_id, LevelLine),
        pauses=await _lines(_PAUSES, complaint_id, PauseLine),
        resolutions=await _lines(_RESOLUTIONS, complaint_id, ResolutionLine),
        callbacks=await _lines(_CALLBACKS, complaint_id, CallbackLine),
        notes=await _lines(_NOTES, complaint_id, NoteLine),
        messages=await _lines(_MESSAGES, complaint_id, MessageLine),
        rectification=rectified[0] if rectified else None,
        deadlines=await _lines(_DEADLINES, complaint_id, DeadlineLine),
        steps=await _lines(_STEPS, complaint_id, StepLine),
    )


_HAND_OVERS = (
    "select id, to_staff_id, to_unit_id, reason, handed_by, handed_by_name, handed_at"
    " from complaint_hand_over where complaint_id = $1 order by handed_at, id"
)
_LEVELS = (
    "select from_level, to_level, reason, due_before, due_after, changed_by, changed_by_name, changed_at"
    " from complaint_level_change where complaint_id = $1 order by changed_at, id"
)
_PAUSES = (
    "select id, reason, started_at, started_by_name, ended_at, ended_by_name"
    " from complaint_pause where complaint_id = $1 order by started_at, id"
)
_RESOLUTIONS = (
    "select round, remedy, cause, resolved_by, resolved_by_name, resolved_at"
    " from complaint_resolution where complaint_id = $1 order by round"
)
_CALLBACKS = (
    "select id, round, outcome, comment, called_by, called_by_name, called_at"
    " from complaint_callback where complaint_id = $1 order by called_at, id"
)
_NOTES = (
    "select id, kind, text, written_by, written_by_name, written_at"
    " from complaint_note where complaint_id = $1 order by written_at, id"
)
_MESSAGES = (
    "select id, direction, automatic, answers, text, sent_at, written_by, written_by_name"
    " from complaint_message where complaint_id = $1 order by sent_at, id"
)
_DEADLINES = (
    "select milestone, occurrence, started_at, warn_at, due_at, provisional, paused_at, breached_at, completed_at,"
    " cancelled_at from timer where subject_id = $1 order by due_at, milestone, occurrence"
)
_INTAKES = (
    "select id, from_complaint_id, channel, text, received_at, recorded_by_name"
    " from complaint_intake where complaint_id = $1 order by received_at, id"
)
_RECTIFICATION = (
    "select plan, reported_to, reported_by_name, reported_at from complaint_rectification where complaint_id = $1"
)
_STEPS = (
    "select t.milestone, s.generation, s.step, s.kind, s.roles, s.due_at, s.fired_at from timer_step s"
    " join timer t on t.tenant_id = s.tenant_id and t.id = s.timer_id"
    " where t.subject_id = $1 order by s.due_at, s.generation, s.step"
)


async def _row(complaint_id: UUID) -> dict[str, Any]:
    row = await fetch_one(f"{_VIEW} where c.id = $1", complaint_id)
    if row is None:
        raise NotFound(f"There is no complaint {complaint_id}")
    return dict(row)


async def _lines(sql: str, complaint_id: UUID, kind: type[Line]) -> list[Line]:
    rows = [dict(row) for row in await fetch(sql, complaint_id)]
    for row in rows:
        if "roles" in row:
            row["roles"] = msgspec.json.decode(row["roles"])
    return msgspec.convert(rows, list[kind])  # type: ignore[valid-type]  # a type variable as msgspec takes it


def _view(row: dict[str, Any]) -> ComplaintView:
    return ComplaintView(**_fields(row))


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ComplaintView.__struct_fields__}
