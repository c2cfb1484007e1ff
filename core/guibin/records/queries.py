"""Reading contacts: what happened with a customer, newest first."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.web.paging import Cursor
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one


class InteractionView(Struct, frozen=True, kw_only=True):
    """A contact with a customer. `visit_id` is the visit whose record it is."""

    id: UUID
    customer_id: UUID
    channel: str
    direction: str
    outcome: str
    happened_at: datetime
    duration_minutes: int | None
    place: str
    number_masked: str
    content: str
    need: str
    handling_state: str
    staff_id: UUID
    staff_name: str
    visit_id: UUID | None
    recorded_by: UUID
    recorded_by_name: str
    recorded_at: datetime
    source: str | None
    source_number: str | None


class HandlingLine(Struct, frozen=True):
    """What was done about the need, and by whom."""

    id: UUID
    text: str
    done: bool
    handled_by: UUID
    handled_by_name: str
    handled_at: datetime


class InteractionForm(InteractionView, frozen=True, kw_only=True):
    """A contact with everything done about its need."""

    handlings: list[HandlingLine]


class InteractionFilter(Struct, frozen=True, kw_only=True):
    """Which contacts: None does not filter. `happened_from` is inclusive, `happened_before` exclusive."""

    customer_id: UUID | None = None
    channel: str | None = None
    direction: str | None = None
    outcome: str | None = None
    handling_state: str | None = None
    staff_id: UUID | None = None
    happened_from: datetime | None = None
    happened_before: datetime | None = None


_VIEW = (
    "select i.id, i.customer_id, i.channel, i.direction, i.outcome, i.happened_at, i.duration_minutes, i.place,"
    " i.number_masked, i.content, i.need, i.handling_state, i.staff_id, i.staff_name, r.visit_id, i.recorded_by,"
    " i.recorded_by_name, i.recorded_at, i.source, i.source_number from interaction i"
    " left join visit_record r on r.tenant_id = i.tenant_id and r.interaction_id = i.id"
)


async def interaction(interaction_id: UUID) -> InteractionForm:
    """Raises NotFound."""
    row = await fetch_one(f"{_VIEW} where i.id = $1", interaction_id)
    if row is None:
        raise NotFound(f"There is no interaction {interaction_id}")
    lines = await fetch(
        "select id, text, done, handled_by, handled_by_name, handled_at from interaction_handling"
        " where interaction_id = $1 order by handled_at, id",
        interaction_id,
    )
    handlings = [msgspec.convert(dict(line), HandlingLine) for line in lines]
    return msgspec.convert({**row, "handlings": handlings}, InteractionForm)


async def interactions(wanted: InteractionFilter, *, after: Cursor | None, limit: int) -> list[InteractionView]:
    """Newest first, at most `limit`."""
    rows = await fetch(
        f"{_VIEW} where ($1::uuid is null or i.customer_id = $1) and ($2::text is null or i.channel = $2)"
        " and ($3::text is null or i.direction = $3) and ($4::text is null or i.outcome = $4)"
        " and ($5::text is null or i.handling_state = $5) and ($6::uuid is null or i.staff_id = $6)"
        " and ($7::timestamptz is null or i.happened_at >= $7) and ($8::timestamptz is null or i.happened_at < $8)"
        " and ($9::timestamptz is null or (i.happened_at, i.id) < ($9, $10::uuid))"
        " order by i.happened_at desc, i.id desc limit $11",
        wanted.customer_id,
        wanted.channel,
        wanted.direction,
        wanted.outcome,
        wanted.handling_state,
        wanted.staff_id,
        wanted.happened_from,
        wanted.happened_before,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), InteractionView) for row in rows]
