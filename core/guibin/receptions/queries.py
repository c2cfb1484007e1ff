"""Reading receptions: the list, and the whole file with everything that happened."""

from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin.policy.receptions import Protocol, ReceptionPolicy
from guibin.web.paging import Cursor
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one

from .requests import Particulars, PlanContent
from .sealing import opened

Line = TypeVar("Line")
State = Literal["collected", "confirmed", "approved", "planned", "noticed", "arrived", "seen_off", "filed", "cancelled"]


class ReceptionView(Struct, frozen=True, kw_only=True):
    """A reception as lists show it. `unacknowledged` departments and `open_tasks` say how prepared it is (S14-3)."""

    id: UUID
    number: str
    customer_id: UUID
    venue_id: UUID | None
    protocol: str
    state: State
    arrives_at: datetime
    leaves_at: datetime | None
    party_size: int
    host_id: UUID | None
    host_name: str
    edition: int
    unacknowledged: int
    open_tasks: int
    clause: str
    policy_version: int
    version: int


class EventLine(Struct, frozen=True):
    """Something that was done."""

    kind: str
    name: str
    kept: bool | None
    text: str
    happened_at: datetime
    written_by_name: str
    written_at: datetime


class ApplicationLine(Struct, frozen=True):
    """Asked for a protocol; how it ended."""

    protocol: str
    qualification: str
    reason: str
    approval_id: UUID
    applied_by_name: str
    applied_at: datetime
    outcome: str | None


class PlanLine(Struct, frozen=True):
    """An edition of the plan; `content` is None once the archive is erased."""

    edition: int
    approval_id: UUID | None
    outcome: str | None
    written_by_name: str
    written_at: datetime
    content: PlanContent | None


class ParticularsLine(Struct, frozen=True):
    """An edition of what is known of the guest; `content` is None once the archive is erased."""

    edition: int
    written_by_name: str
    written_at: datetime
    content: Particulars | None


class ChangeLine(Struct, frozen=True):
    """Time or party before and after."""

    arrives_from: datetime
    arrives_to: datetime
    leaves_from: datetime | None
    leaves_to: datetime | None
    party_from: int
    party_to: int
    reason: str
    changed_by_name: str
    changed_at: datetime


class NoticeLine(Struct, frozen=True):
    """An edition that went out."""

    id: UUID
    edition: int
    kind: str
    protocol: str
    reason: str
    arrives_at: datetime
    issued_by_name: str
    issued_at: datetime


class ArrivalLine(Struct, frozen=True):
    """The guest came through this passage."""

    channel: str
    waited_minutes: int
    text: str
    arrived_at: datetime
    written_by_name: str


class FeedbackLine(Struct, frozen=True):
    """What the guest said, and the answer."""

    id: UUID
    given: bool
    text: str
    score: int | None
    collected_by_name: str
    collected_at: datetime
    answer_by: datetime | None
    handling: str | None
    reply: str | None
    answered_by_name: str | None
    answered_at: datetime | None


class MaterialLine(Struct, frozen=True):
    """A file that is kept; shown by a disclosure."""

    id: UUID
    name: str
    media_type: str
    added_by_name: str
    added_at: datetime


class ReceptionForm(ReceptionView, frozen=True, kw_only=True):
    """The whole file. `terms` is the approved protocol; None before the approval."""

    source: str
    text: str
    received_by_name: str
    received_at: datetime
    terms: Protocol | None
    next_stage: str | None
    etiquette_left: list[str]
    feedback_by: datetime | None
    particulars: list[ParticularsLine]
    applications: list[ApplicationLine]
    plans: list[PlanLine]
    changes: list[ChangeLine]
    notices: list[NoticeLine]
    arrival: ArrivalLine | None
    events: list[EventLine]
    feedback: list[FeedbackLine]
    materials: list[MaterialLine]


class ReceptionFilter(Struct, frozen=True, kw_only=True):
    """Which receptions: None does not filter. `arrives_from` is inclusive, `arrives_before` exclusive."""

    state: str | None = None
    protocol: str | None = None
    customer_id: UUID | None = None
    host_id: UUID | None = None
    number: str | None = None
    arrives_from: datetime | None = None
    arrives_before: datetime | None = None


_VIEW = (
    "select r.*, (select count(*)::int from reception_order o where o.tenant_id = r.tenant_id and o.reception_id = r.id"
    " and o.edition = r.edition and o.kind <> 'cancellation' and not exists (select from reception_acknowledgement a"
    " where a.tenant_id = o.tenant_id and a.order_id = o.id)) as unacknowledged, (select count(*)::int from"
    " reception_task t where t.tenant_id = r.tenant_id and t.reception_id = r.id and t.state = 'open') as open_tasks"
    " from reception r"
)


async def listed(wanted: ReceptionFilter, *, after: Cursor | None, limit: int) -> list[ReceptionView]:
    """In the order of arrival, at most `limit`."""
    rows = await fetch(
        f"{_VIEW} where ($1::text is null or r.state = $1) and ($2::text is null or r.protocol = $2)"
        " and ($3::uuid is null or r.customer_id = $3) and ($4::uuid is null or r.host_id = $4)"
        " and ($5::text is null or r.number = $5) and ($6::timestamptz is null or r.arrives_at >= $6)"
        " and ($7::timestamptz is null or r.arrives_at < $7)"
        " and ($8::timestamptz is null or (r.arrives_at, r.id) > ($8, $9::uuid))"
        " order by r.arrives_at, r.id limit $10",
        wanted.state,
        wanted.protocol,
        wanted.customer_id,
        wanted.host_id,
        wanted.number,
        wanted.arrives_from,
        wanted.arrives_before,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [ReceptionView(**_fields(row)) for row in rows]


async def form(reception_id: UUID) -> ReceptionForm:
    """The reception with everything that belongs to it. Raises NotFound."""
    row = await fetch_one(f"{_VIEW} where r.id = $1", reception_id)
    if row is None:
        raise NotFound(f"There is no reception {reception_id}")
    terms = msgspec.json.decode(row["terms"], type=ReceptionPolicy).protocols[0] if row["terms"] else None
    events = await _lines(_EVENTS, reception_id, EventLine)
    stages = [event.name for event in events if event.kind == "stage"]
    checked = {event.name for event in events if event.kind == "etiquette"}
    arrivals = await _lines(_ARRIVAL, reception_id, ArrivalLine)
    due = await fetch_one(_FEEDBACK_DUE, reception_id)
    return ReceptionForm(
        **_fields(row),
        source=row["source"],
        text=row["text"],
        received_by_name=row["received_by_name"],
        received_at=row["received_at"],
        terms=terms,
        next_stage=terms.stages[len(stages)] if terms and len(stages) < len(terms.stages) else None,
        etiquette_left=[item for item in terms.etiquette if item not in checked] if terms else [],
        feedback_by=due["due_at"] if due else None,
        particulars=await _particulars(row),
        applications=await _lines(_APPLICATIONS, reception_id, ApplicationLine),
        plans=await _plans(row),
        changes=await _lines(_CHANGES, reception_id, ChangeLine),
        notices=await _lines(_NOTICES, reception_id, NoticeLine),
        arrival=arrivals[0] if arrivals else None,
        events=events,
        feedback=await _lines(_FEEDBACK, reception_id, FeedbackLine),
        materials=await _lines(_MATERIALS, reception_id, MaterialLine),
    )


_EVENTS = (
    "select kind, name, kept, text, happened_at, written_by_name, written_at from reception_event"
    " where reception_id = $1 order by written_at, id"
)
_APPLICATIONS = (
    "select protocol, qualification, reason, approval_id, applied_by_name, applied_at, outcome from"
    " reception_application where reception_id = $1 order by applied_at, id"
)
_CHANGES = (
    "select arrives_from, arrives_to, leaves_from, leaves_to, party_from, party_to, reason, changed_by_name, changed_at"
    " from reception_change where reception_id = $1 order by changed_at, id"
)
_NOTICES = (
    "select id, edition, kind, protocol, reason, arrives_at, issued_by_name, issued_at from reception_notice"
    " where reception_id = $1 order by edition"
)
_ARRIVAL = (
    "select channel, waited_minutes, text, arrived_at, written_by_name from reception_arrival where reception_id = $1"
)
_FEEDBACK = (
    "select f.id, f.given, f.text, f.score, f.collected_by_name, f.collected_at, t.due_at as answer_by, a.handling,"
    " a.reply, a.answered_by_name, a.answered_at from reception_feedback f"
    " left join reception_feedback_answer a on a.tenant_id = f.tenant_id and a.feedback_id = f.id"
    " left join timer t on t.tenant_id = f.tenant_id and t.subject_id = f.reception_id"
    " and t.milestone = 'answer:' || f.id where f.reception_id = $1 order by f.collected_at, f.id"
)
_FEEDBACK_DUE = "select due_at from timer where subject_id = $1 and milestone = 'feedback'"
_MATERIALS = (
    "select id, name, media_type, added_by_name, added_at from reception_material where reception_id = $1"
    " order by added_at, id"
)


async def _particulars(row: asyncpg.Record) -> list[ParticularsLine]:
    rows = await fetch(
        "select id, edition, sealed, written_by_name, written_at from reception_particulars where reception_id = $1"
        " order by edition",
        row["id"],
    )
    return [
        ParticularsLine(
            one["edition"],
            one["written_by_name"],
            one["written_at"],
            await opened(one, Particulars, guest_id=row["customer_id"], table="reception_particulars"),
        )
        for one in rows
    ]


async def _plans(row: asyncpg.Record) -> list[PlanLine]:
    rows = await fetch(
        "select id, edition, sealed, approval_id, outcome, written_by_name, written_at from reception_plan"
        " where reception_id = $1 order by edition",
        row["id"],
    )
    return [
        PlanLine(
            one["edition"],
            one["approval_id"],
            one["outcome"],
            one["written_by_name"],
            one["written_at"],
            await opened(one, PlanContent, guest_id=row["customer_id"], table="reception_plan"),
        )
        for one in rows
    ]


async def _lines(sql: str, reception_id: UUID, kind: type[Line]) -> list[Line]:
    rows = [dict(row) for row in await fetch(sql, reception_id)]
    return msgspec.convert(rows, list[kind])  # type: ignore[valid-type]  # a type variable as msgspec takes it


def _fields(row: asyncpg.Record) -> dict[str, Any]:
    return {name: row[name] for name in ReceptionView.__struct_fields__}
