"""Reading service requests."""

from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.web.paging import Cursor
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one

Line = TypeVar("Line")
State = Literal["asked", "rejected", "open", "filed", "withdrawn"]
MILESTONE = "service"


class ServiceRequestView(Struct, frozen=True, kw_only=True):
    """A request as lists show it. `next_step` is None when nothing is left; `due_at` is None before the clock starts."""

    id: UUID
    number: str
    customer_id: UUID
    item: str
    situation: str
    channel: str
    state: State
    next_step: str | None
    received_at: datetime
    appointment_at: datetime | None
    warn_at: datetime | None
    due_at: datetime | None
    breached_at: datetime | None
    carried_out_at: datetime | None
    owner_id: UUID
    owner_name: str
    handler_id: UUID | None
    handler_unit_id: UUID | None
    approval_id: UUID | None
    span: str | None
    clause: str
    version: int


class StepLine(Struct, frozen=True):
    """A step with what was recorded of it."""

    step: str
    result: str
    reaction: str
    accompanied_by: str
    rated: str
    rating: int | None
    taken_by_name: str
    taken_at: datetime


class AppointmentLine(Struct, frozen=True):
    """Agreed when `from_at` is None, moved otherwise."""

    from_at: datetime | None
    to_at: datetime
    reason: str
    made_by_name: str
    made_at: datetime


class HandOverLine(Struct, frozen=True):
    """Work went there; the owner stays."""

    to_staff_id: UUID | None
    to_unit_id: UUID | None
    reason: str
    handed_by_name: str
    handed_at: datetime


class NoteLine(Struct, frozen=True):
    """A line of the case."""

    kind: str
    text: str
    written_by_name: str
    written_at: datetime


class EndLine(Struct, frozen=True):
    """Why it was not carried out."""

    outcome: str
    reason: str
    ended_by_name: str
    ended_at: datetime


class ServiceRequestForm(ServiceRequestView, frozen=True, kw_only=True):
    """The whole case."""

    text: str
    answers: dict[str, str | int | bool | None]
    steps: list[str]
    taken: list[StepLine]
    appointments: list[AppointmentLine]
    hand_overs: list[HandOverLine]
    notes: list[NoteLine]
    end: EndLine | None


class ServiceRequestFilter(Struct, frozen=True, kw_only=True):
    """Which requests: None does not filter. `received_from` is inclusive, `received_before` exclusive."""

    state: str | None = None
    item: str | None = None
    customer_id: UUID | None = None
    owner_id: UUID | None = None
    handler_unit_id: UUID | None = None
    number: str | None = None
    received_from: datetime | None = None
    received_before: datetime | None = None
    overdue_at: datetime | None = None


class RatingView(Struct, frozen=True):
    """How an installer was rated: by how many, on average in hundredths of a point."""

    rated: str
    count: int
    average_hundredths: int


_VIEW = (
    "select r.id, r.number, r.customer_id, r.item, r.situation, r.channel, r.state, r.received_at, r.appointment_at,"
    " t.warn_at, t.due_at, t.breached_at, t.completed_at as carried_out_at, r.owner_id, r.owner_name, r.handler_id,"
    " r.handler_unit_id, r.approval_id, r.span, r.clause, r.version, r.text, r.answers, r.steps,"
    " case when r.state in ('asked', 'open') then r.steps ->> (select count(*)::int from service_step s"
    " where s.tenant_id = r.tenant_id and s.request_id = r.id) end as next_step from service_request r"
    f" left join timer t on t.tenant_id = r.tenant_id and t.subject_id = r.id and t.milestone = '{MILESTONE}'"
)


async def listed(wanted: ServiceRequestFilter, *, after: Cursor | None, limit: int) -> list[ServiceRequestView]:
    """Newest first, at most `limit`."""
    rows = await fetch(
        f"{_VIEW} where ($1::text is null or r.state = $1) and ($2::text is null or r.item = $2)"
        " and ($3::uuid is null or r.customer_id = $3) and ($4::uuid is null or r.owner_id = $4)"
        " and ($5::uuid is null or r.handler_unit_id = $5) and ($6::text is null or r.number = $6)"
        " and ($7::timestamptz is null or r.received_at >= $7) and ($8::timestamptz is null or r.received_at < $8)"
        " and ($9::timestamptz is null or (t.due_at < $9 and t.completed_at is null and t.cancelled_at is null))"
        " and ($10::timestamptz is null or (r.received_at, r.id) < ($10, $11::uuid))"
        " order by r.received_at desc, r.id desc limit $12",
        wanted.state,
        wanted.item,
        wanted.customer_id,
        wanted.owner_id,
        wanted.handler_unit_id,
        wanted.number,
        wanted.received_from,
        wanted.received_before,
        wanted.overdue_at,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [_view(dict(row)) for row in rows]


async def by_id(request_id: UUID) -> ServiceRequestView:
    """Raises NotFound."""
    return _view(await _row(request_id))


async def form(request_id: UUID) -> ServiceRequestForm:
    """The request with everything that happened to it. Raises NotFound."""
    row = await _row(request_id)
    ends = await _lines(_END, request_id, EndLine)
    return ServiceRequestForm(
        **_fields(row),
        text=row["text"],
        answers=msgspec.json.decode(row["answers"]),
        steps=msgspec.json.decode(row["steps"]),
        taken=await _lines(_TAKEN, request_id, StepLine),
        appointments=await _lines(_APPOINTMENTS, request_id, AppointmentLine),
        hand_overs=await _lines(_HAND_OVERS, request_id, HandOverLine),
        notes=await _lines(_NOTES, request_id, NoteLine),
        end=ends[0] if ends else None,
    )


async def ratings() -> list[RatingView]:
    """Everybody who was rated, the best first."""
    rows = await fetch(
        "select rated, count(*)::int as count, round(avg(rating) * 100)::int as average_hundredths from service_step"
        " where rating is not null group by rated order by 3 desc, 2 desc, 1"
    )
    return [msgspec.convert(dict(row), RatingView) for row in rows]


_TAKEN = (
    "select step, result, reaction, accompanied_by, rated, rating, taken_by_name, taken_at from service_step"
    " where request_id = $1 order by position"
)
_APPOINTMENTS = (
    "select from_at, to_at, reason, made_by_name, made_at from service_appointment where request_id = $1"
    " order by made_at, id"
)
_HAND_OVERS = (
    "select to_staff_id, to_unit_id, reason, handed_by_name, handed_at from service_hand_over where request_id = $1"
    " order by handed_at, id"
)
_NOTES = (
    "select kind, text, written_by_name, written_at from service_note where request_id = $1 order by written_at, id"
)
_END = "select outcome, reason, ended_by_name, ended_at from service_end where request_id = $1"


async def _row(request_id: UUID) -> dict[str, Any]:
    row = await fetch_one(f"{_VIEW} where r.id = $1", request_id)
    if row is None:
        raise NotFound(f"There is no service request {request_id}")
    return dict(row)


async def _lines(sql: str, request_id: UUID, kind: type[Line]) -> list[Line]:
    rows = [dict(row) for row in await fetch(sql, request_id)]
    return msgspec.convert(rows, list[kind])  # type: ignore[valid-type]  # a type variable as msgspec takes it


def _view(row: dict[str, Any]) -> ServiceRequestView:
    return ServiceRequestView(**_fields(row))


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ServiceRequestView.__struct_fields__}
