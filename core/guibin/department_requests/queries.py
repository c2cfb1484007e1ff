"""Reading department requests: one's own departments', those one asked, and those one answers for."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.web.paging import Cursor
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import ALL_UNITS, fetch, fetch_one

State = Literal["sent", "acknowledged", "answered", "returned", "withdrawn"]
ANSWER = "answer"


class DepartmentRequestView(Struct, frozen=True, kw_only=True):
    """A request as lists show it. Customer and case are None for those who may not see the customer's archive."""

    id: UUID
    number: str
    task: str
    text: str
    state: State
    round: int
    from_unit_id: UUID | None
    to_unit_id: UUID
    owner_id: UUID
    owner_name: str
    asked_by: UUID
    asked_by_name: str
    asked_at: datetime
    acknowledge_by: datetime | None
    warn_at: datetime | None
    due_at: datetime | None
    breached_at: datetime | None
    answered_at: datetime | None
    customer_id: UUID | None
    subject: str | None
    subject_id: UUID | None
    clause: str
    version: int
    upward: bool


class EventLine(Struct, frozen=True):
    """One thing that happened to it."""

    round: int
    kind: str
    text: str
    to_unit_id: UUID
    owner_name: str
    written_by_name: str
    written_at: datetime


class DepartmentRequestForm(DepartmentRequestView, frozen=True, kw_only=True):
    """The request with its history."""

    events: list[EventLine]


class DepartmentRequestFilter(Struct, frozen=True, kw_only=True):
    """Which requests: None does not filter. `overdue_at` asks for those unanswered at that moment past their time."""

    state: str | None = None
    to_unit_id: UUID | None = None
    owner_id: UUID | None = None
    asked_by: UUID | None = None
    subject_id: UUID | None = None
    number: str | None = None
    upward: bool | None = None
    overdue_at: datetime | None = None


# Nobody sees another department's requests unless they asked or answer for them; what goes up the line is seen by
# leaders. $1: who, $2: whose units, null for all, $3: whether they lead.
MINE = (
    "(r.owner_id = $1 or r.asked_by = $1 or ((not r.upward or $3::boolean) and ($2::uuid[] is null"
    " or r.to_unit_id = any ($2::uuid[]) or r.from_unit_id = any ($2::uuid[]))))"
)
_VIEW = (
    "select r.id, r.number, r.task, r.text, r.state, r.round, r.from_unit_id, r.to_unit_id, r.owner_id, r.owner_name,"
    " r.asked_by, r.asked_by_name, r.asked_at, a.due_at as acknowledge_by, t.warn_at, t.due_at, t.breached_at,"
    " t.completed_at as answered_at, m.customer_id, nullif(m.subject, '') as subject, m.subject_id, r.clause, r.version,"
    " r.upward"
    " from department_request r"
    f" left join timer t on t.tenant_id = r.tenant_id and t.subject_id = r.id and t.milestone = '{ANSWER}'"
    " left join timer a on a.tenant_id = r.tenant_id and a.subject_id = r.id"
    " and a.milestone = 'acknowledgement:' || r.round"
    " left join department_matter m on m.tenant_id = r.tenant_id and m.request_id = r.id"
)


async def listed(
    wanted: DepartmentRequestFilter, *, by: Principal, after: Cursor | None, limit: int
) -> list[DepartmentRequestView]:
    """Newest first, at most `limit`."""
    rows = await fetch(
        f"{_VIEW} where {MINE} and ($4::text is null or r.state = $4) and ($5::uuid is null or r.to_unit_id = $5)"
        " and ($6::uuid is null or r.owner_id = $6) and ($7::uuid is null or r.asked_by = $7)"
        " and ($8::uuid is null or m.subject_id = $8) and ($9::text is null or r.number = $9)"
        " and ($13::boolean is null or r.upward = $13)"
        " and ($10::timestamptz is null or (t.due_at < $10 and t.completed_at is null and t.cancelled_at is null))"
        " and ($11::timestamptz is null or (r.asked_at, r.id) < ($11, $12::uuid))"
        " order by r.asked_at desc, r.id desc limit $14",
        by.id,
        units_of(by),
        leads(by),
        wanted.state,
        wanted.to_unit_id,
        wanted.owner_id,
        wanted.asked_by,
        wanted.subject_id,
        wanted.number,
        wanted.overdue_at,
        after.moment if after else None,
        after.id if after else None,
        wanted.upward,
        limit,
    )
    return [msgspec.convert(dict(row), DepartmentRequestView) for row in rows]


async def form(request_id: UUID, *, by: Principal) -> DepartmentRequestForm:
    """The request with everything that happened to it. Raises NotFound, also for another department's."""
    row = await fetch_one(f"{_VIEW} where {MINE} and r.id = $4", by.id, units_of(by), leads(by), request_id)
    if row is None:
        raise NotFound(f"There is no department request {request_id}")
    lines = await fetch(
        "select round, kind, text, to_unit_id, owner_name, written_by_name, written_at from department_event"
        " where request_id = $1 order by written_at, id",
        request_id,
    )
    shown: dict[str, Any] = {**dict(row), "events": [dict(line) for line in lines]}
    return msgspec.convert(shown, DepartmentRequestForm)


def leads(by: Principal) -> bool:
    """Whether what others report upward is theirs to see: systems act for no colleague."""
    return not by.is_person or bool({"manager", "tenant_admin"} & set(by.roles))


def units_of(by: Principal) -> list[UUID] | None:
    """The units whose requests are theirs to see; None for all."""
    return None if by.units == ALL_UNITS else list(by.units)  # type: ignore[arg-type]  # ALL_UNITS is the only text
