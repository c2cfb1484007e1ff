"""Reading service requests."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.sla.queries import OVERDUE, timer_of
from guibin.web.listing import Listing, newest_first
from guibin_tenants.rows import line, lines, shown
from guibin_tenants.scope import fetch

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
    """Which requests. `received_from` is inclusive, `received_before` exclusive."""

    state: State | None = None
    item: str | None = None
    customer_id: UUID | None = None
    owner_id: UUID | None = None
    handler_unit_id: UUID | None = None
    number: str | None = None
    received_from: datetime | None = None
    received_before: datetime | None = None
    overdue: bool = False


class RatingView(Struct, frozen=True):
    """How an installer was rated: by how many, on average in hundredths of a point."""

    rated: str
    count: int
    average_hundredths: int


LISTED = Listing(
    view=ServiceRequestView,
    source=f"service_request x left join {timer_of('x', MILESTONE)}",
    order=newest_first("x.received_at"),
    columns={
        "next_step": "case when x.state in ('asked', 'open') then x.steps ->> (select count(*)::int from service_step s"
        " where s.tenant_id = x.tenant_id and s.request_id = x.id) end",
        "warn_at": "t.warn_at",
        "due_at": "t.due_at",
        "breached_at": "t.breached_at",
        "carried_out_at": "t.completed_at",
    },
    filters={
        "received_from": "x.received_at >= $value",
        "received_before": "x.received_at < $value",
        "overdue": OVERDUE,
    },
)


def _of(table: str) -> str:
    return f"from {table} where request_id = x.id order by"


# The request with everything that happened to it, in one statement.
_FORM = LISTED.wider(
    ServiceRequestForm,
    taken=lines(StepLine, f"{_of('service_step')} position"),
    appointments=lines(AppointmentLine, f"{_of('service_appointment')} made_at, id"),
    hand_overs=lines(HandOverLine, f"{_of('service_hand_over')} handed_at, id"),
    notes=lines(NoteLine, f"{_of('service_note')} written_at, id"),
    end=line(EndLine, f"{_of('service_end')} id"),
)


async def by_id(request_id: UUID) -> ServiceRequestView:
    """Raises NotFound."""
    return await LISTED.one(request_id)


async def form(request_id: UUID) -> ServiceRequestForm:
    """The request with everything that happened to it. Raises NotFound."""
    return await _FORM.one(request_id)


async def ratings() -> list[RatingView]:
    """Everybody who was rated, the best first."""
    rows = await fetch(
        "select rated, count(*)::int as count, round(avg(rating) * 100)::int as average_hundredths from service_step"
        " where rating is not null group by rated order by 3 desc, 2 desc, 1"
    )
    return shown(RatingView, rows)


# What a customer's yearly file holds of them: of customer $1, from $2 on and before $3.
IN_FILE = (
    "select number, item, state, received_at from service_request where customer_id = $1"
    " and received_at >= $2 and received_at < $3 order by received_at, id"
)
