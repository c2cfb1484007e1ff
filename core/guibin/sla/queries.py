"""Reading deadlines."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.web.paging import Cursor
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


def timer_of(row: str, milestone: str) -> str:
    """The timer `t` of a milestone of this row, as what follows `join`."""
    return f"timer t on t.tenant_id = {row}.tenant_id and t.subject_id = {row}.id and t.milestone = '{milestone}'"


def due_at(subject_id: str, milestone: str) -> str:
    """When a milestone that comes once falls due: a column, null without one. `milestone` is an expression."""
    return f"(select due_at from timer where subject_id = {subject_id} and milestone = {milestone})"


async def listed(
    *, subject_id: UUID | None, state: TimerState | None, due_before: datetime | None, after: Cursor | None, limit: int
) -> list[TimerView]:
    """Deadlines in the order in which they fall due, at most `limit`."""
    rows = await fetch(
        "select * from (select id, subject, subject_id, customer_id, milestone, occurrence, started_at, warn_at, due_at,"
        " provisional, paused_at, warned_at, breached_at, completed_at, case when cancelled_at is not null then 'cancelled'"
        " when completed_at is not null then 'completed' when paused_at is not null then 'paused' else 'running' end"
        " as state from timer) t where ($1::uuid is null or subject_id = $1) and ($2::text is null or state = $2)"
        " and ($3::timestamptz is null or due_at < $3)"
        " and ($4::timestamptz is null or (due_at, id) > ($4, $5::uuid)) order by due_at, id limit $6",
        subject_id,
        state,
        due_before,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), TimerView) for row in rows]


async def levels_above(timer_id: UUID, moment: datetime) -> tuple[tuple[str, ...], ...]:
    """The roles of the escalations that come after this moment, level by level."""
    rows = await fetch(
        "select s.roles from timer, jsonb_to_recordset(timer.steps) as s (kind text, at timestamptz, roles jsonb)"
        " where timer.id = $1 and s.kind = 'escalation' and s.at > $2 order by s.at",
        timer_id,
        moment,
    )
    return tuple(msgspec.json.decode(row["roles"], type=tuple[str, ...]) for row in rows)
