"""Reading deadlines."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from guibin.web.listing import Listing, earliest_first
from guibin_tenants.scope import fetch

TimerState = Literal["running", "paused", "completed", "cancelled"]


class TimerView(Struct, frozen=True, kw_only=True):
    """One deadline: of which milestone of what, when it warns and falls due, and what has happened.

    `provisional`: the holidays of its year are not published; it moves when they are.
    """

    id: UUID
    subject: str
    subject_id: UUID
    customer_id: UUID | None
    milestone: str
    occurrence: int
    started_at: datetime
    warn_at: datetime
    due_at: datetime
    provisional: bool
    paused_at: datetime | None
    warned_at: datetime | None
    breached_at: datetime | None
    completed_at: datetime | None
    state: TimerState


class TimerFilter(Struct, frozen=True):
    """Which deadlines; `due_before` is exclusive."""

    subject_id: UUID | None = None
    state: Annotated[TimerState | None, Meta(description="What the clock does.")] = None
    due_before: datetime | None = None


_STATE = (
    "case when x.cancelled_at is not null then 'cancelled' when x.completed_at is not null then 'completed'"
    " when x.paused_at is not null then 'paused' else 'running' end"
)
LISTED = Listing(
    view=TimerView,
    source="timer x",
    columns={"state": _STATE},
    filters={"state": f"{_STATE} = $value", "due_before": "x.due_at < $value"},
    order=earliest_first("x.due_at"),
)


def timer_of(row: str, milestone: str) -> str:
    """The timer `t` of a milestone of this row, as what follows `join`."""
    return f"timer t on t.tenant_id = {row}.tenant_id and t.subject_id = {row}.id and t.milestone = '{milestone}'"


# Of the timer `t`: it runs, and its deadline has passed. A filter of lists that show it.
OVERDUE = "t.due_at < $now and t.completed_at is null and t.cancelled_at is null"


def due_at(subject_id: str, milestone: str) -> str:
    """When a milestone that comes once falls due: a column, null without one. `milestone` is an expression."""
    return f"(select due_at from timer where subject_id = {subject_id} and milestone = {milestone})"


async def levels_above(timer_id: UUID, moment: datetime) -> tuple[tuple[str, ...], ...]:
    """The roles of the escalations that come after this moment, level by level."""
    rows = await fetch(
        "select s.roles from timer, jsonb_to_recordset(timer.steps) as s (kind text, at timestamptz, roles jsonb)"
        " where timer.id = $1 and s.kind = 'escalation' and s.at > $2 order by s.at",
        timer_id,
        moment,
    )
    return tuple(msgspec.json.decode(row["roles"], type=tuple[str, ...]) for row in rows)
